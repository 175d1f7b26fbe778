// Workflows, driven: what the client records is kept, and what it does not end is resumed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kSuccess = Answer::Kind::kSuccess;
constexpr auto kFailure = Answer::Kind::kFailure;
constexpr auto kRecorded = Answer::Kind::kRecorded;

TxnRequest Workflow(const std::string& gid, Terms terms = {}) {
  terms.workflow_name = "transfer";
  terms.workflow_input = "in";
  return World::Request(Model::kWorkflow, gid, std::move(terms));
}

RegisterRequest Step(const std::string& gid, const std::string& id, const std::string& result) {
  return World::Branch(Model::kWorkflow, gid, id, result);
}

TEST(WorkflowEngineTest, IsPreparedRecordedAndEnded) {
  World world;
  std::optional<StoredTxn> record;
  const auto prepared = world.PrepareWorkflow(Workflow("g"), &record);
  world.Run(milliseconds(20));
  ASSERT_EQ(prepared->value().kind, kSuccess);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->txn.status, TxnStatus::kPrepared);
  EXPECT_TRUE(record->txn.registered.empty());

  const std::string result("\0\xc3\xa4;\r\n\"x\"", 9);
  const auto step = world.Register(Step("g", "01", result));
  world.Run(milliseconds(20));
  EXPECT_EQ(step->value().kind, kSuccess);
  const auto end = world.EndWorkflow("g", {TxnStatus::kSucceed, "", "cmVzdWx0"});
  world.Run(seconds(60));
  EXPECT_EQ(end->value().kind, kSuccess);
  const StoredTxn stored = world.Stored("g");
  EXPECT_EQ(stored.txn.status, TxnStatus::kSucceed);
  EXPECT_EQ(stored.txn.result, "cmVzdWx0");
  EXPECT_EQ(stored.txn.registered.at(0)->payload, result);
  EXPECT_TRUE(world.participant.calls.empty());
}

TEST(WorkflowEngineTest, ASecondPrepareReturnsWhatIsRecordedInEveryState) {
  World world;
  world.PrepareWorkflow(Workflow("g"));
  world.Register(Step("g", "01", "one"));
  world.Register(Step("g", "02", "two"));
  std::optional<StoredTxn> record;
  world.PrepareWorkflow(Workflow("g"), &record);
  world.Run(milliseconds(20));
  ASSERT_TRUE(record.has_value());
  ASSERT_EQ(record->txn.registered.size(), 2u);
  EXPECT_EQ(record->txn.registered[1]->payload, "two");
  world.EndWorkflow("g", {TxnStatus::kFailed, "no money", ""});
  world.Run();
  world.Restart();
  world.PrepareWorkflow(Workflow("g"), &record);
  world.Run(milliseconds(20));
  EXPECT_EQ(record->txn.status, TxnStatus::kFailed);
  EXPECT_EQ(record->txn.rollback_reason, "no money");
  EXPECT_EQ(record->txn.registered.size(), 2u);
}

TEST(WorkflowEngineTest, APrepareOfAnotherModelsGidIsRefusedWithoutARecord) {
  World world;
  world.PrepareWith(Model::kTcc, "g", 1);
  std::optional<StoredTxn> record;
  const auto answer = world.PrepareWorkflow(Workflow("g"), &record);
  world.Run();
  EXPECT_EQ(answer->value().kind, kFailure);
  EXPECT_FALSE(record.has_value());
}

TEST(WorkflowEngineTest, TheFirstRecordWinsAndALaterOneIsToldSoWithoutEitherWord) {
  World world;
  world.PrepareWorkflow(Workflow("g"));
  const auto first = world.Register(Step("g", "01", "one"));
  const auto same = world.Register(Step("g", "01", "one"));
  const auto other = world.Register(Step("g", "01", "another"));
  world.Run();
  EXPECT_EQ(first->value().kind, kSuccess);
  for (const auto& later : {same, other}) {
    EXPECT_EQ(later->value().kind, kRecorded);
    EXPECT_THAT(later->value().message, Not(HasSubstr("SUCCESS")));
    EXPECT_THAT(later->value().message, Not(HasSubstr("FAILURE")));
  }
  EXPECT_EQ(world.Stored("g").txn.registered.at(0)->payload, "one");
  world.EndWorkflow("g", {TxnStatus::kSucceed, "", ""});
  const auto late = world.Register(Step("g", "02", "two"));
  world.Run();
  EXPECT_EQ(late->value().kind, Answer::Kind::kEnded);
  EXPECT_EQ(world.Stored("g").txn.registered.size(), 1u);
}

