// Sets up OpenSSL through Asio.

#include "runtime/tls_context.h"

#include <openssl/ssl.h>

#include <utility>

namespace treaty {
namespace {

namespace ssl = boost::asio::ssl;

Result<ssl::context> Make(const std::string& ca_file) {
  ssl::context context(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  boost::system::error_code error;
  context.set_verify_mode(ssl::verify_peer, error);
  if (!error && ca_file.empty()) context.set_default_verify_paths(error);
  if (!error && !ca_file.empty()) context.load_verify_file(ca_file, error);
  if (error) {
    return Status{Code::kUnavailable,
                  "cannot load the trusted certificates '" + ca_file + "': " + error.message()};
  }
  return context;
}

}  // namespace

// OpenSSL throws where it has no memory.
Result<ssl::context> MakeClientTlsContext(const std::string& ca_file) {
  return WithinMemory([&]() -> Result<ssl::context> {
    try {
      return Make(ca_file);
    } catch (const boost::system::system_error& failed) {
      return Status{Code::kUnavailable, "cannot prepare TLS: " + failed.code().message()};
    }
  });
}

}  // namespace treaty
