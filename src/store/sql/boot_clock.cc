// CLOCK_BOOTTIME plus an offset fixed at the start; reading it is not a system call.

#include "store/sql/boot_clock.h"

#include <ctime>

namespace treaty {
namespace {

Duration SinceBoot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::duration_cast<Duration>(std::chrono::seconds(now.tv_sec) +
                                              std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace

BootClock::BootClock(Time start) : start_(start), boot_(SinceBoot()) {}

Time BootClock::Now() const { return start_ + (SinceBoot() - boot_); }

}  // namespace treaty
