// A process acts only while its lease holds, and gives it back when it stops.

#include <gtest/gtest.h>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LeaseTest : public ::testing::Test {
 protected:
  LeaseTest() {
    world_.leased = true;
    world_.Restart();
  }

  LeaseTerms Others() const { return {"other", "other/1", seconds(6)}; }

  World world_;
};

TEST_F(LeaseTest, IsRenewedForAsLongAsTheProcessRuns) {
  world_.Run(seconds(600));
  EXPECT_TRUE(world_.lease.Holds());
  EXPECT_EQ(world_.store->BeginLease(Others()).code(), Code::kAlreadyExists);
  EXPECT_TRUE(world_.lost_lease.ok());
}

TEST_F(LeaseTest, NothingIsCalledAfterItsEndUntilItIsRenewed) {
  world_.participant.scripts["a1"] = {{Outcome::kSuccess, "", seconds(2)}};
  world_.Submit(World::Saga("g", 2));
  world_.Run(seconds(1));
  world_.store->FailLeases(1'000'000);
  world_.Run(seconds(6));
  EXPECT_FALSE(world_.lease.Holds());
  world_.participant.calls.clear();
  world_.Submit(World::Saga("h", 1));
  world_.Run(seconds(60));
  EXPECT_TRUE(world_.participant.calls.empty());
  EXPECT_EQ(world_.Status("h"), TxnStatus::kSubmitted) << "it is stored all the same";

  world_.store->FailLeases(0);
  world_.Run(seconds(5));
  EXPECT_TRUE(world_.lease.Holds());
  EXPECT_EQ(world_.Status("g"), TxnStatus::kSucceed);
  EXPECT_EQ(world_.Status("h"), TxnStatus::kSucceed);
}

// The end that it believes in lies before the one in the store, also when renewals fail.
TEST_F(LeaseTest, ItEndsHereBeforeOthersCanTakeIt) {
  world_.Run(seconds(10));
  world_.store->FailLeases(1'000'000);
  while (world_.lease.Holds()) world_.Run(milliseconds(1));
  world_.store->FailLeases(0);
  EXPECT_EQ(world_.store->BeginLease(Others()).code(), Code::kAlreadyExists);
}

TEST_F(LeaseTest, IsLostToWhoeverHasTakenOver) {
  world_.store->FailLeases(1'000'000);
  world_.Run(seconds(10));
  world_.store->FailLeases(0);
  ASSERT_TRUE(world_.store->BeginLease(Others()).ok());
  world_.Submit(World::Saga("g", 1));
  world_.Run(seconds(10));
  EXPECT_EQ(world_.lost_lease.code(), Code::kFailedPrecondition);
  EXPECT_FALSE(world_.lease.Holds());
  EXPECT_TRUE(world_.participant.calls.empty());
}

TEST_F(LeaseTest, IsGivenBackWhenTheEngineStops) {
  bool stopped = false;
  world_.engine->Stop(seconds(1), [&stopped] { stopped = true; });
  world_.Run(seconds(1));
  ASSERT_TRUE(stopped);
  EXPECT_TRUE(world_.store->BeginLease(Others()).ok());
}

}  // namespace
}  // namespace treaty::testing
