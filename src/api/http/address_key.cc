#include "api/http/address_key.h"

#include <algorithm>

namespace treaty::api {
namespace {

namespace ip = boost::asio::ip;

ip::address Unmapped(const ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

std::string NetworkOf(const ip::address_v6& address, int bits) {
  auto bytes = address.to_bytes();
  std::fill(bytes.begin() + bits / 8, bytes.end(), 0);
  return ip::address_v6(bytes).to_string() + "/" + std::to_string(bits);
}

}  // namespace

AddressKey::AddressKey(const ip::address& address) {
  const ip::address plain = Unmapped(address);
  loopback = plain.is_loopback();
  text = plain.is_v6() ? NetworkOf(plain.to_v6(), 64) : plain.to_string();
  site = plain.is_v6() ? NetworkOf(plain.to_v6(), 48) : text;
}

}  // namespace treaty::api
