// Points in time and lengths of it: integer milliseconds, UTC.

#pragma once

#include <chrono>

namespace treaty {

using Duration = std::chrono::milliseconds;
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

// The absent time: nothing happened yet, or nothing is due.
inline constexpr Time kNever{};

// The store's clock, the only one that decisions may use. Never goes back within a process,
// whatever the wall clock does. Any thread may read it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() const = 0;
};

}  // namespace treaty
