// When a watcher may take a lease for ended.

#include "engine/lease_watch.h"

#include <gtest/gtest.h>

namespace treaty {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Time At(int millis) { return Time(milliseconds(1'000'000 + millis)); }

LeaseRow Row(std::uint64_t renewals) { return {"a/1", "a", renewals, kNever}; }

class LeaseWatchTest : public ::testing::Test {
 protected:
  // A look that is answered 10 ms after it was begun.
  bool Ended(std::uint64_t renewals, int millis) {
    return !watch_.Take({Row(renewals)}, At(millis), At(millis + 10)).empty();
  }

  LeaseWatch watch_{seconds(6)};
};

TEST_F(LeaseWatchTest, EndsWhenItsWholeLengthWentByBetweenTwoLooks) {
  EXPECT_FALSE(Ended(7, 0));
  EXPECT_FALSE(Ended(7, 3'000));
  EXPECT_FALSE(Ended(7, 6'009)) << "the first look was answered at 10";
  EXPECT_TRUE(Ended(7, 6'010));
}

TEST_F(LeaseWatchTest, EveryRenewalBeginsAnew) {
  for (int at = 0; at < 6'000; at += 1'000) EXPECT_FALSE(Ended(7, at));
  for (int at = 6'000; at <= 12'000; at += 1'000) EXPECT_FALSE(Ended(8, at));
  EXPECT_TRUE(Ended(8, 12'010));
}

// While the store does not answer nobody can renew, so that time tells nothing of anybody.
TEST_F(LeaseWatchTest, TimeWithoutAnAnswerDoesNotCount) {
  EXPECT_FALSE(Ended(7, 0));
  EXPECT_FALSE(Ended(7, 1'000));
  EXPECT_FALSE(Ended(7, 60'000));
  EXPECT_FALSE(Ended(7, 63'000));
  EXPECT_FALSE(Ended(7, 66'009));
  EXPECT_TRUE(Ended(7, 66'010));
}

TEST_F(LeaseWatchTest, AWatcherThatSleptJudgesNobodyBySight) {
  EXPECT_FALSE(Ended(7, 0));
  EXPECT_FALSE(Ended(9, 60'000));
}

TEST_F(LeaseWatchTest, WhatCameBackIsNew) {
  EXPECT_FALSE(Ended(7, 0));
  EXPECT_TRUE(watch_.Take({}, At(3'000), At(3'010)).empty());
  EXPECT_FALSE(Ended(7, 5'900));
  EXPECT_FALSE(Ended(7, 8'000));
}

TEST_F(LeaseWatchTest, NoClockOfAnothersHasASay) {
  LeaseRow row = Row(7);
  EXPECT_TRUE(watch_.Take({row}, At(0), At(10)).empty());
  row.renewed = At(-3'600'000);
  EXPECT_TRUE(watch_.Take({row}, At(2'000), At(2'010)).empty());
  EXPECT_TRUE(watch_.Take({row}, At(4'000), At(4'010)).empty());
  row.renewed = At(3'600'000);
  EXPECT_EQ(watch_.Take({row}, At(6'010), At(6'020)).size(), 1u);
}

TEST_F(LeaseWatchTest, JudgesEachByItself) {
  const LeaseRow other{"b/1", "b", 1, kNever};
  EXPECT_TRUE(watch_.Take({Row(7), other}, At(0), At(0)).empty());
  EXPECT_TRUE(watch_.Take({Row(7), other}, At(2'500), At(2'500)).empty());
  EXPECT_TRUE(watch_.Take({Row(8), other}, At(5'000), At(5'000)).empty());
  const auto ended = watch_.Take({Row(9), other}, At(6'000), At(6'000));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].owner, "b/1");
}

}  // namespace
}  // namespace treaty
