// Turns what was given into a checked Config; every mistake is reported, not only the first.

#include "daemon/config.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "daemon/config_keys.h"
#include "daemon/escape.h"
#include "daemon/targets.h"

namespace treaty::daemon {
namespace {

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> ParseBool(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "true" || lower == "1") return true;
  if (lower == "false" || lower == "0") return false;
  return std::nullopt;
}

bool IsChoice(const Key& key, std::string_view text) {
  if (key.choices.empty()) return true;
  const std::string list = "|" + std::string(key.choices) + "|";
  return text.find('|') == std::string_view::npos &&
         list.find("|" + std::string(text) + "|") != std::string::npos;
}

bool InRange(const Key& key, std::optional<std::int64_t> value) {
  return value && *value >= key.min && *value <= key.max;
}

// Stores the value in `config`, unless it is none that the key allows.
bool Assign(const Key& key, const std::string& text, Config& config) {
  if (const auto* flag = std::get_if<bool Config::*>(&key.field)) {
    const std::optional<bool> value = ParseBool(text);
    if (value) config.*(*flag) = *value;
    return value.has_value();
  }
  if (const auto* number = std::get_if<std::int64_t Config::*>(&key.field)) {
    const std::optional<std::int64_t> value = ParseInteger(text);
    if (!InRange(key, value)) return false;
    config.*(*number) = *value;
    return true;
  }
  if (const auto* word = std::get_if<std::string Config::*>(&key.field)) {
    if (!IsChoice(key, text)) return false;
    config.*(*word) = text;
    return true;
  }
  return true;
}

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
  Builder() {
    for (const Key& key : Keys()) {
      if (IsHeeded(key)) TREATY_CHECK(Assign(key, std::string(key.fallback), loaded_.config));
    }
  }

  // `overridden`: a later one of the key decides, so this one is not judged.
  void Take(const Given& given, bool overridden) {
    const Key* key = FindKey(given.key);
    if (key != nullptr && overridden && IsHeeded(*key)) return;
    if (key == nullptr) {
      mistakes_.push_back(UnknownKey(given));
    } else if (key->standing == Standing::kIgnored) {
      Warn(given, std::string(key->meaning));
    } else if (!Assign(*key, given.text, loaded_.config)) {
      mistakes_.push_back(BadValue(given, *key));
    } else {
      loaded_.sources[given.key] = given.where;
    }
  }

  Result<Loaded> Finish() {
    if (mistakes_.empty()) CheckTogether();
    if (mistakes_.empty()) return std::move(loaded_);
    std::string all;
    for (const std::string& mistake : mistakes_) all += (all.empty() ? "" : "\n") + mistake;
    return Status(Code::kInvalidArgument, std::move(all));
  }

 private:
  void Warn(const Given& given, const std::string& why) {
    if (!warned_.insert(given.key).second) return;
    loaded_.warnings.push_back(given.where + ": " + given.key + " has no effect: " + why);
  }

  std::string Where(std::string_view key) const {
    const auto found = loaded_.sources.find(key);
    return found == loaded_.sources.end() ? "default" : found->second;
  }

  void NotBelow(std::string_view key, std::int64_t value, std::string_view floor_key,
                std::int64_t floor) {
    if (value >= floor) return;
    mistakes_.push_back(Where(key) + ": " + std::string(key) + " is " + std::to_string(value) +
                        ", allowed is " + std::string(floor_key) + " (" + std::to_string(floor) +
                        ", " + Where(floor_key) + ") or more");
  }

