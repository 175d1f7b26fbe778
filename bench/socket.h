// Non-blocking IPv4 sockets and epoll, as thin as they come: what the measuring tools spend
// themselves is taken from the cores that the daemon is measured on.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace treaty::bench {

// A descriptor that is closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { Reset(); }
  Fd(Fd&& other) noexcept : fd_(other.Release()) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Reset();

 private:
  int Release();

  int fd_ = -1;
};

struct Address {
  std::string host;  // As written; a name is resolved by Connect.
  std::uint16_t port = 0;
  std::string path;  // With its leading slash; empty if none was given.
};

// Reads "http://host[:port][/path]"; false if it is none.
bool ParseHttpUrl(std::string_view url, Address& out);

// Returns a listening socket; port 0 takes any free one. Not valid on failure.
Fd Listen(const std::string& host, std::uint16_t port, bool shared);
std::uint16_t LocalPort(const Fd& fd);

// Returns an accepted connection without delay; not valid when none is waiting.
Fd Accept(const Fd& listener);

// Returns a connected, non-blocking socket; not valid on failure. Blocks while connecting.
Fd Connect(const Address& address);

}  // namespace treaty::bench
