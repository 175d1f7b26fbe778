// Requests of one gid reach its lane in the order in which they came, though the topics of some
// have to be read first.

#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

namespace treaty {

// Safe for concurrent use. Requests are run under a lock: they only post something.
class Turns {
 public:
  using Request = std::function<void()>;
  using Place = std::list<Request>::iterator;

  // Whether nobody waits: then every request may run as it comes.
  bool AreFree() const { return waiting_.load(std::memory_order_acquire) == 0; }

  // Takes a place in the gid's line for a request that is not ready yet.
  Place Take(const std::string& gid);

  // Runs the request of a place that was taken when it is its turn: after those before it, and
  // then those behind it that are ready.
  void Fill(const std::string& gid, Place place, Request request);

  // The same for a request that is ready when it comes; at once where there is no line.
  void Run(const std::string& gid, Request request);

 private:
  void Advance(const std::string& gid, std::list<Request>& line);

  std::atomic<std::size_t> waiting_{0};  // Places taken.
  std::mutex mutex_;
  std::unordered_map<std::string, std::list<Request>> lines_;  // Guarded by mutex_; never empty.
};

}  // namespace treaty
