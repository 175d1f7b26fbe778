// Classes of addresses, and the rules that refuse them.

#include "wire/target_policy.h"

#include <arpa/inet.h>
#include <ifaddrs.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace treaty::wire {
namespace {

using Ipv4 = std::array<std::uint8_t, 4>;
using Ipv6 = std::array<std::uint8_t, 16>;

// One form for both families: IPv4 as ::ffff:a.b.c.d.
using Address = Ipv6;

Status Refused(std::string message) { return {Code::kInvalidArgument, std::move(message)}; }

Address Mapped(const Ipv4& inner) {
  Address address{};
  address[10] = address[11] = 0xff;
  std::copy(inner.begin(), inner.end(), address.begin() + 12);
  return address;
}

bool HasPrefix(const Ipv6& address, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

Ipv4 Part(const Ipv6& address, std::size_t offset) {
  Ipv4 part{};
  std::copy_n(address.begin() + static_cast<std::ptrdiff_t>(offset), part.size(), part.begin());
  return part;
}

// The IPv4 address that packets to `a` end up at, if its form embeds one.
std::optional<Ipv4> Embedded(const Ipv6& a) {
  const bool mapped = HasPrefix(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff});
  const bool translated = HasPrefix(a, {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0});
  const bool compatible = HasPrefix(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) &&
                          (a[12] != 0 || a[13] != 0 || a[14] != 0 || a[15] > 1);
  const bool nat64 = HasPrefix(a, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}) ||
                     HasPrefix(a, {0, 0x64, 0xff, 0x9b, 0, 1});
  const bool isatap = (a[8] & 0xfd) == 0 && a[9] == 0 && a[10] == 0x5e && a[11] == 0xfe;
  if (mapped || translated || compatible || nat64 || isatap) return Part(a, 12);
  if (HasPrefix(a, {0x20, 0x02})) return Part(a, 2);  // 6to4
  if (HasPrefix(a, {0x20, 0x01, 0, 0})) {             // Teredo keeps it inverted.
    Ipv4 inner = Part(a, 12);
    for (std::uint8_t& byte : inner) byte = static_cast<std::uint8_t>(~byte);
    return inner;
  }
  return std::nullopt;
}

// Embedded forms come back as the address inside, so that rules see each target once.
std::optional<Address> ParseAddress(const std::string& text) {
  Ipv4 v4{};
  if (inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return Mapped(v4);
  Ipv6 v6{};
  if (inet_pton(AF_INET6, text.c_str(), v6.data()) != 1) return std::nullopt;
  if (const auto inner = Embedded(v6)) return Mapped(*inner);
  return v6;
}

bool IsIpv4(const Address& a) { return HasPrefix(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}); }

bool IsLoopback(const Address& a) {
  if (IsIpv4(a)) return a[12] == 127;
  Address loopback{};
  loopback[15] = 1;
  return a == loopback;
}

std::string_view ForbiddenIpv4(const Ipv4& a) {
  if (a[0] == 0) return "unspecified";
  if (a[0] == 169 && a[1] == 254) return "link-local";
  if (a == Ipv4{100, 100, 100, 200}) return "a cloud's metadata service";
  if (a[0] >= 224 && a[0] <= 239) return "multicast";
  if (a == Ipv4{255, 255, 255, 255}) return "broadcast";
  if (a[0] >= 240) return "reserved";
  return {};
}

// What makes an address never callable, in words; empty for none.
std::string_view Forbidden(const Address& a) {
  if (IsIpv4(a)) return ForbiddenIpv4(Part(a, 12));
  if (a == Address{}) return "unspecified";
  if (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) return "link-local";
  if (a[0] == 0xff) return "multicast";
  if (a == Address{0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}) {
    return "a cloud's metadata service";
  }
  return {};
}

std::optional<Address> AddressOf(const sockaddr* socket_address) {
  if (socket_address == nullptr) return std::nullopt;
  if (socket_address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, socket_address, sizeof v4);
    Ipv4 bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return Mapped(bytes);
  }
  if (socket_address->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, socket_address, sizeof v6);
  Ipv6 bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return bytes;
}

// Asked of the kernel each time: interfaces come and go, and the question is rare.
bool IsOfThisMachine(const Address& address) {
  if (IsLoopback(address)) return true;
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) return true;  // Not known to be safe.
  bool found = false;
  for (const ifaddrs* i = interfaces; i != nullptr && !found; i = i->ifa_next) {
    found = AddressOf(i->ifa_addr) == address;
  }
  freeifaddrs(interfaces);
  return found;
}

bool IsOwn(const TargetPolicy& policy, const Address& address, std::uint16_t port) {
  return std::any_of(policy.own_listeners.begin(), policy.own_listeners.end(),
                     [&](const Listener& listener) {
                       if (listener.port != port) return false;
                       if (listener.address == "0.0.0.0" || listener.address == "::") {
                         return IsOfThisMachine(address);
                       }
                       return ParseAddress(listener.address) == address;
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
  const auto address = ParseAddress(url.host);
  return address.has_value() && ParseAddress(std::string(pattern)) == address;
}

bool IsAllowed(const AllowRule& rule, const Url& url) {
  return MatchesHost(rule.host, url) && (rule.port == 0 || rule.port == url.port) &&
         (!rule.https_only || url.scheme == Url::Scheme::kHttps ||
          url.scheme == Url::Scheme::kGrpcs);
}

bool IsLocalhost(std::string_view host) {
  host = WithoutDot(host);
  return host == "localhost" || host.ends_with(".localhost");
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

Status CheckAddress(const TargetPolicy& policy, const std::string& address, std::uint16_t port) {
  const auto parsed = ParseAddress(address);
  if (!parsed) return Refused("the target's address is malformed");
  if (const std::string_view why = Forbidden(*parsed); !why.empty()) {
    return Refused("the target's address is " + std::string(why) + " and never called");
  }
  if (!policy.allow_loopback && IsLoopback(*parsed)) {
    return Refused("the target's address is loopback; allow_loopback_targets permits that");
  }
  if (IsOwn(policy, *parsed, port)) return Refused("the target is this server itself");
  return {};
}

Status CheckUrl(const TargetPolicy& policy, const Url& url) {
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
