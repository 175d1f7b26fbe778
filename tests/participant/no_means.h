// A machine that has run out of what connections take, for a while.

#pragma once

namespace treaty::test {

// While it lives, every new socket of this process fails with `socket_error`, and every connect
// with `connect_error`; 0: as usual. One at a time.
class NoMeans {
 public:
  enum class Of { kStreams, kAll };  // Whose connect.
  explicit NoMeans(int socket_error, int connect_error = 0, Of of = Of::kStreams);
  ~NoMeans();
  NoMeans(const NoMeans&) = delete;
  NoMeans& operator=(const NoMeans&) = delete;
};

// How many sockets this thread has made, on behalf of a transaction (base/at_work_on.h) and of
// nobody.
struct SocketsMade {
  int noted = 0;
  int of_nobody = 0;
};
SocketsMade& SocketsOfThisThread();

}  // namespace treaty::test
