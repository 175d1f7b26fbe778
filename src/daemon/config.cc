// Turns what was given into a checked Config; every mistake is reported, not only the first.

#include "daemon/config.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "daemon/config_keys.h"
#include "daemon/escape.h"
#include "daemon/targets.h"

namespace treaty::daemon {
namespace {

std::string UnknownKey(const Given& given) {
  std::string out = given.where + ": unknown key '" + Escape(given.key) + "'";
  if (const Key* near = NearestKey(given.key)) {
    return out + "; did you mean '" + std::string(near->name) + "'?";
  }
  return out + "; treatyd --help lists all keys";
}

std::string BadValue(const Given& given, const Key& key) {
  std::string out = given.where + ": " + given.key + " is '" + Escape(given.text) +
                    "', allowed is " + Allowed(key);
  if (key.name == "Store.Driver") out += "; other stores are not in this version";
  return out;
}

class Builder {
 public:
  explicit Builder(std::span<const Driver> drivers) : drivers_(drivers) {}

  // `overridden`: a later one of the key decides, so this one is not judged.
  void Take(const Given& given, bool overridden) {
    const Key* key = FindKey(given.key);
    if (key != nullptr && overridden && IsHeeded(*key)) return;
    if (key == nullptr) {
      mistakes_.push_back(UnknownKey(given));
    } else if (key->standing == Standing::kIgnored) {
      Warn(given, key->meaning);
    } else if (std::optional<std::string> value = Canonical(*key, given.text); !value) {
      mistakes_.push_back(BadValue(given, *key));
    } else {
      loaded_.values[given.key] = *std::move(value);
      loaded_.sources[given.key] = given.where;
    }
  }

  Result<Loaded> Finish() {
    if (mistakes_.empty()) PutValues();
    if (mistakes_.empty()) CheckTogether();
    if (mistakes_.empty()) return std::move(loaded_);
    std::string all;
    for (const std::string& mistake : mistakes_) all += (all.empty() ? "" : "\n") + mistake;
    return Status(Code::kInvalidArgument, std::move(all));
  }

 private:
  // What has not been given has the default that it has with the driver, which may be given or not.
  void PutValues() {
    const Key& choice = *FindKey("Store.Driver");
    loaded_.values.try_emplace(std::string(choice.name), choice.fallback);
    driver_ = FindDriver(Value(choice.name), drivers_);
    TREATY_CHECK(driver_ != nullptr);
    for (const Key& key : Keys()) {
      if (!IsHeeded(key)) continue;
      loaded_.values.try_emplace(std::string(key.name), DefaultOf(key, *driver_));
      PutValue(key, Value(key.name), loaded_.config);
    }
  }

  void Warn(const Given& given, const std::string& why) {
    if (!warned_.insert(given.key).second) return;
    loaded_.warnings.push_back(given.where + ": " + given.key + " has no effect: " + why);
  }

  std::string Where(std::string_view key) const {
    const auto found = loaded_.sources.find(key);
    return found == loaded_.sources.end() ? "default" : found->second;
  }

  const std::string& Value(std::string_view key) const { return loaded_.values.find(key)->second; }

  void NotBelow(std::string_view key, std::string_view floor_key) {
    const std::string& value = Value(key);
    const std::string& floor = Value(floor_key);
    if (std::stoll(value) >= std::stoll(floor)) return;
    mistakes_.push_back(Where(key) + ": " + std::string(key) + " is " + value + ", allowed is " +
                        std::string(floor_key) + " (" + floor + ", " + Where(floor_key) +
                        ") or more");
  }

  void NotEmpty(std::string_view key) {
    if (Value(key).empty()) {
      mistakes_.push_back(Where(key) + ": " + std::string(key) + " is empty, allowed is any text");
    }
  }

