// Several instances write one record: what one of them does for a client where another one drives.

#include "engine/others.h"

#include <gtest/gtest.h>

#include <memory>

#include "core/model.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(OthersTest, ARequestLeavesTheRecordToItsOwnerAndWakesIt) {
  Terms terms;
  terms.retry_interval = seconds(300);
  Theirs(World::Request(Model::kMessage, "g", terms), TxnStatus::kPrepared);
  const auto answer = world_.Submit(World::Request(Model::kMessage, "g", terms));
  Run(seconds(5));
  EXPECT_EQ(answer->value().kind, Answer::Kind::kSuccess);
  const StoredTxn stored = world_.Stored("g");
  EXPECT_EQ(stored.txn.status, TxnStatus::kSubmitted);
  EXPECT_EQ(stored.owner, kOther.owner);
  EXPECT_NE(stored.wake, kNever);
  EXPECT_TRUE(world_.participant.calls.empty());
  EXPECT_EQ(world_.engine->counts().live_txns, 0u);
}

TEST_F(OthersTest, AnOperatorEndsWhatAnotherDrives) {
  Theirs(World::Saga("g", 1), TxnStatus::kSubmitted);
  const auto forced = world_.ForceStop("g");
  Run(seconds(1));
  EXPECT_EQ(forced->value().kind, Answer::Kind::kSuccess);
  EXPECT_EQ(world_.Status("g"), TxnStatus::kFailed);
  EXPECT_TRUE(world_.participant.calls.empty());
}

TEST_F(OthersTest, WhoWaitsHearsWhatTheOwnerHasCome) {
  Theirs(World::Saga("g", 1), TxnStatus::kSubmitted);
  const auto answer = WaitFor("g");
  Run(seconds(3));
  EXPECT_FALSE(answer->has_value());
  FinishElsewhere("g");
  Run(seconds(1));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ(answer->value().kind, Answer::Kind::kSuccess);
  EXPECT_EQ(world_.engine->counts().live_txns, 0u);
}

TEST_F(OthersTest, WhoWaitsHearsThatItRestsElsewhere) {
  Theirs(World::Saga("g", 1), TxnStatus::kSubmitted);
  const auto answer = WaitFor("g");
  Run(seconds(1));
  Change("g", [this](Txn& txn) {
    txn.branches[0].tried = true;
    txn.due = world_.clock.Now() + seconds(100);
  });
  Run(seconds(2));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ(answer->value().kind, Answer::Kind::kOngoing);
}

TEST_F(OthersTest, WhoWaitsHearsThatItWasDeleted) {
  Theirs(World::Saga("g", 1), TxnStatus::kSubmitted);
  const auto answer = WaitFor("g");
  Run(seconds(2));
  FinishElsewhere("g");
  ASSERT_EQ(*world_.store->Prune(world_.clock.Now() + seconds(1), 10), 1u);
  Run(seconds(2));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ(answer->value().kind, Answer::Kind::kUnavailable);
}

TEST_F(OthersTest, AReadingInBetweenTakesNoSecondStepOfBackOff) {
  Terms terms;
  terms.concurrent = true;
  terms.retry_interval = seconds(10);
  world_.participant.scripts["a1"] = {{Outcome::kUnknown, "", milliseconds(10)}};
  world_.participant.scripts["a2"] = {{Outcome::kUnknown, "", milliseconds(500)}};
  world_.Submit(World::Saga("g", 2, terms));
  Run(milliseconds(100));
  EXPECT_EQ(world_.Stored("g").txn.backoff, 1u);
  world_.Submit(World::Saga("g", 2, terms));
  Run(seconds(1));
  EXPECT_EQ(world_.participant.calls.size(), 2u);
  EXPECT_EQ(world_.Stored("g").txn.backoff, 1u);
}

// The owner is told by the index, reads again, goes on with what it finds, and takes the note away.
TEST_F(OthersTest, TheOwnerGoesOnWithWhatAnotherHasChanged) {
  Terms terms;
  terms.retry_interval = seconds(1);
  world_.participant.scripts["a1"] = {{Outcome::kUnknown, ""}, Script{}};
  world_.Submit(World::Saga("g", 1, terms));
  Run(milliseconds(100));
  ASSERT_EQ(world_.Stored("g").owner, world_.config.owner);
  Change("g", [this](Txn& txn) { txn.due = world_.clock.Now(); }, world_.clock.Now());
  Run(seconds(2));
  EXPECT_EQ(world_.Status("g"), TxnStatus::kSucceed);
}

TEST_F(OthersTest, AnAnswerNeverRestsOnAnOldCopy) {
  Terms terms;
  terms.retry_interval = seconds(2);
  world_.participant.scripts["a1"] = {{Outcome::kUnknown, ""}};
  world_.Submit(World::Saga("g", 1, terms));
  Run(milliseconds(100));
  Change("g", [this](Txn& txn) {
    txn.status = TxnStatus::kFailed;
    txn.force = {"somebody", "elsewhere", world_.clock.Now()};
    txn.finished = world_.clock.Now();
  });
  const auto answer = world_.Submit(World::Saga("g", 1, terms));
  Run(milliseconds(100));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ(answer->value().kind, Answer::Kind::kFailure);
}

// Both find it due; the record says whose it is before anybody calls.
TEST_F(OthersTest, WhatIsDueBelongsToOneOfThem) {
  Txn txn = model::Create(World::Saga("g", 1).body, std::make_shared<Terms>(),
                          TxnStatus::kSubmitted, world_.clock.Now());
  txn.version = 1;
  Write(Write::Kind::kInsert, txn, "", world_.clock.Now() + seconds(10));
  Run(seconds(5));
  Txn next = world_.Stored("g").txn;
  ++next.version;
  Write(Write::Kind::kUpdate, next, kOther.owner);
  Run(seconds(20));
  EXPECT_TRUE(world_.participant.calls.empty());
  EXPECT_EQ(world_.Stored("g").owner, kOther.owner);
}

// A client that asks again and again does not keep the owner from going back.
TEST_F(OthersTest, RepeatedRequestsDoNotHoldTheRollbackUp) {
  world_.participant.scripts["a2"] = {{Outcome::kFailure, "no"}};
  world_.participant.scripts["c1"] = {{Outcome::kUnknown, ""}, Script{}};
  Terms terms;
  terms.retry_interval = seconds(1);
  world_.Submit(World::Saga("g", 2, terms));
  for (int i = 0; i < 20; ++i) {
    Run(milliseconds(250));
    world_.Submit(World::Saga("g", 2, terms));
  }
  EXPECT_EQ(world_.Status("g"), TxnStatus::kFailed);
}

}  // namespace
}  // namespace treaty::testing
