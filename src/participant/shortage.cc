#include "participant/shortage.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace treaty {
namespace {

constexpr std::array kShortages = {EMFILE, ENFILE, EADDRNOTAVAIL, ENOBUFS, ENOMEM};

// Of any free port; what bind lacks, it calls an address in use.
int TryPort(int socket, bool v6) {
  sockaddr_in6 address{};
  address.sin6_family = v6 ? AF_INET6 : AF_INET;
  const socklen_t size = v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0) return 0;
  return errno == EADDRINUSE ? EADDRNOTAVAIL : errno;
}

}  // namespace

bool IsShortage(int error) { return std::ranges::find(kShortages, error) != kShortages.end(); }

int FindShortage(bool v6) {
  const int made = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int error = made < 0 ? errno : TryPort(made, v6);
  if (made >= 0) close(made);
  return IsShortage(error) ? error : 0;
}

}  // namespace treaty
