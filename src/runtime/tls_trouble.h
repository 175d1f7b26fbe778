// Why TLS did not come about, in words for an operator.

#pragma once

#include <openssl/types.h>

#include <boost/system/error_code.hpp>
#include <string>

namespace treaty {

// Returns what went wrong with a client's handshake that ended with `error`: "TLS: certificate
// expired".
std::string TlsTrouble(const SSL& ssl, const boost::system::error_code& error);

}  // namespace treaty
