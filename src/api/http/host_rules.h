// Which hosts requests may be for. A page of an attacker's site whose name suddenly leads to this
// machine (DNS rebinding) is of the same origin as Treaty to its browser; only the name tells.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace treaty::api {

struct HostRules {
  bool loopback_only = false;  // It listens on loopback: only this machine has a name for it.
  // Http.Hosts: names in lower case without a dot at the end, addresses in canonical text.
  std::vector<std::string> hosts;
};

// Whether a request for `authority`, "host" or "host:port" as in the Host header, is served. On
// loopback: for loopback's names and addresses, and `hosts`. Elsewhere: for those and the addresses
// of this machine, or for anything where there are no `hosts`.
bool IsServed(const HostRules& rules, std::string_view authority);

}  // namespace treaty::api
