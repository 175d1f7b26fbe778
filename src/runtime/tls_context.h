// Outgoing TLS: 1.2 or later, the peer's certificate always verified.

#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/system_error.hpp>
#include <optional>
#include <string>

#include "base/enough_memory.h"
#include "base/status.h"

namespace treaty {

// Returns a context that trusts the certificates of `ca_file`, or the system's if it is empty.
// kUnavailable: they cannot be read, or OpenSSL has no memory; kResourceExhausted: we have none.
Result<boost::asio::ssl::context> MakeClientTlsContext(const std::string& ca_file);

// Makes `stream` over `socket`. kResourceExhausted: there is no memory for it.
template <typename Socket>
Status BeginTls(Socket& socket, boost::asio::ssl::context& context,
                std::optional<boost::asio::ssl::stream<Socket&>>& stream) {
  return WithinMemory([&]() -> Status {
    try {
      stream.emplace(socket, context);
      return {};
    } catch (const boost::system::system_error& failed) {
      return {Code::kResourceExhausted, "TLS: " + failed.code().message()};
    }
  });
}

}  // namespace treaty
