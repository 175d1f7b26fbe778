// Where Treaty may connect to (reliability §5.2, outbound rules 1 to 7): asked at the door with
// what the URL says, and again with the address actually dialled.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "wire/url.h"

namespace treaty::wire {

struct Listener {
  std::string address;  // Canonical text. Every address of this machine counts beside it.
  std::uint16_t port = 0;
};

// A name or address by which clients reach this server (Http.Hosts).
struct OwnHost {
  std::string host;        // Lower case without a dot at its end; an address in canonical text.
  std::uint16_t port = 0;  // Beside those of the listeners; 0: 80 and 443.
};

// A rule of the allow list: host pattern ("*.bank.example", "10.1.2.3"), port 0 for any.
struct AllowRule {
  std::string host;
  std::uint16_t port = 0;
  bool https_only = false;  // TLS: https or grpcs.
};

struct TargetPolicy {
  bool allow_loopback = false;
  std::vector<Listener> own_listeners;  // Never called, under any spelling.
  std::vector<OwnHost> own_hosts;       // Never called either.
  std::vector<AllowRule> allow;         // Not empty: only what matches is allowed.
};

// At the door: refuses with kInvalidArgument and the reason. Names are not resolved here.
Status CheckUrl(const TargetPolicy& policy, const Url& url);

// Before dialling: `address` is the text of the resolved address. It must pass, and so must every
// IPv4 address that it holds inside. The allow list is asked of the literal alone, at the door.
Status CheckAddress(const TargetPolicy& policy, const std::string& address, std::uint16_t port);

// Whether a name stands for loopback on every machine (RFC 6761); `host` is in lower case.
bool IsLocalhost(std::string_view host);

// Names and values for branch_headers and passthrough_headers: token characters, no line breaks
// or NUL, none of Host, Content-Length, Transfer-Encoding, hop-by-hop or metadata-service names.
Status CheckHeader(std::string_view name, std::string_view value);

}  // namespace treaty::wire
