// Whose a connection counts as, where the connections of one client are limited.

#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>

namespace treaty::api {

// An IPv4 address, also where it comes as a mapped one of IPv6; of IPv6 the first 64 bits, since
// whoever has one address of a network has all of them.
struct AddressKey {
  explicit AddressKey(const boost::asio::ip::address& address);

  std::string text;
  // Of IPv6 the first 48 bits: a customer who is given several networks has them all.
  std::string site;
  bool loopback = false;
};

}  // namespace treaty::api
