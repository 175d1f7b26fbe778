// A process acts only while its lease holds, and gives it back when it stops.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "core/model.h"
#include "engine/lease_watch.h"
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

  // The row of the engine under test; nothing if it has none.
  std::optional<LeaseRow> Own() {
    const auto rows = world_.store->FindLeases();
    for (const LeaseRow& row : *rows) {
      if (row.owner == world_.config.owner) return row;
    }
    return std::nullopt;
  }

  // A saga that somebody else has stored as its own.
  void StoreAs(const std::string& owner, const std::string& gid) {
    Txn txn = model::Create(World::Saga(gid, 1).body, std::make_shared<Terms>(),
                            TxnStatus::kSubmitted, world_.clock.Now());
    txn.version = 1;
    const Write write{.txn = &txn, .write_id = 7, .owner = owner};
    Verdict verdict = Verdict::kStale;
    ASSERT_TRUE(world_.store->Commit({&write, 1}, {&verdict, 1}).ok());
    ASSERT_EQ(verdict, Verdict::kStored);
  }

  World world_;
};

TEST_F(LeaseTest, IsRenewedForAsLongAsTheProcessRuns) {
  world_.Run(seconds(600));
  EXPECT_TRUE(world_.lease.Holds());
  ASSERT_TRUE(Own());
  EXPECT_GT(Own()->renewals, 300u);
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

// The end that it believes in comes before others, who have seen its last renewal, may reap it.
TEST_F(LeaseTest, ItEndsHereBeforeOthersReapIt) {
  LeaseWatch other(seconds(6));
  world_.Run(seconds(10));
  world_.store->FailLeases(1'000'000);
  const auto ended = [&] {
    const Time now = world_.clock.Now();
    return !other.Take({{world_.config.owner, "test", 1, kNever}}, now, now).empty();
  };
  while (!ended()) world_.Run(milliseconds(1));
  EXPECT_FALSE(world_.lease.Holds());
}

TEST_F(LeaseTest, IsLostToWhoeverHasReapedIt) {
  world_.store->FailLeases(1'000'000);
  world_.Run(seconds(10));
  world_.store->FailLeases(0);
  ASSERT_TRUE(world_.store->ReapLease(*Own()).ok());
  world_.Submit(World::Saga("g", 1));
  world_.Run(seconds(10));
  EXPECT_EQ(world_.lost_lease.code(), Code::kFailedPrecondition);
  EXPECT_FALSE(world_.lease.Holds());
  EXPECT_TRUE(world_.participant.calls.empty());
}

TEST_F(LeaseTest, OfAFormerStartIsTakenSoonAfterACrash) {
  world_.Submit(World::Saga("g", 1));
  world_.participant.scripts["a1"] = {kSilent, Script{}};
  world_.Run(milliseconds(20));
  const Time crashed = world_.clock.Now();
  world_.Restart();
  EXPECT_LT(world_.clock.Now() - crashed, milliseconds(2'100));
  world_.Run(seconds(1));
  EXPECT_EQ(world_.Status("g"), TxnStatus::kSucceed);
}

TEST_F(LeaseTest, OfAFormerStartThatMayBeElsewhereIsWatchedToItsEnd) {
  const Time crashed = world_.clock.Now();
  world_.only_start = false;
  world_.Restart();
  EXPECT_GE(world_.clock.Now() - crashed, seconds(6));
  EXPECT_LT(world_.clock.Now() - crashed, milliseconds(6'500));
}

TEST_F(LeaseTest, OfAFormerStartThatLivesIsRespected) {
  world_.Crash();
  const LeaseTerms living{"test", "test/living", seconds(6)};
  const auto rows = world_.store->FindLeases();
  for (const LeaseRow& row : *rows) {
    ASSERT_TRUE(world_.store->EndLease(row.owner).ok());
  }
  ASSERT_TRUE(world_.store->BeginLease(living).ok());
  const Result<bool> begun =
      world_.TryToStart([&] { EXPECT_TRUE(world_.store->RenewLease(living).ok()); });
  ASSERT_FALSE(begun.ok());
  EXPECT_EQ(begun.status().code(), Code::kAlreadyExists);
}

// It was accepted by a process that had lost its lease and did not know it yet.
TEST_F(LeaseTest, WhatAFormerHolderStillStoresIsTakenUp) {
  world_.Run(seconds(60));
  StoreAs("former/1", "late");
  world_.Run(seconds(3));
  EXPECT_EQ(world_.Status("late"), TxnStatus::kSucceed);
}

TEST_F(LeaseTest, WithoutItNothingOfOthersIsTakenUp) {
  world_.Run(seconds(60));
  world_.store->FailLeases(1'000'000);
  world_.Run(seconds(10));
  StoreAs("former/1", "theirs");
  world_.Run(seconds(60));
  EXPECT_EQ(world_.engine->counts().live_txns, 0u);
  EXPECT_EQ(world_.Stored("theirs").txn.version, 1u);
}

// Whoever has crashed is waited for through the whole length of the lease, and then replaced.
TEST_F(LeaseTest, WhatOthersOwnIsTakenUpAfterTheirLeaseHasEnded) {
  ASSERT_TRUE(world_.store->BeginLease(Others()).ok());
  StoreAs("other/1", "theirs");
  world_.Run(milliseconds(5'900));
  EXPECT_EQ(world_.Stored("theirs").txn.version, 1u);
  world_.Run(milliseconds(2'600));
  EXPECT_EQ(world_.Status("theirs"), TxnStatus::kSucceed);
  EXPECT_EQ(world_.participant.calls.size(), 1u);
}

TEST_F(LeaseTest, WhatOthersGiveBackIsTakenUpWithinASecondAndAHalf) {
  ASSERT_TRUE(world_.store->BeginLease(Others()).ok());
  StoreAs("other/1", "theirs");
  world_.Run(seconds(2));
  ASSERT_TRUE(world_.store->EndLease("other/1").ok());
  world_.Run(milliseconds(1'500));
  EXPECT_EQ(world_.Status("theirs"), TxnStatus::kSucceed);
}

// The record says whose it is before anything is called.
TEST_F(LeaseTest, WhatIsTakenUpIsClaimedFirst) {
  world_.Run(seconds(10));
  StoreAs("former/1", "late");
  world_.participant.scripts["a1"] = {kSilent};
  world_.Run(milliseconds(1'500));
  ASSERT_EQ(world_.participant.calls.size(), 1u);
  EXPECT_EQ(world_.Stored("late").owner, world_.config.owner);
}

TEST_F(LeaseTest, IsGivenBackWhenTheEngineStops) {
  bool stopped = false;
  world_.engine->Stop(seconds(1), [&stopped] { stopped = true; });
  world_.Run(seconds(1));
  ASSERT_TRUE(stopped);
  EXPECT_FALSE(Own());
}

}  // namespace
}  // namespace treaty::testing
