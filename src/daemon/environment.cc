// What of the environment is meant for treatyd, and what an orchestrator has put there.

#include <cctype>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config_keys.h"
#include "daemon/escape.h"
#include "daemon/given.h"

namespace treaty::daemon {
namespace {

constexpr std::string_view kPrefix = "TREATY_";

bool IsDigits(std::string_view text) {
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return false;
  }
  return !text.empty();
}

// "80_TCP", "80_TCP_ADDR": what follows NAME_PORT_ for each port of a Service.
bool IsPortLink(std::string_view rest) {
  const std::size_t end = rest.find('_');
  if (end == std::string_view::npos || !IsDigits(rest.substr(0, end))) return false;
  rest.remove_prefix(end + 1);
  const std::string_view protocol = rest.substr(0, rest.find('_'));
  if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") return false;
  rest.remove_prefix(protocol.size());
  return rest.empty() || rest == "_PROTO" || rest == "_PORT" || rest == "_ADDR";
}

// "tcp://10.96.12.7:80"
bool IsLinkValue(std::string_view value) {
  return value.starts_with("tcp://") || value.starts_with("udp://") || value.starts_with("sctp://");
}

// Whether Kubernetes makes a variable of that name for a Service, in the way that Docker once did:
// NAME_SERVICE_HOST, NAME_SERVICE_PORT, NAME_SERVICE_PORT_HTTP, NAME_PORT_80_TCP and so on.
bool IsLinkName(std::string_view name) {
  if (name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT")) return true;
  if (name.find("_SERVICE_PORT_") != std::string_view::npos) return true;
  constexpr std::string_view kPort = "_PORT_";
  for (std::size_t at = 0; (at = name.find(kPort, at)) != std::string_view::npos; ++at) {
    if (IsPortLink(name.substr(at + kPort.size()))) return true;
  }
  return false;
}

// NAME_PORT is one by its value alone: it may be the name of a key.
bool IsServiceLink(std::string_view name, std::string_view value) {
  return IsLinkName(name) || (name.ends_with("_PORT") && IsLinkValue(value));
}

std::string WarningOfLinks(const std::vector<std::string>& names) {
  std::string text = "environment";
  for (const std::string& name : names) {
    text += (&name == names.data() ? " " : ", ") + Escape(name);
  }
  return text +
         ": ignored, as Kubernetes makes them for a Service of that name; set enableServiceLinks: "
         "false in the pod to be rid of them";
}

class EnvironmentReader {
 public:
  EnvironmentReader() {
    for (const Key& key : Keys()) names_[EnvironmentName(key)] = &key;
  }

  void Read(std::string_view entry) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos || equals + 1 == entry.size()) return;
    const std::string name(entry.substr(0, equals));
    const std::string_view value = entry.substr(equals + 1);
    const auto found = names_.find(name);
    const bool is_key = found != names_.end();
    if (IsServiceLink(name, value)) {
      if (is_key || name.starts_with(kPrefix)) links_.push_back(name);
    } else if (is_key) {
      given_.push_back(
          {std::string(found->second->name), std::string(value), "environment " + name});
    } else if (name == "IS_DOCKER") {
      given_.push_back({"Compat.RewriteLocalhost", "true", "environment IS_DOCKER"});
    } else if (name.starts_with(kPrefix)) {
      warnings_.push_back("environment " + Escape(name) + " is no key's name and has no effect");
    }
  }

  std::vector<Given> Finish(std::vector<std::string>& warnings) {
    warnings.insert(warnings.end(), warnings_.begin(), warnings_.end());
    if (!links_.empty()) warnings.push_back(WarningOfLinks(links_));
    return std::move(given_);
  }

 private:
  std::map<std::string, const Key*, std::less<>> names_;
  std::vector<Given> given_;
  std::vector<std::string> warnings_;
  std::vector<std::string> links_;
};

}  // namespace

std::vector<Given> ReadEnvironment(const char* const* environment,
                                   std::vector<std::string>& warnings) {
  EnvironmentReader reader;
  for (; *environment != nullptr; ++environment) reader.Read(*environment);
  return reader.Finish(warnings);
}

}  // namespace treaty::daemon