  void NotEmpty(std::string_view key, const std::string& value) {
    if (value.empty()) {
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

  void CheckPorts(const Config& config) {
    CheckOwnPort("GrpcPort", config.grpc_port, "HttpPort", config.http_port);
    CheckOwnPort("JsonRpcPort", config.json_rpc_port, "HttpPort", config.http_port);
    CheckOwnPort("JsonRpcPort", config.json_rpc_port, "GrpcPort", config.grpc_port);
  }

  void CheckOwnPort(const std::string& key, std::int64_t port, const std::string& other_key,
                    std::int64_t other) {
    if (port == 0 || port != other) return;
    mistakes_.push_back(Where(key) + ": " + key + " is " + std::to_string(port) + ", which is " +
                        other_key + "'s; allowed is another port, or 0 for none");
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

  void CheckMysql(const Config& config) {
    if (config.store_socket.empty()) NotEmpty("Store.Host", config.store_host);
    NotEmpty("Store.User", config.store_user);
    NotEmpty("Store.Db", config.store_db);
    if (config.store_tls_cert.empty() == config.store_tls_key.empty()) return;
    mistakes_.push_back(Where("Store.TlsCert") +
                        ": Store.TlsCert and Store.TlsKey belong together; give both or none");
  }

  void CheckTogether() {
    const Config& config = loaded_.config;
    CheckHost(config);
    CheckPorts(config);
    CheckInstance(config);
    NotEmpty("Store.Path", config.store_path);
    if (config.store_driver == "mysql") CheckMysql(config);
    NotEmpty("Log.Outputs", config.log_outputs);
    NotBelow("TimeoutToFail", config.timeout_to_fail_s, "RetryInterval", config.retry_interval_s);
    NotBelow("RetryIntervalMax", config.retry_interval_max_s, "RetryInterval",
             config.retry_interval_s);
    NotBelow("Limits.PayloadTotalBytes", config.max_payload_total_bytes, "Limits.PayloadBytes",
             config.max_payload_bytes);
    if (const Result<std::vector<wire::AllowRule>> rules = ParseAllowRules(config.allow_targets);
        !rules.ok()) {
      mistakes_.push_back(Where("AllowTargets") + ": AllowTargets " + rules.status().message());
    }
    if (const Result<std::vector<wire::OwnHost>> hosts = ParseOwnHosts(config.http_hosts);
        !hosts.ok()) {
      mistakes_.push_back(Where("Http.Hosts") + ": Http.Hosts " + hosts.status().message());
    }
    if (mistakes_.empty()) CheckAlerts(config);
    if (config.store_driver == "boltdb") {
      loaded_.warnings.push_back(Where("Store.Driver") +
                                 ": Store.Driver boltdb is taken as sqlite, the embedded store; "
                                 "files of DTM's are not read");
    }
  }

  Loaded loaded_;
  std::set<std::string> warned_;
  std::vector<std::string> mistakes_;
};

// Of a URL only what names the other side: a token may stand anywhere behind it.
std::string MaskedUrl(const std::string& url) {
  constexpr std::string_view kMark = "://";
  const std::size_t scheme = url.find(kMark);
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + kMark.size();
  const std::size_t end = url.find_first_of("/?", begin);
  return end == std::string::npos || end + 1 == url.size() ? url : url.substr(0, end) + "/***";
}

std::string Shown(const Key& key, const std::string& value) {
  if (key.name == "AlertWebHook") return MaskedUrl(value);
  return IsSecret(key) && !value.empty() ? "***" : value;
}

std::string ValueText(const Key& key, const Config& config) {
  if (const auto* flag = std::get_if<bool Config::*>(&key.field)) {
    return config.*(*flag) ? "true" : "false";
  }
  if (const auto* number = std::get_if<std::int64_t Config::*>(&key.field)) {
    return std::to_string(config.*(*number));
  }
  return "\"" + EscapeYaml(Shown(key, config.*(std::get<std::string Config::*>(key.field)))) + "\"";
}

}  // namespace

Result<Loaded> BuildConfig(const std::vector<Given>& given) {
  std::map<std::string_view, const Given*> last;
  for (const Given& one : given) last[one.key] = &one;
  Builder builder;
  for (const Given& one : given) builder.Take(one, last[one.key] != &one);
  return builder.Finish();
}

std::string PrintConfig(const Loaded& loaded) {
  std::string out;
  std::string section;
  for (const Key& key : Keys()) {
    if (!IsHeeded(key)) continue;
    const std::size_t point = key.name.find('.');
    const bool nested = point != std::string_view::npos;
    const std::string name(nested ? key.name.substr(point + 1) : key.name);
    const std::string in(nested ? key.name.substr(0, point) : "");
    if (nested && in != section) out += in + ":\n";
    section = in;
    const auto source = loaded.sources.find(key.name);
    out += (nested ? "  " : "") + name + ": " + ValueText(key, loaded.config) + "  # " +
           (source == loaded.sources.end() ? "default" : Escape(source->second)) + "\n";
  }
  return out;
}

}  // namespace treaty::daemon
