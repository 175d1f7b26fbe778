#include "api/grpc/bind_trouble.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace treaty::api {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;  // 0: it is none.
};

Address Parse(const std::string& text, std::uint16_t port) {
  Address address;
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof(sockaddr_in);
  } else if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof(sockaddr_in6);
  }
  return address;
}

int TryToListen(int fd, const Address& address) {
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0)
    return errno;
  return listen(fd, 1) == 0 ? 0 : errno;
}

}  // namespace

std::string WhyNotBound(const std::string& text, std::uint16_t port) {
  const Address address = Parse(text, port);
  if (address.size == 0) return "it is no IP address";
  const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int error = fd < 0 ? errno : TryToListen(fd, address);
  if (fd >= 0) close(fd);
  return error == 0 ? "the gRPC library does not say why" : std::generic_category().message(error);
}

}  // namespace treaty::api
