// What this machine lacks at times: a call that fails for want of it was not sent.

#pragma once

#include <sys/socket.h>

namespace treaty {

// Whether the errno of connecting to `to` says that this process or machine has no more of
// something: descriptors, local ports, memory. An address that nothing here could be connected to,
// as those of IPv6 where there is none, is no shortage.
bool IsShortage(int error, const sockaddr* to, socklen_t size);

}  // namespace treaty
