// The parser of URLs decides what is a name and what an address, and has one spelling of each.

#include "api/http/host_rules.h"

#include <algorithm>
#include <optional>

#include "wire/ip_address.h"
#include "wire/target_policy.h"
#include "wire/url.h"

namespace treaty::api {
namespace {

// Most requests on loopback, told without taking them apart.
bool IsUsual(std::string_view authority) {
  for (const std::string_view host : {"127.0.0.1", "localhost"}) {
    if (!authority.starts_with(host)) continue;
    const std::string_view rest = authority.substr(host.size());
    return rest.empty() || (rest.front() == ':' &&
                            rest.find_first_not_of("0123456789", 1) == std::string_view::npos);
  }
  return false;
}

// The host in its one spelling, without the dot that ends a complete name.
std::optional<wire::Url> HostOf(std::string_view authority) {
  if (authority.ends_with(':')) authority.remove_suffix(1);
  auto url = wire::ParseUrl("http://" + std::string(authority) + "/", "http");
  if (!url.ok() || url->target != "/") return std::nullopt;
  if (url->host.ends_with('.')) url->host.pop_back();
  return *std::move(url);
}

bool IsLoopbackHost(const wire::Url& url) {
  if (!url.host_is_address) return wire::IsLocalhost(url.host);
  const auto address = wire::ParseIpAddress(url.host);
  return address && wire::IsLoopback(*address);
}

bool IsAddressOfThisMachine(const wire::Url& url) {
  if (!url.host_is_address) return false;
  const auto address = wire::ParseIpAddress(url.host);
  return address && wire::IsOfThisMachine(*address);
}

}  // namespace

bool IsServed(const HostRules& rules, std::string_view authority) {
  if (!rules.loopback_only && rules.hosts.empty()) return true;
  if (IsUsual(authority)) return true;
  const auto host = HostOf(authority);
  if (!host) return false;
  if (IsLoopbackHost(*host) || std::ranges::find(rules.hosts, host->host) != rules.hosts.end()) {
    return true;
  }
  // Probes and scrapers name the machine by its address; no name can be led to that.
  return !rules.loopback_only && IsAddressOfThisMachine(*host);
}

}  // namespace treaty::api
