// Intervals between retries: doubling, bounds, and whose interval counts.

#include "core/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace treaty {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t kMostRounds = std::numeric_limits<std::uint32_t>::max();

TEST(BackoffTest, DoublesUpToTheCap) {
  const Duration base = seconds(10);
  const Duration cap = seconds(300);
  const int expected[] = {10, 20, 40, 80, 160, 300, 300, 300};
  for (std::uint32_t k = 0; k < std::size(expected); ++k) {
    EXPECT_EQ(DoubledInterval(base, cap, k), seconds(expected[k])) << k;
  }
}

TEST(BackoffTest, AnIntervalAboveTheCapIsNotCutShort) {
  for (const std::uint32_t k : {0U, 1U, 30U, kMostRounds}) {
    EXPECT_EQ(DoubledInterval(seconds(600), seconds(300), k), seconds(600)) << k;
  }
}

TEST(BackoffTest, NeverShrinksOrOverflowsHoweverManyRoundsThereWere) {
  for (const Duration base : {Duration(1), Duration(seconds(7)), Duration::max()}) {
    for (const Duration cap : {Duration(0), Duration(seconds(300)), Duration::max()}) {
      Duration before = Duration(0);
      for (std::uint32_t k = 0; k < 200; ++k) {
        const Duration interval = DoubledInterval(base, cap, k);
        ASSERT_GT(interval, Duration(0));
        ASSERT_GE(interval, before);
        ASSERT_LE(interval, std::max(base, cap));
        before = interval;
      }
      ASSERT_EQ(DoubledInterval(base, cap, kMostRounds), before);
    }
  }
}

TEST(BackoffTest, NoIntervalStaysNoInterval) {
  EXPECT_EQ(DoubledInterval(Duration(0), seconds(300), kMostRounds), Duration(0));
}

TEST(BackoffTest, SecondsBeyondACenturyAreACentury) {
  EXPECT_EQ(ToDuration(seconds(5)), milliseconds(5000));
  EXPECT_EQ(ToDuration(seconds::max()), Duration(hours(24) * 36525));
  EXPECT_EQ(ToDuration(seconds::min()), Duration(0));
}

TEST(BackoffTest, TheBaseIsTheTransactionsOwnElseAShorterTimeoutElseTheDaemons) {
  const Policy policy;
  Terms terms;
  EXPECT_EQ(BaseInterval(terms, policy), seconds(10));
  terms.timeout_to_fail = seconds(10);
  EXPECT_EQ(BaseInterval(terms, policy), seconds(10));
  terms.timeout_to_fail = seconds(4);
  EXPECT_EQ(BaseInterval(terms, policy), seconds(4));
  terms.retry_interval = seconds(25);
  EXPECT_EQ(BaseInterval(terms, policy), seconds(25));
}

TEST(BackoffTest, TheShownIntervalFollowsTheRounds) {
  Terms terms;
  terms.retry_interval = seconds(2);
  Txn txn;
  txn.terms = std::make_shared<Terms>(terms);
  EXPECT_EQ(RetryInterval(txn, Policy()), seconds(2));
  txn.backoff = 3;
  EXPECT_EQ(RetryInterval(txn, Policy()), seconds(16));
}

TEST(BackoffTest, JitterMovesTheTimeOnly) {
  EXPECT_EQ(Spread(kNever, seconds(10), 0.8), kNever + seconds(8));
  EXPECT_EQ(Spread(kNever, seconds(10), 1.2), kNever + seconds(12));
}

TEST(BackoffTest, ThereIsADeadlineOnlyWithATimeout) {
  Terms terms;
  Txn txn;
  txn.created = kNever + seconds(100);
  txn.terms = std::make_shared<Terms>(terms);
  EXPECT_EQ(Deadline(txn), kNever);
  terms.timeout_to_fail = seconds(7);
  txn.terms = std::make_shared<Terms>(terms);
  EXPECT_EQ(Deadline(txn), kNever + seconds(107));
}

}  // namespace
}  // namespace treaty
