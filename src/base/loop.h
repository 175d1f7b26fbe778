// One thread's event loop, as the layers above it see it.
//
// The daemon runs Asio behind it (runtime/), the simulator a queue in virtual time.

#pragma once

#include <cstdint>
#include <functional>

#include "base/executor.h"
#include "base/time.h"

namespace treaty {

using TimerId = std::uint64_t;
inline constexpr TimerId kNoTimer = 0;

// Runs what is posted on its one thread, each task after those posted before it.
class Loop : public Executor {
 public:
  // Runs `task` once on the loop's thread, not before `delay` has passed. Only the loop's own
  // thread may call. Monotonic: a change of the wall clock moves nothing.
  virtual TimerId After(Duration delay, std::function<void()> task) = 0;

  // Forgets a timer. A fired or unknown id does nothing. Only the loop's own thread may call.
  virtual void Cancel(TimerId timer) = 0;
};

}  // namespace treaty
