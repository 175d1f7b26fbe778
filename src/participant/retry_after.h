// When a participant that is too busy wants to be called again.

#pragma once

#include <string_view>

#include "base/time.h"

namespace treaty {

// What such a reply's headers say; each empty where there is none.
struct RetryAfter {
  std::string_view when;  // Retry-After: seconds, or a date in any of the three forms of RFC 9110.
  std::string_view date;  // Date: when the reply was made, by the clock that `when` goes by.
};

// Returns how long from now: zero where the reply does not say, or says what has passed. `now`
// counts where there is no Date.
Duration TimeUntil(const RetryAfter& retry_after, Time now);

}  // namespace treaty
