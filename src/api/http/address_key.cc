#include "api/http/address_key.h"

#include <algorithm>

namespace treaty::api {
namespace {

namespace ip = boost::asio::ip;

ip::address Unmapped(const ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

std::string NetworkOf(const ip::address_v6& address) {
  auto bytes = address.to_bytes();
  std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), 0);
  return ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace

AddressKey::AddressKey(const ip::address& address) {
  const ip::address plain = Unmapped(address);
  loopback = plain.is_loopback();
  text = plain.is_v6() ? NetworkOf(plain.to_v6()) : plain.to_string();
}

}  // namespace treaty::api
