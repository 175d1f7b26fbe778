// Every form of a Retry-After, and what is none.

#include "participant/retry_after.h"

#include <gtest/gtest.h>

namespace treaty {
namespace {

using std::chrono::seconds;

constexpr Time kNow{seconds(784'111'777)};  // Sun, 06 Nov 1994 08:49:37 GMT.

TEST(RetryAfter, IsSecondsOrADate) {
  const struct {
    const char* when;
    const char* date;
    seconds left;
  } kLines[] = {
      {"0", "", seconds(0)},
      {"1", "", seconds(1)},
      {"120", "", seconds(120)},
      {"Sun, 06 Nov 1994 08:50:37 GMT", "", seconds(60)},
      {"Sunday, 06-Nov-94 08:50:37 GMT", "", seconds(60)},
      {"Sun Nov  6 08:50:37 1994", "", seconds(60)},
      {"Sun, 06 Nov 1994 08:48:37 GMT", "", seconds(0)},
      // By the clock of who wrote it.
      {"Sun, 06 Nov 1994 10:00:30 GMT", "Sun, 06 Nov 1994 10:00:00 GMT", seconds(30)},
      {"Sun, 06 Nov 1994 10:00:30 GMT", "yesterday", seconds(4'253)},
      {"30", "Sun, 06 Nov 1994 10:00:00 GMT", seconds(30)},
      // Nonsense.
      {"", "", seconds(0)},
      {"-5", "", seconds(0)},
      {"+5", "", seconds(0)},
      {"1.5", "", seconds(0)},
      {"5 s", "", seconds(0)},
      {"soon", "", seconds(0)},
      {"Sun, 06 Nov 1994 08:50:37 GMT and a day", "", seconds(0)},
      {"Sun, 99 Nov 1994 08:50:37 GMT", "", seconds(0)},
  };
  for (const auto& line : kLines) {
    EXPECT_EQ(TimeUntil({line.when, line.date}, kNow), line.left) << line.when;
  }
}

TEST(RetryAfter, TimesWithoutBoundAreCut) {
  for (const char* when :
       {"99999999999", "99999999999999999999999999999", "Sun, 06 Nov 9999 08:50:37 GMT"}) {
    EXPECT_EQ(TimeUntil({when, ""}, kNow), std::chrono::hours(24 * 366)) << when;
  }
}

}  // namespace
}  // namespace treaty
