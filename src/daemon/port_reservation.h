// A port that is known before anything listens on it.

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>

namespace treaty::daemon {

// Holds a free port for the server, which must be known before it listens: bound, but never
// listening, it lets the server bind beside it and keeps everybody else away.
class PortReservation {
 public:
  explicit PortReservation(const std::string& host) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(host, error);
    const boost::asio::ip::tcp::endpoint any(address, 0);
    socket_.open(any.protocol(), error);
    socket_.set_option(boost::asio::ip::tcp::socket::reuse_address(true), error);
    socket_.bind(any, error);
    port_ = socket_.local_endpoint(error).port();
  }

  std::uint16_t port() const { return port_; }  // 0: none to be had; Listen will tell why.

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_{context_};
  std::uint16_t port_ = 0;
};

}  // namespace treaty::daemon
