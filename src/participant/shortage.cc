#include "participant/shortage.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace treaty {
namespace {

constexpr std::array kShortages = {EMFILE, ENFILE, EADDRNOTAVAIL, ENOBUFS, ENOMEM};

// Whether there is no address here to be connected from. Datagrams have ports of their own, and
// connecting their socket sends nothing.
bool HasNoSource(const sockaddr* to, socklen_t size) {
  const int made = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (made < 0) return false;
  const bool none = connect(made, to, size) != 0 && errno == EADDRNOTAVAIL;
  close(made);
  return none;
}

}  // namespace

bool IsShortage(int error, const sockaddr* to, socklen_t size) {
  if (std::ranges::find(kShortages, error) == kShortages.end()) return false;
  return error != EADDRNOTAVAIL || !HasNoSource(to, size);
}

}  // namespace treaty
