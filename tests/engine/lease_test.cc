// A process acts only while its lease holds, and gives it back when it stops.

#include <gtest/gtest.h>

#include <memory>

#include "core/model.h"
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

// It was accepted by a process that had lost its lease and did not know it yet.
TEST_F(LeaseTest, WhatAFormerHolderStillStoresIsTakenUp) {
  world_.Run(seconds(60));
  Txn txn = model::Create(World::Saga("late", 1).body, std::make_shared<Terms>(),
                          TxnStatus::kSubmitted, world_.clock.Now());
  txn.version = 1;
  const Write write{.txn = &txn, .write_id = 7, .owner = "former/1"};
  Verdict verdict = Verdict::kStale;
  ASSERT_TRUE(world_.store->Commit({&write, 1}, {&verdict, 1}).ok());
  ASSERT_EQ(verdict, Verdict::kStored);
  world_.Run(seconds(3));
  EXPECT_EQ(world_.Status("late"), TxnStatus::kSucceed);
}

TEST_F(LeaseTest, WithoutItNothingOfOthersIsTakenUp) {
  world_.Run(seconds(60));
  world_.store->FailLeases(1'000'000);
  world_.Run(seconds(10));
  Txn txn = model::Create(World::Saga("theirs", 1).body, std::make_shared<Terms>(),
                          TxnStatus::kSubmitted, world_.clock.Now());
  txn.version = 1;
  const Write write{.txn = &txn, .write_id = 7, .owner = "other/1"};
  Verdict verdict = Verdict::kStale;
  ASSERT_TRUE(world_.store->Commit({&write, 1}, {&verdict, 1}).ok());
  world_.Run(seconds(60));
  EXPECT_EQ(world_.engine->counts().live_txns, 0u);
  EXPECT_EQ(world_.Stored("theirs").txn.version, 1u);
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