  void CheckHost(const Config& config) {
    const Result<bool> loopback = IsLoopbackAddress(config.host);
    if (!loopback.ok()) {
      mistakes_.push_back(Where("Host") + ": Host is '" + Escape(config.host) +
                          "', allowed is an IPv4 or IPv6 address (127.0.0.1, ::1, 0.0.0.0), or "
                          "localhost");
    } else if (!*loopback && !config.insecure) {
      mistakes_.push_back(
          Where("Host") + ": Host is '" + Escape(config.host) +
          "', which other machines may reach, and there is no authentication yet: whoever "
          "reaches the port commands this daemon. Either listen on 127.0.0.1, or, on a trusted "
          "network only, set Insecure: true");
    }
  }

  void CheckPorts() {
    CheckOwnPort("GrpcPort", "HttpPort");
    CheckOwnPort("JsonRpcPort", "HttpPort");
    CheckOwnPort("JsonRpcPort", "GrpcPort");
  }

  void CheckOwnPort(const std::string& key, const std::string& other_key) {
    const std::string& port = Value(key);
    if (port == "0" || port != Value(other_key)) return;
    mistakes_.push_back(Where(key) + ": " + key + " is " + port + ", which is " + other_key +
                        "'s; allowed is another port, or 0 for none");
  }

  // The URL is not shown: it may hold a secret.
  void CheckAlerts(const Config& config) {
    const Status status = CheckWebHook(config);
    if (status.ok()) return;
    mistakes_.push_back(Where("AlertWebHook") + ": AlertWebHook: " + status.message());
  }

  // It stands in records, logs and replies.
  void CheckInstance(const Config& config) {
    constexpr std::size_t kMost = 128;
    const auto is_plain = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '/'; };
    const std::string& id = config.instance_id;
    if (id.size() <= kMost && std::ranges::all_of(id, is_plain)) return;
    mistakes_.push_back(Where("InstanceId") + ": InstanceId is '" + Escape(id) +
                        "', allowed are up to 128 printable ASCII characters without blanks, "
                        "quotes and slashes");
  }

  void CheckStore() {
    NotEmpty("Store.Path");
    if (driver_->check == nullptr) return;
    for (const KeyMistake& mistake : driver_->check(loaded_.config.store)) {
      mistakes_.push_back(Where(mistake.key) + ": " + mistake.text);
    }
  }

  void WarnOfOtherName() {
    const std::string& written = Value("Store.Driver");
    if (written == driver_->name) return;
    loaded_.warnings.push_back(Where("Store.Driver") + ": Store.Driver " + written +
                               " is taken as " + std::string(driver_->name) + ", " +
                               std::string(driver_->other_name_warning));
  }

  void CheckTogether() {
    const Config& config = loaded_.config;
    CheckHost(config);
    CheckPorts();
    CheckInstance(config);
    CheckStore();
    NotEmpty("Log.Outputs");
    NotBelow("TimeoutToFail", "RetryInterval");
    NotBelow("RetryIntervalMax", "RetryInterval");
    NotBelow("Limits.PayloadTotalBytes", "Limits.PayloadBytes");
    if (const Result<std::vector<wire::AllowRule>> rules = ParseAllowRules(config.allow_targets);
        !rules.ok()) {
      mistakes_.push_back(Where("AllowTargets") + ": AllowTargets " + rules.status().message());
    }
    if (const Result<std::vector<wire::OwnHost>> hosts = ParseOwnHosts(config.http_hosts);
        !hosts.ok()) {
      mistakes_.push_back(Where("Http.Hosts") + ": Http.Hosts " + hosts.status().message());
    }
    if (mistakes_.empty()) CheckAlerts(config);
    WarnOfOtherName();
  }

  const std::span<const Driver> drivers_;
  const Driver* driver_ = nullptr;  // The chosen one, once the values are put.
  Loaded loaded_;
  std::set<std::string> warned_;
  std::vector<std::string> mistakes_;
};

}  // namespace

Result<Loaded> BuildConfig(const std::vector<Given>& given, std::span<const Driver> drivers) {
  std::map<std::string_view, const Given*> last;
  for (const Given& one : given) last[one.key] = &one;
  Builder builder(drivers);
  for (const Given& one : given) builder.Take(one, last[one.key] != &one);
  return builder.Finish();
}

}  // namespace treaty::daemon
