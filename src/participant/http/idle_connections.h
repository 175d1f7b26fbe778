// The connections of a lane that wait for the next call to their destinations.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/time.h"
#include "participant/http/destination.h"

namespace treaty {

class IdleConnections {
 public:
  using Steady = std::chrono::steady_clock;

  // At most `most` at a time.
  explicit IdleConnections(std::size_t most) : most_(most) {}

  // Where there are too many then, those that have waited longest are closed: half of them.
  void Add(const std::shared_ptr<Destination>& destination, std::shared_ptr<Connection> connection);

  // The last one that has been idle for less than `expiry` and is quiet; null: there is none.
  std::shared_ptr<Connection> Take(Destination& destination, Duration expiry);

  // Closes those of one destination, or all that have been idle since `when`.
  void Drop(Destination& destination);
  void DropIdleSince(Steady::time_point when);

  bool empty() const { return with_idle_.empty(); }

 private:
  void Halve();

  const std::size_t most_;
  std::size_t count_ = 0;
  std::vector<std::shared_ptr<Destination>> with_idle_;  // Some may have none any more.
};

}  // namespace treaty
