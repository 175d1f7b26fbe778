// A TLS server whose every byte a test decides: one connection after the other runs the script.

#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "participant/identity.h"
#include "support/raw_server.h"

namespace treaty::test {

class TlsServer {
 public:
  using Stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;
  // With a connection whose handshake is over, and its number, from 0.
  using Script = std::function<void(Stream&, int)>;

  // Reads a request that fits into one record; false when the client is gone.
  static bool ReadRequest(Stream& peer) {
    char request[4'096];
    boost::system::error_code error;
    return peer.read_some(boost::asio::buffer(request), error) > 0;
  }

  static bool Write(Stream& peer, const std::string& text) {
    boost::system::error_code error;
    boost::asio::write(peer, boost::asio::buffer(text), error);
    return !error;
  }

  // Until the client goes: it keeps its connection for the next call.
  static void AlwaysRefuse(Stream& peer, int) {
    while (ReadRequest(peer) && Write(peer, HttpReply(409, "over TLS"))) {
    }
  }

  explicit TlsServer(const Identity& identity, Script script = AlwaysRefuse)
      : script_(std::move(script)),
        context_(boost::asio::ssl::context::tls_server),
        acceptor_(io_, {address(), 0}) {
    SSL_CTX_use_certificate(context_.native_handle(), identity.cert.get());
    SSL_CTX_use_PrivateKey(context_.native_handle(), identity.key.get());
    port_ = acceptor_.local_endpoint().port();
    thread_ = std::thread([this] { Serve(); });
  }
  ~TlsServer() {
    stopping_ = true;
    // A last connection wakes the thread.
    boost::asio::ip::tcp::socket last(io_);
    boost::system::error_code error;
    last.connect({address(), port_}, error);
    last.close(error);
    thread_.join();
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(port_) + "/x";
  }
  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  static boost::asio::ip::address_v4 address() { return boost::asio::ip::address_v4::loopback(); }

  void Serve() {
    while (!stopping_) {
      boost::system::error_code error;
      Stream peer(acceptor_.accept(), context_);
      peer.next_layer().set_option(boost::asio::ip::tcp::no_delay(true), error);
      peer.handshake(boost::asio::ssl::stream_base::server, error);
      if (!error) script_(peer, connections_++);
    }
  }

  const Script script_;
  boost::asio::io_context io_;
  boost::asio::ssl::context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace treaty::test
