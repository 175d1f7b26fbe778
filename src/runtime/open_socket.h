// Sockets for connections to others, as long as there are descriptors for them.

#pragma once

#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>

#include "runtime/descriptors.h"

namespace treaty {

// The last descriptors are left to others: no_descriptors, as where there is none at all. Null:
// they are not looked after.
template <typename Socket>
void OpenSocket(Socket& socket, const typename Socket::protocol_type& protocol,
                Descriptors* descriptors, boost::system::error_code& error) {
  socket.open(protocol, error);
  if (descriptors == nullptr) return;
  if (!error && descriptors->MayKeep(socket.native_handle())) return;
  if (!error) error = boost::asio::error::no_descriptors;
  if (error == boost::asio::error::no_descriptors) descriptors->NoteNone();
}

}  // namespace treaty
