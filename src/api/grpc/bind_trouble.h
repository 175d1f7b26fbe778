// Why an address cannot be bound: the gRPC library does not say.

#pragma once

#include <cstdint>
#include <string>

namespace treaty::api {

// Tries it, and returns the system's words.
std::string WhyNotBound(const std::string& address, std::uint16_t port);

}  // namespace treaty::api
