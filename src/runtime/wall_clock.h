// The time of day of this machine, for dates that others write; decisions go by the store's clock.

#pragma once

#include "base/time.h"

namespace treaty {

inline Time WallClockNow() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace treaty
