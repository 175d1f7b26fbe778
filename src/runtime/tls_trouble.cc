#include "runtime/tls_trouble.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

namespace treaty {
namespace {

// Empty: it was not the certificate. A name that does not match is refused by a callback, which
// leaves no reason of its own.
std::string CertificateTrouble(long verified) {
  switch (verified) {
    case X509_V_OK:
      return {};
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "certificate expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "certificate not yet valid";
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_APPLICATION_VERIFICATION:
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "certificate is for another host name";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "certificate of an unknown authority";
    default:
      return std::string("certificate refused: ") + X509_verify_cert_error_string(verified);
  }
}

}  // namespace

std::string TlsTrouble(const SSL& ssl, const boost::system::error_code& error) {
  namespace asio = boost::asio;
  const std::string certificate = CertificateTrouble(SSL_get_verify_result(&ssl));
  if (!certificate.empty()) return "TLS: " + certificate;
  const bool closed = error == asio::ssl::error::stream_truncated || error == asio::error::eof;
  return "TLS: " + (closed ? "closed within the handshake" : error.message());
}

}  // namespace treaty
