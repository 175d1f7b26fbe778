// How many calls the gRPC library is not done with, to be waited for before the end.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace treaty {

// Safe for concurrent use.
class Outstanding {
 public:
  void Begin() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }

  void End() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }

  void WaitForNone() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  std::size_t count_ = 0;
};

}  // namespace treaty
