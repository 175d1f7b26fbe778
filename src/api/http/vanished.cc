#include "api/http/vanished.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>

namespace treaty::api {
namespace {

constexpr int kAskAfterSeconds = 60;
constexpr int kAskEverySeconds = 15;
constexpr int kAskTimes = 4;
// The same where something was sent, for example to see whether a client is there.
constexpr unsigned kUnacknowledgedMs = 1'000 * (kAskAfterSeconds + kAskTimes * kAskEverySeconds);

struct Option {
  int level;
  int name;
  int value;
};

}  // namespace

void NoticeWhenVanished(int socket) {
  constexpr std::array<Option, 5> kOptions = {{
      {SOL_SOCKET, SO_KEEPALIVE, 1},
      {IPPROTO_TCP, TCP_KEEPIDLE, kAskAfterSeconds},
      {IPPROTO_TCP, TCP_KEEPINTVL, kAskEverySeconds},
      {IPPROTO_TCP, TCP_KEEPCNT, kAskTimes},
      {IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(kUnacknowledgedMs)},
  }};
  for (const Option& one : kOptions) {
    ::setsockopt(socket, one.level, one.name, &one.value, sizeof(one.value));
  }
}

}  // namespace treaty::api
