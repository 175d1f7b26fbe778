// Addresses as values: what they are, and which others they hold inside.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace treaty::wire {

using Ipv4 = std::array<std::uint8_t, 4>;

// One form for both families: IPv4 as ::ffff:a.b.c.d, which is the same address in another
// spelling. Every other form that holds one is an address of its own.
using IpAddress = std::array<std::uint8_t, 16>;

// Reads a literal: no names, zones or brackets.
std::optional<IpAddress> ParseIpAddress(const std::string& text);

// The canonical text.
std::string IpText(const IpAddress& address);

// Every IPv4 address at which packets to `address` may end up, as IpAddress: a tunnel's end, a
// translator's target. None for IPv4 itself. Forms that can be read in several ways give several.
std::vector<IpAddress> EmbeddedIn(const IpAddress& address);

bool IsLoopback(const IpAddress& address);

// Whether an interface of this machine has it, or it is loopback. Asks the kernel.
bool IsOfThisMachine(const IpAddress& address);

// What makes an address never callable, in words; empty for none. Looks at the literal alone.
std::string_view WhyForbidden(const IpAddress& address);

}  // namespace treaty::wire
