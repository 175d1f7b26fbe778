// Keeps a coordinator under a load of one kind and counts every reply.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "conversation.h"
#include "histogram.h"
#include "load_options.h"
#include "process_stats.h"
#include "socket.h"

namespace treaty::bench {

struct LoadResult {
  double seconds = 0;                      // Measured, not asked for.
  std::map<int, std::uint64_t> by_status;  // 0: the connection broke.
  std::uint64_t succeeded = 0;             // Status 200 and the word SUCCESS.
  std::uint64_t unanswered = 0;            // Still open at the end.
  std::uint64_t late = 0;                  // Open loop: had to wait for a free connection.
  Histogram latency;                       // Of everything answered, in the measured time.
  ProcessStats before;
  ProcessStats after;
};

class LoadGenerator {
 public:
  LoadGenerator(const LoadOptions& options, const Address& to);

  // False if nobody listens there.
  bool Run(LoadResult& out);

 private:
  struct Client {
    Fd fd;
    std::string in;
    std::string unsent;
    std::int64_t since_ns = 0;  // Of the transaction under way; 0: none.
    std::uint64_t number = 0;   // Of the transaction.
    std::size_t stage = 0;      // Of its requests, the one under way.
  };

  bool ConnectAll();
  bool Reconnect(std::size_t index);
  void StartPhase(std::int64_t now_ns);
  void Begin(std::size_t index, std::int64_t since_ns);
  void Flush(Client& client);
  static ssize_t Receive(Client& client);
  void OnReady(std::size_t index, std::uint32_t events);
  void OnReply(std::size_t index, int status, bool success);
  void Release(std::size_t index);
  void SendScheduled(std::int64_t now_ns);
  void Poll(std::int64_t now_ns);
  bool MaySend() const;
  void EndPhase(std::int64_t now_ns);
  bool IsOver(std::int64_t now_ns, std::int64_t measure_to) const;

  LoadOptions options_;
  Address to_;
  Conversation conversation_;
  Fd epoll_;
  std::vector<Client> clients_;
  std::deque<std::size_t> idle_;      // Open loop: connections without a request.
  std::deque<std::int64_t> waiting_;  // Open loop: due times without a connection.
  std::int64_t next_due_ns_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t open_ = 0;
  bool measuring_ = false;
  bool ending_ = false;
  std::int64_t measured_since_ns_ = 0;
  LoadResult result_;
};

}  // namespace treaty::bench
