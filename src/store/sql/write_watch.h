// What a probe may say of a store whose writer is at work just now.

#pragma once

#include <atomic>

#include "base/status.h"
#include "base/time.h"

namespace treaty {

// Since when the write that is under way has been. Safe for concurrent use.
class WriteWatch {
 public:
  // For as long as the write takes.
  class Begun {
   public:
    Begun(WriteWatch& watch, const Clock& clock) : watch_(watch), at_(clock.Now()) {
      watch_.begun_.store(at_, std::memory_order_relaxed);
    }
    ~Begun() { watch_.begun_.store(kNever, std::memory_order_relaxed); }
    Begun(const Begun&) = delete;
    Begun& operator=(const Begun&) = delete;

    Time at() const { return at_; }

   private:
    WriteWatch& watch_;
    const Time at_;
  };

  // Somebody writes: that is a good sign, unless it takes him long. Never waits for it.
  Status Judge(Time now) const {
    constexpr Duration kLong = std::chrono::seconds(1);
    const Time begun = begun_.load(std::memory_order_relaxed);
    if (begun == kNever || now < begun + kLong) return {};
    return {Code::kUnavailable, "a write has been under way for more than a second"};
  }

 private:
  std::atomic<Time> begun_{kNever};
};

}  // namespace treaty
