// Prefixes are compared byte by byte: all of them end at one.

#include "wire/ip_address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <initializer_list>

namespace treaty::wire {
namespace {

IpAddress Mapped(const Ipv4& inner) {
  IpAddress address{};
  address[10] = address[11] = 0xff;
  std::copy(inner.begin(), inner.end(), address.begin() + 12);
  return address;
}

bool HasPrefix(const IpAddress& address, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

bool IsIpv4(const IpAddress& a) { return HasPrefix(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}); }

Ipv4 Part(const IpAddress& a, std::initializer_list<std::size_t> places) {
  Ipv4 part{};
  std::transform(places.begin(), places.end(), part.begin(),
                 [&](std::size_t place) { return a.at(place); });
  return part;
}

Ipv4 LastOf(const IpAddress& a) { return Part(a, {12, 13, 14, 15}); }

// RFC 4291 §2.5.5.1, but for :: and ::1, which are no such address.
bool IsCompatible(const IpAddress& a) {
  return HasPrefix(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) &&
         (a[12] != 0 || a[13] != 0 || a[14] != 0 || a[15] > 1);
}

// RFC 5214 §6.1, with either value of the bit that says "unique in the world".
bool IsIsatap(const IpAddress& a) {
  return (a[8] & 0xfd) == 0 && a[9] == 0 && a[10] == 0x5e && a[11] == 0xfe;
}

// Where the form alone does not say whether there is one: 0.0.0.0/8 stands for "none here".
void AddIfAny(std::vector<IpAddress>& found, const Ipv4& inner) {
  if (inner[0] != 0) found.push_back(Mapped(inner));
}

// RFC 8215: within it an operator may translate by a prefix of any length of RFC 6052, which puts
// the address elsewhere each time. Nobody is held to the zeros that are to surround it.
void AddLocalNat64(std::vector<IpAddress>& found, const IpAddress& a) {
  AddIfAny(found, Part(a, {6, 7, 9, 10}));
  AddIfAny(found, Part(a, {7, 9, 10, 11}));
  AddIfAny(found, Part(a, {9, 10, 11, 12}));
  AddIfAny(found, LastOf(a));
}

// RFC 4380: the server, and the client, which is kept inverted.
void AddTeredo(std::vector<IpAddress>& found, const IpAddress& a) {
  AddIfAny(found, Part(a, {4, 5, 6, 7}));
  Ipv4 client = LastOf(a);
  for (std::uint8_t& byte : client) byte = static_cast<std::uint8_t>(~byte);
  found.push_back(Mapped(client));
}

std::optional<IpAddress> AddressOf(const sockaddr* socket_address) {
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
  IpAddress bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return bytes;
}

// The services at which a cloud's machine gets its credentials, outside the link-local ranges
// (169.254.0.0/16 and fe80::/10, which have most of them), as of the end of 2026.
bool IsMetadataService(const IpAddress& address) {
  static constexpr const char* kServices[] = {
      "fd00:ec2::254",       // AWS EC2: EC2 User Guide, "Access instance metadata".
      "fd00:ec2::23",        // AWS EKS: EKS User Guide, "Pod Identity Agent".
      "fd20:ce::254",        // Google Cloud: Compute Engine, "Access VM metadata", IPv6.
      "168.63.129.16",       // Azure: Virtual Network, "What is IP address 168.63.129.16".
      "192.0.0.192",         // Oracle Cloud Classic: "Retrieving Instance Metadata".
      "fd00:c1::a9fe:a9fe",  // Oracle Cloud: "Instance Metadata", IPv6; OCI's SDKs.
      "100.100.100.200",     // Alibaba Cloud: ECS, "View instance metadata".
      "fd00:100::100:200",   // The same by IPv6.
      "fd00:42::42",         // Scaleway: cloud-init, "Datasources", Scaleway.
      "fd00:a9fe:a9fe::1",   // Akamai (Linode): "Metadata service", IPv6.
      "100.96.0.96",         // Volcano Engine: ECS, "Instance metadata".
      "100.80.80.80",        // UCloud: UHost, "Metadata server".
  };
  static const std::vector<IpAddress> kAddresses = [] {
    std::vector<IpAddress> addresses;
    for (const char* text : kServices) addresses.push_back(*ParseIpAddress(text));
    return addresses;
  }();
  return std::ranges::find(kAddresses, address) != kAddresses.end();
}

std::string_view WhyForbiddenIpv4(const Ipv4& a) {
  if (a[0] == 0) return "unspecified";
  if (a[0] == 169 && a[1] == 254) return "link-local";
  if (a[0] >= 224 && a[0] <= 239) return "multicast";
  if (a == Ipv4{255, 255, 255, 255}) return "broadcast";
  if (a[0] >= 240) return "reserved";
  return {};
}

}  // namespace

std::optional<IpAddress> ParseIpAddress(const std::string& text) {
  Ipv4 v4{};
  if (inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return Mapped(v4);
  IpAddress v6{};
  if (inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) return v6;
  return std::nullopt;
}

std::string IpText(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = IsIpv4(address);
  inet_ntop(v4 ? AF_INET : AF_INET6, address.data() + (v4 ? 12 : 0), text.data(), text.size());
  return text.data();
}

std::vector<IpAddress> EmbeddedIn(const IpAddress& a) {
  std::vector<IpAddress> found;
  if (IsIpv4(a)) return found;
  const bool translated = HasPrefix(a, {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0});  // RFC 2765
  const bool nat64 = HasPrefix(a, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0});    // RFC 6052
  if (translated || nat64 || IsCompatible(a) || IsIsatap(a)) found.push_back(Mapped(LastOf(a)));
  if (HasPrefix(a, {0, 0x64, 0xff, 0x9b, 0, 1})) AddLocalNat64(found, a);
  if (HasPrefix(a, {0x20, 0x02})) found.push_back(Mapped(Part(a, {2, 3, 4, 5})));  // RFC 3056
  if (HasPrefix(a, {0x20, 0x01, 0, 0})) AddTeredo(found, a);
  return found;
}

bool IsLoopback(const IpAddress& a) {
  if (IsIpv4(a)) return a[12] == 127;
  IpAddress loopback{};
  loopback[15] = 1;
  return a == loopback;
}

// Asked each time: interfaces come and go, and the question is rare.
bool IsOfThisMachine(const IpAddress& address) {
  if (IsLoopback(address)) return true;
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) return true;  // Not known to be another's.
  bool found = false;
  for (const ifaddrs* i = interfaces; i != nullptr && !found; i = i->ifa_next) {
    found = AddressOf(i->ifa_addr) == address;
  }
  freeifaddrs(interfaces);
  return found;
}

std::string_view WhyForbidden(const IpAddress& a) {
  if (IsMetadataService(a)) return "a cloud's metadata service";
  if (IsIpv4(a)) return WhyForbiddenIpv4(LastOf(a));
  if (a == IpAddress{}) return "unspecified";
  if (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) return "link-local";
  if (a[0] == 0xff) return "multicast";
  return {};
}

}  // namespace treaty::wire
