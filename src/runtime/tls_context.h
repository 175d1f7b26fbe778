// Outgoing TLS: 1.2 or later, the peer's certificate always verified.

#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

#include "base/status.h"

namespace treaty {

// Returns a context that trusts the certificates of `ca_file`, or the system's if it is empty.
// kUnavailable: they cannot be read, or memory is short.
Result<boost::asio::ssl::context> MakeClientTlsContext(const std::string& ca_file);

}  // namespace treaty
