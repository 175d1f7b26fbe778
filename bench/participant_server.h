// A participant that answers as cheaply as possible, or as badly as it is told to.

#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "socket.h"

namespace treaty::bench {

struct ParticipantOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one; it is printed.
  int latency_ms = 0;      // Before each reply.
  double failure = 0;      // Share of actions answered 409 FAILURE.
  double ongoing = 0;      // Share of calls answered 425 ONGOING.
  double error = 0;        // Share of calls answered 500.
  bool hang = false;       // Reads everything and never answers.
  std::uint64_t seed = 1;
};

// One thread, one epoll. A path that starts with /ongoing or /hang gets that treatment whatever
// the options say, so that one participant serves mixed loads.
class ParticipantServer {
 public:
  explicit ParticipantServer(const ParticipantOptions& options);

  bool ok() const { return listener_.valid(); }
  std::uint16_t port() const { return LocalPort(listener_); }
  void RunUntil(const volatile bool& stop);

 private:
  struct Connection {
    Fd fd;
    std::string in;
    std::uint64_t id = 0;
  };
  struct Due {
    std::int64_t at_ns;
    std::uint64_t connection;
    const std::string* reply;
    bool operator>(const Due& other) const { return at_ns > other.at_ns; }
  };

  void OnReadable(std::uint64_t id);
  void AcceptAll();
  void Read(Connection& connection);
  void Answer(Connection& connection);
  const std::string* Choose(std::string_view first_line);
  void Send(Connection& connection, const std::string& reply);
  void SendDue();
  int WaitMs() const;
  void Close(std::uint64_t id);

  ParticipantOptions options_;
  Fd listener_;
  Fd epoll_;
  std::mt19937_64 random_;
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

}  // namespace treaty::bench