// Two runners on two instances: the loser's record is refused by the store, and judged again.
TEST(WorkflowEngineTest, ARecordThatAnotherInstanceMadeFirstIsTold) {
  World world;
  world.PrepareWorkflow(Workflow("g"));
  world.Run(milliseconds(20));
  world.WriteAsAnother("g", [](Txn& txn) {
    txn.registered.push_back(Step("g", "01", "theirs").step);
    txn.branches.push_back({.action = BranchStatus::kSucceed});
  });
  const auto answer = world.Register(Step("g", "01", "ours"));
  world.Run(seconds(1));
  EXPECT_EQ(answer->value().kind, kRecorded);
  ASSERT_EQ(world.Stored("g").txn.registered.size(), 1u);
  EXPECT_EQ(world.Stored("g").txn.registered[0]->payload, "theirs");
}

TEST(WorkflowEngineTest, ARepeatedEndIsTheSameEndOrRefused) {
  World world;
  world.PrepareWorkflow(Workflow("g"));
  world.EndWorkflow("g", {TxnStatus::kSucceed, "", "r"});
  const auto same = world.EndWorkflow("g", {TxnStatus::kSucceed, "", "r"});
  const auto other = world.EndWorkflow("g", {TxnStatus::kFailed, "", ""});
  const auto unknown = world.EndWorkflow("nobody", {TxnStatus::kSucceed, "", ""});
  const auto abort = world.Abort({"g", Model::kWorkflow, ""});
  world.Run();
  EXPECT_EQ(same->value().kind, kSuccess);
  EXPECT_EQ(other->value().kind, kFailure);
  EXPECT_EQ(unknown->value().kind, Answer::Kind::kNotFound);
  EXPECT_EQ(abort->value().kind, kFailure);
  EXPECT_EQ(world.store->size(), 1u);
}

TEST(WorkflowEngineTest, WhatItsClientDoesNotEndIsResumedLaterAndLater) {
  World world;
  world.participant.scripts["q"] = {{Outcome::kUnknown, ""}};
  Terms terms;
  terms.retry_interval = seconds(4);
  world.PrepareWorkflow(Workflow("g", terms));
  world.Run(seconds(200));
  const auto& calls = world.participant.calls;
  ASSERT_GE(calls.size(), 4u);
  EXPECT_EQ(calls[0].second, "00/transfer");
  EXPECT_LE(calls[0].first, world.Stored("g").txn.created + seconds(4) + milliseconds(50));
  for (std::size_t i = 1; i < 4; ++i) {
    const Duration expected = seconds(4) * (1 << i);
    EXPECT_GE(calls[i].first - calls[i - 1].first, expected * 4 / 5);
    EXPECT_LE(calls[i].first - calls[i - 1].first, expected * 6 / 5 + milliseconds(100));
  }
  EXPECT_EQ(world.Status("g"), TxnStatus::kPrepared);
  world.participant.scripts["q"] = {{}};
  const auto reset = world.ResetNextCronTime("g");
  const std::size_t before = calls.size();
  world.Run();
  EXPECT_EQ(reset->value().kind, kSuccess);
  EXPECT_EQ(calls.size(), before + 1);
}

TEST(WorkflowEngineTest, ItIsResumedAfterACrashWithWhatItHasRecorded) {
  World world;
  world.participant.scripts["q"] = {kSilent};
  world.PrepareWorkflow(Workflow("g"));
  world.Register(Step("g", "01", "one"));
  world.Run();
  world.Crash();
  world.agenda.Add(seconds(30), [] {});
  world.Run(seconds(30));
  world.Restart();
  world.Run(milliseconds(100));
  EXPECT_EQ(world.participant.Count("00/transfer"), 1u);
  const auto repeated = world.Register(Step("g", "01", "one"));
  const auto next = world.Register(Step("g", "02", "two"));
  const auto end = world.EndWorkflow("g", {TxnStatus::kSucceed, "", ""});
  world.Run(seconds(20));
  EXPECT_EQ(repeated->value().kind, kRecorded);
  EXPECT_EQ(next->value().kind, kSuccess);
  EXPECT_EQ(end->value().kind, kSuccess);
  EXPECT_EQ(world.Stored("g").txn.registered.size(), 2u);
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.calls.size(), 1u);
  EXPECT_EQ(world.engine->counts().live_txns, 0u);
}

