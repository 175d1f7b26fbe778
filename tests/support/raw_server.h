// A TCP server whose every byte a test decides: one thread per connection runs the script.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace treaty::test {

// The server's end of one connection, for the script.
class RawPeer {
 public:
  RawPeer(int fd, int number, const std::atomic<bool>& stopping)
      : fd_(fd), number_(number), stopping_(stopping) {}

  int number() const { return number_; }  // Counted from 0.

  // Reads one request with the body its Content-Length promises; empty when the client is gone.
  std::string ReadRequest();

  // Reads until the head of a request is there; false when the client is gone.
  bool AwaitHead();

  // Writes everything; false when the client is gone.
  bool Write(std::string_view bytes);

  // Returns when the client or the server goes.
  void WaitForEnd();

  bool stopping() const { return stopping_.load(); }

 private:
  bool ReadSome();

  int fd_;
  int number_;
  const std::atomic<bool>& stopping_;
  std::string pending_;
};

class RawServer {
 public:
  using Script = std::function<void(RawPeer&)>;

  // Listens on a free port of `address`. The connection closes when `script` returns.
  explicit RawServer(Script script, const char* address = "127.0.0.1");
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path) const;
  int connections() const { return connections_.load(); }

 private:
  void Accept();

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::list<std::thread> peers_;
  std::vector<int> open_;
  std::thread acceptor_;
};

// A complete reply with a Content-Length.
std::string HttpReply(int status, std::string_view body, std::string_view headers = {});

// A script that answers every request of every connection with `reply`.
RawServer::Script Always(std::string reply);

}  // namespace treaty::test
