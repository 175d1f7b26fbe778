// What the engine makes of a store that refuses, does not answer, or knows better.

#include <gtest/gtest.h>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(StoreTroubleTest, ARefusedInsertIsAnsweredUnavailableAndLeavesNothing) {
  World world;
  world.store->InjectFault(CommitFault::kRefused);
  const auto answer = world.Submit(World::Saga("g1", 1));
  world.Run(seconds(5));
  EXPECT_EQ(answer->value().kind, Answer::Kind::kUnavailable);
  EXPECT_EQ(world.store->size(), 0u);
  EXPECT_TRUE(world.participant.calls.empty());
  EXPECT_EQ(world.engine->counts().live_txns, 0u);
}

TEST(StoreTroubleTest, ARefusedUpdateIsTriedAgainUntilItIsStored) {
  World world;
  world.participant.scripts["a1"] = {{Outcome::kSuccess, "", milliseconds(50)}};
  world.Submit(World::Saga("g1", 1));
  world.Run(milliseconds(20));
  world.store->InjectFault(CommitFault::kRefused);
  world.Run(seconds(1));
  EXPECT_EQ(world.Status("g1"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.calls.size(), 1u);
}

class UnknownOutcomeTest : public ::testing::TestWithParam<CommitFault> {};

TEST_P(UnknownOutcomeTest, AnInsertOfUnknownOutcomeIsSettledAndRunsOnce) {
  World world;
  world.store->InjectFault(GetParam());
  const auto answer = world.Submit(World::Saga("g1", 1));
  world.Run(seconds(5));
  EXPECT_EQ(answer->value().kind, Answer::Kind::kUnavailable);
  EXPECT_EQ(world.Status("g1"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.calls.size(), 1u);
  const auto again = world.Submit(World::Saga("g1", 1));
  world.Run();
  EXPECT_EQ(again->value().kind, Answer::Kind::kSuccess);
}

TEST_P(UnknownOutcomeTest, AnUpdateOfUnknownOutcomeIsSettledBeforeAnythingIsDone) {
  World world;
  world.participant.scripts["a1"] = {{Outcome::kSuccess, "", milliseconds(50)}};
  world.Submit(World::Saga("g1", 2));
  world.Run(milliseconds(20));
  world.store->InjectFault(GetParam());
  world.Run(seconds(5));
  EXPECT_EQ(world.Status("g1"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.calls.size(), 2u);
}

// The record that tells whose write was there first cannot be read at once: the update waits for
// that, and what it counts is counted once.
TEST(StoreTroubleTest, ARefusalAfterAnUnknownCommitWaitsForTheReadThatSettlesIt) {
  World world;
  Terms terms;
  terms.retry_interval = seconds(1);
  world.participant.scripts["a1"] = {{Outcome::kUnknown, "", milliseconds(50)}, {}};
  world.Submit(World::Saga("g1", 1, terms));
  world.Run(milliseconds(20));
  world.store->InjectFault(CommitFault::kLostAnswer);
  world.store->FailLoads(1);
  world.Run(milliseconds(900));
  EXPECT_EQ(world.Stored("g1").txn.branches[0].attempts, 1u);
  world.Run(seconds(5));
  EXPECT_EQ(world.Status("g1"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.Count("01/action"), 2u);
}

INSTANTIATE_TEST_SUITE_P(BothEndings, UnknownOutcomeTest,
                         ::testing::Values(CommitFault::kLostAnswer, CommitFault::kLostRequest));

// Somebody else moves the record; the outcome that was about to be recorded is not lost.
TEST(StoreTroubleTest, AStaleWriteReadsAgainAndAppliesItsOutcomeToTheFreshCopy) {
  World world;
  world.participant.scripts["a1"] = {{Outcome::kSuccess, "", milliseconds(50)}};
  world.Submit(World::Saga("g1", 2));
  world.Run(milliseconds(20));
  StoredTxn stored = world.Stored("g1");
  ++stored.txn.version;
  const Write write{Write::Kind::kUpdate, &stored.txn, false, 99, stored.owner, stored.wake};
  Verdict verdict = Verdict::kStale;
  ASSERT_TRUE(world.store->Commit({&write, 1}, {&verdict, 1}).ok());
  ASSERT_EQ(verdict, Verdict::kStored);

  world.Run(seconds(1));

  EXPECT_EQ(world.Status("g1"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.Count("01/action"), 1u);
  EXPECT_EQ(world.participant.Count("02/action"), 1u);
}

// The store holds something that this engine could never have left there.
TEST(StoreTroubleTest, OneThatIsSetAsideAnswersEveryRequest) {
  World world;
  world.Prepare(World::Request(Model::kTcc, "g"));
  world.Run(milliseconds(20));
  Txn other = world.Stored("g").txn;
  world.WriteAsAnother("g", [](Txn& txn) {
    txn.force.when = txn.finished = txn.updated;
    txn.status = TxnStatus::kFailed;
  });
  ASSERT_EQ(*world.store->Prune(Time::max(), 1), 1u);
  other.status = TxnStatus::kSucceed;
  other.finished = other.updated;
  const Write write{.kind = Write::Kind::kInsert, .txn = &other, .write_id = 7};
  Verdict verdict = Verdict::kStale;
  ASSERT_TRUE(world.store->Commit({&write, 1}, {&verdict, 1}).ok());

  const auto first = world.Register(World::Branch(Model::kTcc, "g", "01"));
  const auto second = world.Register(World::Branch(Model::kTcc, "g", "02"));
  world.Run(seconds(1));

  ASSERT_TRUE(first->has_value());
  EXPECT_EQ(first->value().kind, Answer::Kind::kBroken);
  ASSERT_TRUE(second->has_value());
  EXPECT_EQ(second->value().kind, Answer::Kind::kBroken);
  EXPECT_EQ(world.engine->counts().live_txns, 0u);
}

}  // namespace
}  // namespace treaty::testing