// The pause between two resumes is shorter than a transaction stays in memory.
TEST(WorkflowEngineTest, AShortPauseIsNotForgotten) {
  World world;
  world.participant.scripts["q"] = {{Outcome::kOngoing, ""}};
  Terms terms;
  terms.retry_interval = seconds(1);
  world.PrepareWorkflow(Workflow("g", terms));
  world.Run(seconds(11));
  EXPECT_GE(world.participant.Count("00/transfer"), 8u);
  EXPECT_LE(world.participant.Count("00/transfer"), 13u);
}

TxnRequest LeftAlone(const std::string& gid, Terms terms = {}) {
  TxnRequest request = Workflow(gid, std::move(terms));
  auto body = std::make_shared<Body>(*request.body);
  body->query_prepared.clear();
  request.body = std::move(body);
  return request;
}

// It costs nothing while it rests: no memory, no look at it, no wake-up at the next start.
TEST(WorkflowEngineTest, OneWithoutAUrlRestsInTheStoreUntilItsClientComesBack) {
  World world;
  Terms terms;
  terms.retry_interval = seconds(1);
  terms.timeout_to_fail = seconds(2);
  world.PrepareWorkflow(LeftAlone("g", terms));
  world.Register(Step("g", "01", "one"));
  world.Run(seconds(3'600));
  for (const bool crash : {true, false}) {
    EXPECT_EQ(world.engine->counts().live_txns, 0u);
    EXPECT_EQ(world.Stored("g").owner, "");
    EXPECT_EQ(world.Stored("g").wake, kNever);
    EXPECT_EQ(world.Stored("g").txn.due, kNever);
    if (crash) world.Crash();
    world.Restart();
    world.Run(seconds(3'600));
  }
  std::optional<StoredTxn> record;
  world.PrepareWorkflow(LeftAlone("g", terms), &record);
  const auto known = world.Register(Step("g", "01", "another"));
  const auto next = world.Register(Step("g", "02", "two"));
  world.Run(milliseconds(20));
  ASSERT_TRUE(record.has_value());
  ASSERT_EQ(record->txn.registered.size(), 1u);
  EXPECT_EQ(record->txn.registered[0]->payload, "one");
  EXPECT_EQ(known->value().kind, kRecorded);
  EXPECT_EQ(next->value().kind, kSuccess);
  world.EndWorkflow("g", {TxnStatus::kSucceed, "", ""});
  world.Run();
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
  EXPECT_TRUE(world.participant.calls.empty());
}

TEST(WorkflowEngineTest, OneWithoutAUrlIsEndedByForceAndPassedOverByResets) {
  World world;
  world.PrepareWorkflow(LeftAlone("g"));
  world.Run(seconds(3'600));
  const auto reset = world.ResetNextCronTime("g");
  const auto forced = world.ForceStop("g");
  world.Run(seconds(3'600));
  EXPECT_EQ(reset->value().kind, kSuccess);
  EXPECT_EQ(forced->value().kind, kSuccess);
  EXPECT_EQ(world.Status("g"), TxnStatus::kFailed);
  EXPECT_TRUE(world.participant.calls.empty());
}

TEST(WorkflowEngineTest, AForcedStopEndsIt) {
  World world;
  world.participant.scripts["q"] = {{Outcome::kUnknown, ""}};
  world.PrepareWorkflow(Workflow("g"));
  world.Run(seconds(12));
  const auto forced = world.ForceStop("g");
  world.Run(seconds(120));
  EXPECT_EQ(forced->value().kind, kSuccess);
  EXPECT_EQ(world.Status("g"), TxnStatus::kFailed);
  EXPECT_EQ(world.participant.calls.size(), 1u);
}

}  // namespace
}  // namespace treaty::testing
