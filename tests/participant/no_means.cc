// Stands in for two functions of the C library, here and for the libraries that are linked.

#include "participant/no_means.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/at_work_on.h"

namespace treaty::test {
namespace {

std::atomic<int> socket_error_now = 0;
std::atomic<int> connect_error_now = 0;
std::atomic<bool> of_all_now = false;

bool IsStream(int socket) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

bool Fails(const std::atomic<int>& error) {
  if (error == 0) return false;
  errno = error;
  return true;
}

}  // namespace

NoMeans::NoMeans(int socket_error, int connect_error, Of of) {
  of_all_now = of == Of::kAll;
  socket_error_now = socket_error;
  connect_error_now = connect_error;
}

NoMeans::~NoMeans() {
  socket_error_now = 0;
  connect_error_now = 0;
}

SocketsMade& SocketsOfThisThread() {
  thread_local SocketsMade made;
  return made;
}

}  // namespace treaty::test

// ThreadSanitizer stands before these functions, too: what goes through a socket happens in order.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TREATY_TEST_IS_WATCHED
#endif
#endif

extern "C" {

#ifdef TREATY_TEST_IS_WATCHED
int __interceptor_socket(int domain, int type, int protocol);
int __interceptor_connect(int socket, const sockaddr* address, socklen_t size);
#else
static int __interceptor_socket(int domain, int type, int protocol) {
  return static_cast<int>(syscall(SYS_socket, domain, type, protocol));
}
static int __interceptor_connect(int socket, const sockaddr* address, socklen_t size) {
  return static_cast<int>(syscall(SYS_connect, socket, address, size));
}
#endif

int socket(int domain, int type, int protocol) noexcept {
  auto& made = treaty::test::SocketsOfThisThread();
  ++(treaty::AtWorkOn::current() != nullptr ? made.noted : made.of_nobody);
  if (treaty::test::Fails(treaty::test::socket_error_now)) return -1;
  return __interceptor_socket(domain, type, protocol);
}

int connect(int socket, const sockaddr* address, socklen_t size) {
  const bool tried = treaty::test::of_all_now || treaty::test::IsStream(socket);
  if (tried && treaty::test::Fails(treaty::test::connect_error_now)) return -1;
  return __interceptor_connect(socket, address, size);
}
}
