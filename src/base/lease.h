// The right of this process to act on what it owns: it holds until its end, by the clock of the
// store, unless that is moved. What the process does in vain after its end others do for it.

#pragma once

#include <atomic>

#include "base/time.h"

namespace treaty {

// Safe for concurrent use.
class Lease {
 public:
  // Over until it is extended. `clock` is not owned and outlives the lease.
  explicit Lease(const Clock& clock) : clock_(clock) {}

  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  bool Holds() const { return clock_.Now().time_since_epoch().count() < end_.load(); }
  void ExtendTo(Time end) { end_ = end.time_since_epoch().count(); }

 private:
  const Clock& clock_;
  std::atomic<Duration::rep> end_{0};
};

}  // namespace treaty
