#include "runtime/connect_trial.h"

#include <openssl/ssl.h>

#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/open_socket.h"
#include "runtime/tls_context.h"
#include "runtime/tls_trouble.h"

namespace treaty {
namespace {

namespace asio = boost::asio;
using Error = boost::system::error_code;

// What gRPC insists on.
constexpr unsigned char kHttp2[] = {2, 'h', '2'};

class Trial : public std::enable_shared_from_this<Trial> {
 public:
  Trial(AsioLoop& loop, TrialOptions options, TrialDone done)
      : loop_(loop),
        options_(std::move(options)),
        done_(std::move(done)),
        socket_(loop.context()) {}

  void Start() {
    timer_ = loop_.After(options_.timeout, [self = shared_from_this()] {
      self->timer_ = kNoTimer;
      self->End("no answer to connecting");
    });
    Error error;
    OpenSocket(socket_, options_.endpoint.protocol(), options_.descriptors.get(), error);
    if (error) {
      return loop_.Post([self = shared_from_this(), error] { self->Connected(error); });
    }
    socket_.async_connect(options_.endpoint, [self = shared_from_this()](const Error& result) {
      self->Connected(result);
    });
  }

 private:
  void Connected(const Error& error) {
    if (error) return End("connect: " + error.message(), error.value());
    if (!options_.tls || !done_) return End({});
    Handshake();
  }

  void Handshake() {
    const Status begun = BeginTls(socket_, *options_.tls, tls_);
    if (!begun.ok()) return End(begun.message(), ENOMEM);
    SSL* const ssl = tls_->native_handle();
    if (!options_.server_is_address) SSL_set_tlsext_host_name(ssl, options_.server_name.c_str());
    SSL_set_alpn_protos(ssl, kHttp2, sizeof kHttp2);
    Error error;
    tls_->set_verify_callback(asio::ssl::host_name_verification(options_.server_name), error);
    if (error) return End("TLS: " + error.message());
    tls_->async_handshake(asio::ssl::stream_base::client,
                          [self = shared_from_this()](const Error& result) {
                            const SSL& handle = *self->tls_->native_handle();
                            self->End(result ? TlsTrouble(handle, result) : Spoken(handle));
                          });
  }

  static std::string Spoken(const SSL& ssl) {
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(&ssl, &protocol, &size);
    return size == 0 ? "TLS: the peer does not speak HTTP/2" : "";
  }

  void End(std::string why, int error = 0) {
    if (!done_) return;
    if (timer_ != kNoTimer) loop_.Cancel(timer_);
    Error ignored;
    socket_.close(ignored);
    std::exchange(done_, nullptr)({std::move(why), error});
  }

  AsioLoop& loop_;
  const TrialOptions options_;
  TrialDone done_;
  asio::ip::tcp::socket socket_;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
  TimerId timer_ = kNoTimer;
};

}  // namespace

void TryToConnect(AsioLoop& loop, TrialOptions options, TrialDone done) {
  std::make_shared<Trial>(loop, std::move(options), std::move(done))->Start();
}

}  // namespace treaty
