// The rules that refuse targets; what addresses are is ip_address.h's.

#include "wire/target_policy.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "wire/ip_address.h"

namespace treaty::wire {
namespace {

Status Refused(std::string message) { return {Code::kInvalidArgument, std::move(message)}; }

bool IsOwnPort(const TargetPolicy& policy, std::uint16_t port) {
  return std::ranges::any_of(policy.own_listeners,
                             [&](const Listener& listener) { return listener.port == port; });
}

// Whatever it listens on: a forwarded port, or a socket of a namesake, leads back from any address.
bool IsOwnAddress(const TargetPolicy& policy, const IpAddress& address, std::uint16_t port) {
  if (!IsOwnPort(policy, port)) return false;
  return std::ranges::any_of(policy.own_listeners,
                             [&](const Listener& listener) {
                               return ParseIpAddress(listener.address) == address;
                             }) ||
         IsOfThisMachine(address);
}

// Where nothing is said, what stands in front listens on the ports that URLs do not name.
bool CoversPort(const OwnHost& own, std::uint16_t port) {
  return own.port == 0 ? port == 80 || port == 443 : port == own.port;
}

bool IsOwnName(const TargetPolicy& policy, std::string_view host, std::uint16_t port) {
  return std::ranges::any_of(policy.own_hosts, [&](const OwnHost& own) {
    return own.host == host && (CoversPort(own, port) || IsOwnPort(policy, port));
  });
}

std::string_view WithoutDot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

bool SameText(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

bool MatchesHost(std::string_view pattern, const Url& url) {
  const std::string_view host = WithoutDot(url.host);
  if (pattern == "*") return true;
  if (pattern.starts_with("*.")) {
    const std::string_view suffix = pattern.substr(1);
    return !url.host_is_address && host.size() > suffix.size() &&
           SameText(host.substr(host.size() - suffix.size()), suffix);
  }
  if (!url.host_is_address) return SameText(host, WithoutDot(pattern));
  const auto address = ParseIpAddress(url.host);
  return address.has_value() && ParseIpAddress(std::string(pattern)) == address;
}

bool IsAllowed(const AllowRule& rule, const Url& url) {
  return MatchesHost(rule.host, url) && (rule.port == 0 || rule.port == url.port) &&
         (!rule.https_only || url.scheme == Url::Scheme::kHttps ||
          url.scheme == Url::Scheme::kGrpcs);
}

Status ItIsMyself() { return Refused("the target is this server itself"); }

Status CheckOne(const TargetPolicy& policy, const IpAddress& address, std::uint16_t port) {
  if (const std::string_view why = WhyForbidden(address); !why.empty()) {
    return Refused("the target's address is " + std::string(why) + " and never called");
  }
  if (!policy.allow_loopback && IsLoopback(address)) {
    return Refused("the target's address is loopback; allow_loopback_targets permits that");
  }
  if (IsOwnAddress(policy, address, port)) return ItIsMyself();
  const bool named = !policy.own_hosts.empty() && IsOwnName(policy, IpText(address), port);
  return named ? ItIsMyself() : Status();
}

bool IsToken(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kOthers.find(c) != std::string_view::npos;
}

bool IsForbiddenHeader(std::string_view name) {
  constexpr std::array<std::string_view, 19> kForbidden = {"host",
                                                           "content-length",
                                                           "transfer-encoding",
                                                           "connection",
                                                           "keep-alive",
                                                           "proxy-authenticate",
                                                           "proxy-authorization",
                                                           "proxy-connection",
                                                           "te",
                                                           "trailer",
                                                           "upgrade",
                                                           "expect",
                                                           "http2-settings",
                                                           "metadata",
                                                           "metadata-flavor",
                                                           "x-aws-ec2-metadata-token",
                                                           "x-aws-ec2-metadata-token-ttl-seconds",
                                                           "x-google-metadata-request",
                                                           "x-metadata-token"};
  return std::any_of(kForbidden.begin(), kForbidden.end(),
                     [&](std::string_view forbidden) { return SameText(forbidden, name); });
}

}  // namespace

bool IsLocalhost(std::string_view host) {
  host = WithoutDot(host);
  return host == "localhost" || host.ends_with(".localhost");
}

Status CheckAddress(const TargetPolicy& policy, const std::string& address, std::uint16_t port) {
  const auto literal = ParseIpAddress(address);
  if (!literal) return Refused("the target's address is malformed");
  Status status = CheckOne(policy, *literal, port);
  for (const IpAddress& inner : EmbeddedIn(*literal)) {
    if (!status.ok()) return status;
    status = CheckOne(policy, inner, port);
  }
  return status;
}

Status CheckUrl(const TargetPolicy& policy, const Url& url) {
  if (IsOwnName(policy, WithoutDot(url.host), url.port)) return ItIsMyself();
  if (url.host_is_address) {
    if (Status status = CheckAddress(policy, url.host, url.port); !status.ok()) return status;
  } else if (IsLocalhost(url.host)) {
    for (const char* address : {"127.0.0.1", "::1"}) {
      if (Status status = CheckAddress(policy, address, url.port); !status.ok()) return status;
    }
  }
  const bool allowed = policy.allow.empty() ||
                       std::any_of(policy.allow.begin(), policy.allow.end(),
                                   [&](const AllowRule& rule) { return IsAllowed(rule, url); });
  if (!allowed) return Refused("the target matches no rule of the allow list");
  return {};
}

Status CheckHeader(std::string_view name, std::string_view value) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), IsToken)) {
    return Refused("a header's name must consist of token characters (RFC 9110)");
  }
  if (IsForbiddenHeader(name))
    return Refused("the header " + std::string(name) + " is not allowed");
  const bool control = std::any_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
  });
  if (control) {
    return Refused("the value of the header " + std::string(name) +
                   " contains a line break or another control character");
  }
  return {};
}

}  // namespace treaty::wire
