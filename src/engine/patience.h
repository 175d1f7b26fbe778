// Answers in time for those who wait on a read that the store keeps.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/loop.h"
#include "base/time.h"

namespace treaty {

// Safe for concurrent use.
class Patience {
 public:
  // Looks on `loop`, by `clock`.
  Patience(Loop& loop, const Clock& clock) : loop_(loop), clock_(clock) {}

  // Returns what says, once and to one only, that it is the one to answer. If nobody has asked for
  // that within `within`, and a look that is not long after, `late` answers, on the loop.
  std::function<bool()> Await(Duration within, std::function<void()> late);

 private:
  struct Wait {
    Time until;
    std::function<void()> late;
    std::atomic<bool> answered{false};
  };

  void Look();

  Loop& loop_;
  const Clock& clock_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Wait>> waiting_;  // Not empty: a look is to come.
};

}  // namespace treaty
