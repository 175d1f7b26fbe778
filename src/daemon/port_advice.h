// What to change where a port cannot be listened on.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace treaty::daemon {

// Who has a port, as the kernel's tables of sockets tell.
enum class PortUse : std::uint8_t {
  kUnknown,
  kListener,
  kConnection,  // Nobody listens there; a connection has it as its own end, mostly an outgoing one.
};

// `tables` is the text of /proc/net/tcp and /proc/net/tcp6.
PortUse UseOf(std::uint16_t port, std::string_view tables);

// Returns `status`, of trying to listen on the port that `key` names, with what to change.
Status WithAdviceOnPort(const Status& status, const std::string& key, std::uint16_t port);

}  // namespace treaty::daemon
