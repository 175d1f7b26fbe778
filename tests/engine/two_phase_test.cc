// TCC and XA, driven: one decision, carried to every branch, whatever comes between.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Terms Waiting() {
  Terms terms;
  terms.wait_result = true;
  return terms;
}

std::vector<std::string> CallsOf(const World& world) {
  std::vector<std::string> names;
  for (const auto& [when, name] : world.participant.calls) names.push_back(name);
  return names;
}

Answer::Kind KindOf(const World::AnswerPlace& answer) { return answer->value().kind; }

constexpr auto kSuccess = Answer::Kind::kSuccess;
constexpr auto kFailure = Answer::Kind::kFailure;
constexpr auto kOngoing = Answer::Kind::kOngoing;

TEST(TwoPhaseEngineTest, ASubmittedTccConfirmsTheNewestFirst) {
  World world;
  world.PrepareWith(Model::kTcc, "g", 3);
  EXPECT_EQ(world.Stored("g").txn.registered.size(), 3u);
  EXPECT_TRUE(world.participant.calls.empty());
  const auto answer = world.Submit(World::Request(Model::kTcc, "g", Waiting()));
  world.Run();
  EXPECT_EQ(KindOf(answer), kSuccess);
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
  EXPECT_THAT(CallsOf(world), ElementsAre("03/confirm", "02/confirm", "01/confirm"));
}

TEST(TwoPhaseEngineTest, AnXaCommitsAndRollsBackInTheOrderOfRegistration) {
  World world;
  world.PrepareWith(Model::kXa, "g1", 2);
  world.PrepareWith(Model::kXa, "g2", 2);
  world.Submit(World::Request(Model::kXa, "g1"));
  world.Run();
  world.Abort({"g2", Model::kXa, "no"});
  world.Run();
  EXPECT_THAT(CallsOf(world), ElementsAre("01/commit", "02/commit", "01/rollback", "02/rollback"));
  EXPECT_EQ(world.Status("g1"), TxnStatus::kSucceed);
  EXPECT_EQ(world.Status("g2"), TxnStatus::kFailed);
}

TEST(TwoPhaseEngineTest, AnAbortedTccCancelsTheNewestFirstAndKeepsTheReason) {
  World world;
  world.PrepareWith(Model::kTcc, "g", 2);
  const auto answer = world.Abort({"g", Model::kTcc, "no stock"});
  world.Run();
  EXPECT_EQ(KindOf(answer), kSuccess);
  EXPECT_EQ(world.Status("g"), TxnStatus::kFailed);
  EXPECT_EQ(world.Stored("g").txn.rollback_reason, "no stock");
  EXPECT_THAT(CallsOf(world), ElementsAre("02/cancel", "01/cancel"));
  const auto submit = world.Submit(World::Request(Model::kTcc, "g"));
  const auto again = world.Abort({"g", Model::kTcc, "other"});
  world.Run();
  EXPECT_EQ(KindOf(submit), kFailure);
  EXPECT_THAT(submit->value().message, HasSubstr("no stock"));
  EXPECT_EQ(KindOf(again), kSuccess);
  EXPECT_EQ(world.participant.calls.size(), 2u);
}

TEST(TwoPhaseEngineTest, AWaitedAbortHearsSuccessWhenEverythingIsCancelled) {
  World world;
  world.PrepareWith(Model::kTcc, "g", 2);
  world.participant.scripts["c01"] = {{Outcome::kSuccess, "", milliseconds(50)}};
  const auto answer = world.Abort({"g", Model::kTcc, "", true});
  while (!answer->has_value()) ASSERT_TRUE(world.agenda.Step(world.agenda.now() + seconds(1)));
  EXPECT_EQ(KindOf(answer), kSuccess);
  EXPECT_EQ(world.Status("g"), TxnStatus::kFailed);
}

TEST(TwoPhaseEngineTest, AWaitedAbortThatCannotBeCarriedOutYetIsOngoing) {
  World world;
  world.PrepareWith(Model::kTcc, "g", 2, Waiting());  // The stored terms make it wait as well.
  world.participant.scripts["c02"] = {{Outcome::kFailure, "no"}, {Outcome::kUnknown, ""}, {}};
  const auto first = world.Abort({"g", Model::kTcc, ""});
  world.Run();
  const auto again = world.Abort({"g", Model::kTcc, "", true});
  world.Run();
  EXPECT_EQ(KindOf(first), kOngoing);
  EXPECT_EQ(KindOf(again), kOngoing);
  EXPECT_EQ(world.Status("g"), TxnStatus::kAborting);
  world.Run(seconds(120));
  EXPECT_EQ(world.Status("g"), TxnStatus::kFailed);
  EXPECT_EQ(world.participant.Count("02/cancel"), 3u);
  EXPECT_EQ(world.participant.Count("01/cancel"), 1u);
}

TEST(TwoPhaseEngineTest, AnUnknownTccIsNotSubmittedAndNothingIsCreated) {
  World world;
  for (const Model model : {Model::kTcc, Model::kXa}) {
    const auto submit = world.Submit(World::Request(model, "g"));
    const auto abort = world.Abort({"g", model, ""});
    const auto branch = world.Register(World::Branch(model, "g", "01"));
    world.Run();
    EXPECT_EQ(KindOf(submit), kFailure);
    EXPECT_EQ(KindOf(abort), Answer::Kind::kNotFound);
    EXPECT_EQ(KindOf(branch), kFailure);
  }
  EXPECT_EQ(world.store->size(), 0u);
  EXPECT_EQ(world.engine->counts().live_txns, 0u);
}

TEST(TwoPhaseEngineTest, NothingIsRegisteredAfterTheDecision) {
  World world;
  world.participant.scripts["a01"] = {kSilent};
  world.PrepareWith(Model::kTcc, "g", 1);
  world.Submit(World::Request(Model::kTcc, "g"));
  const auto racing = world.Register(World::Branch(Model::kTcc, "g", "02"));
  const auto repeated = world.Register(World::Branch(Model::kTcc, "g", "01"));
  world.Run();
  EXPECT_EQ(KindOf(racing), kFailure);
  EXPECT_EQ(KindOf(repeated), kFailure);
  EXPECT_EQ(world.Stored("g").txn.registered.size(), 1u);
}

TEST(TwoPhaseEngineTest, ARepeatedRegistrationAddsNothing) {
  World world;
  world.PrepareWith(Model::kTcc, "g", 1);
  const auto same = world.Register(World::Branch(Model::kTcc, "g", "01"));
  const auto other = world.Register(World::Branch(Model::kTcc, "g", "01", "other"));
  const auto model = world.Register(World::Branch(Model::kXa, "g", "02"));
  world.Run();
  EXPECT_EQ(KindOf(same), kSuccess);
  EXPECT_EQ(KindOf(other), kFailure);
  EXPECT_EQ(KindOf(model), kFailure);
  EXPECT_EQ(world.Stored("g").txn.registered.size(), 1u);
  EXPECT_EQ(world.Stored("g").txn.version, 2u);
}

TEST(TwoPhaseEngineTest, BranchesHaveALimit) {
  World world;
  world.config.limits.branches = 2;
  world.Restart();
  world.PrepareWith(Model::kTcc, "g", 2);
  const auto third = world.Register(World::Branch(Model::kTcc, "g", "03"));
  world.Run();
  EXPECT_EQ(KindOf(third), Answer::Kind::kInvalid);
  EXPECT_THAT(third->value().message, HasSubstr("at most 2"));
  EXPECT_EQ(world.Stored("g").txn.registered.size(), 2u);
}

TEST(TwoPhaseEngineTest, ThePayloadsOfBranchesTogetherHaveALimit) {
  World world;
  world.config.limits.branch_bytes = 10;
  world.Restart();
  world.Prepare(World::Request(Model::kTcc, "g"));
  world.Register(World::Branch(Model::kTcc, "g", "01", "12345"));
  const auto last = world.Register(World::Branch(Model::kTcc, "g", "02", "12345"));
  const auto more = world.Register(World::Branch(Model::kTcc, "g", "03", "1"));
  const auto empty = world.Register(World::Branch(Model::kTcc, "g", "04", ""));
  const auto again = world.Register(World::Branch(Model::kTcc, "g", "01", "12345"));
  world.Run();
  EXPECT_EQ(KindOf(last), kSuccess);
  EXPECT_EQ(KindOf(more), Answer::Kind::kInvalid);
  EXPECT_THAT(more->value().message, HasSubstr("at most 10 bytes"));
  EXPECT_EQ(KindOf(empty), kSuccess);
  EXPECT_EQ(KindOf(again), kSuccess);
  EXPECT_EQ(world.Stored("g").txn.registered.size(), 3u);
}

TEST(TwoPhaseEngineTest, ATransactionOfAThousandBranchesIsCarriedOut) {
  World world;
  world.Prepare(World::Request(Model::kTcc, "g"));
  for (int i = 0; i < 1'000; ++i) {
    world.Register(World::Branch(Model::kTcc, "g", "b" + std::to_string(i)));
  }
  world.Run(seconds(10));
  ASSERT_EQ(world.Stored("g").txn.registered.size(), 1'000u);
  world.Submit(World::Request(Model::kTcc, "g"));
  world.Run(seconds(20));
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.calls.size(), 1'000u);
  EXPECT_EQ(world.participant.calls.front().second, "b999/confirm");
}

// Exactly one of submit, abort and time-out decides, at whatever moment they meet.
TEST(TwoPhaseEngineTest, WhoeverIsFirstDecides) {
  for (int offset = -3; offset <= 3; ++offset) {
    for (const bool submit : {true, false}) {
      SCOPED_TRACE(std::to_string(offset) + (submit ? " submit" : " abort"));
      World world;
      Terms terms;
      terms.timeout_to_fail = seconds(5);
      world.PrepareWith(Model::kTcc, "g", 2, terms);
      const Time deadline = world.Stored("g").txn.created + seconds(5);
      world.Run(deadline + milliseconds(offset) - world.agenda.now());
      const auto answer = submit ? world.Submit(World::Request(Model::kTcc, "g"))
                                 : world.Abort({"g", Model::kTcc, "by hand"});
      world.Run(seconds(5));
      const bool confirmed = world.Status("g") == TxnStatus::kSucceed;
      EXPECT_EQ(KindOf(answer), confirmed || !submit ? kSuccess : kFailure);
      EXPECT_EQ(world.participant.Count("01/confirm"), confirmed ? 1u : 0u);
      EXPECT_EQ(world.participant.Count("01/cancel"), confirmed ? 0u : 1u);
      EXPECT_EQ(world.participant.calls.size(), 2u);
      EXPECT_FALSE(submit && offset < 0 && !confirmed);
      EXPECT_FALSE(offset > 0 &&
                   world.Stored("g").txn.rollback_reason != "Timeout after 5 seconds");
    }
  }
}

TEST(TwoPhaseEngineTest, APreparedOneStaysInMemoryForAWhileAndIsTakenUpAtItsDeadline) {
  World world;
  world.PrepareWith(Model::kTcc, "g", 1);
  EXPECT_EQ(world.Stored("g").txn.version, 2u);
  EXPECT_EQ(world.engine->counts().live_txns, 1u);
  EXPECT_TRUE(world.Stored("g").owner.empty());
  world.Run(seconds(1));
  EXPECT_EQ(world.engine->counts().live_txns, 1u);
  EXPECT_EQ(world.Stored("g").txn.version, 2u);  // Nothing is written again while it waits.
  world.Run(seconds(2));
  EXPECT_EQ(world.engine->counts().live_txns, 0u);
  EXPECT_EQ(world.Stored("g").txn.version, 2u);
  const Time deadline = world.Stored("g").txn.created + seconds(35);
  EXPECT_EQ(world.Stored("g").wake, deadline);
  world.Run(deadline + milliseconds(50) - world.agenda.now());
  ASSERT_EQ(world.participant.Count("01/cancel"), 1u);
  EXPECT_LE(world.participant.calls[0].first, deadline + milliseconds(50));
  EXPECT_EQ(world.Stored("g").txn.rollback_reason, "Timeout after 35 seconds");
}

// Each request keeps it a while longer, and none of them makes the engine turn round and round.
TEST(TwoPhaseEngineTest, APreparedOneCostsNoTasksWhileItRests) {
  World world;
  world.PrepareWith(Model::kTcc, "g", 1);
  for (int i = 2; i <= 5; ++i) {
    world.Run(milliseconds(1'500));
    world.Register(World::Branch(Model::kTcc, "g", "0" + std::to_string(i)));
    world.Run(milliseconds(20));
    EXPECT_EQ(world.engine->counts().live_txns, 1u);
  }
  EXPECT_EQ(world.Stored("g").txn.version, 6u);
  int steps = 0;
  const Time until = world.agenda.now() + seconds(10);
  while (world.agenda.Step(until)) ++steps;
  EXPECT_LT(steps, 100);  // The scanner's rounds and one timer.
  EXPECT_EQ(world.engine->counts().live_txns, 0u);
  EXPECT_EQ(world.Stored("g").txn.version, 6u);
}

TEST(TwoPhaseEngineTest, ACrowdOfPreparedOnesLeavesRoomForNewWork) {
  World world;
  world.config.limits.live_txns = 100;
  world.Restart();
  for (int i = 0; i < 500; ++i) {
    const auto answer = world.Prepare(World::Request(Model::kTcc, "g" + std::to_string(i)));
    world.Run(milliseconds(3));
    ASSERT_EQ(KindOf(answer), kSuccess) << i;
    ASSERT_LE(world.engine->counts().live_txns, 52u) << i;
  }
  world.Run(seconds(3));
  EXPECT_EQ(world.engine->counts().live_txns, 0u);
  world.Run(seconds(60));
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(world.Status("g" + std::to_string(i)), TxnStatus::kFailed) << i;
  }
}

// One whose deadline is near is not parked: it must not be let go either, crowd or not.
TEST(TwoPhaseEngineTest, AShortDeadlineIsKeptAlsoInACrowd) {
  World world;
  world.config.limits.live_txns = 20;
  world.Restart();
  world.participant.scripts["a1"] = {kSilent};
  Terms patient;
  patient.request_timeout = seconds(30);
  for (int i = 0; i < 15; ++i) world.Submit(World::Saga("s" + std::to_string(i), 1, patient));
  Terms terms;
  terms.timeout_to_fail = seconds(1);
  world.PrepareWith(Model::kTcc, "g", 1, terms);
  world.Run(milliseconds(1'050));
  EXPECT_EQ(world.Status("g"), TxnStatus::kFailed);
  EXPECT_EQ(world.participant.Count("01/cancel"), 1u);
}

TEST(TwoPhaseEngineTest, ARestartInEachPhaseGoesOnWhereTheRecordStands) {
  World world;
  world.PrepareWith(Model::kTcc, "prepared", 2);
  world.Restart();
  const auto branch = world.Register(World::Branch(Model::kTcc, "prepared", "03"));
  const auto repeat = world.Register(World::Branch(Model::kTcc, "prepared", "01"));
  world.Run();
  EXPECT_EQ(KindOf(branch), kSuccess);
  EXPECT_EQ(KindOf(repeat), kSuccess);
  EXPECT_EQ(world.Stored("prepared").txn.registered.size(), 3u);

  world.participant.scripts["a02"] = {kSilent, {}};
  world.Submit(World::Request(Model::kTcc, "prepared"));
  world.Run();
  EXPECT_EQ(world.Status("prepared"), TxnStatus::kSubmitted);
  world.Restart();
  world.Run(seconds(1));
  EXPECT_EQ(world.Status("prepared"), TxnStatus::kSucceed);
  EXPECT_THAT(CallsOf(world), ElementsAre("03/confirm", "02/confirm", "02/confirm", "01/confirm"));

  world.PrepareWith(Model::kXa, "aborted", 2);
  world.participant.calls.clear();
  world.participant.scripts["c02"] = {kSilent, {}};
  world.Abort({"aborted", Model::kXa, ""});
  world.Run();
  world.Restart();
  world.Run(seconds(1));
  EXPECT_EQ(world.Status("aborted"), TxnStatus::kFailed);
  EXPECT_THAT(CallsOf(world), ElementsAre("01/rollback", "02/rollback", "02/rollback"));
}

TEST(TwoPhaseEngineTest, ADeadlineThatPassedWhileNobodyRanIsActedOnAtOnce) {
  World world;
  world.PrepareWith(Model::kTcc, "g", 1);
  world.Crash();
  world.agenda.Add(seconds(60), [] {});
  world.Run(seconds(60));
  world.Restart();
  world.Run(milliseconds(100));
  EXPECT_EQ(world.Status("g"), TxnStatus::kFailed);
}

TEST(TwoPhaseEngineTest, AForcedStopEndsItInEveryState) {
  World world;
  world.PrepareWith(Model::kTcc, "prepared", 1);
  world.participant.scripts["a01"] = {{Outcome::kUnknown, ""}};
  world.PrepareWith(Model::kTcc, "submitted", 1);
  world.Submit(World::Request(Model::kTcc, "submitted"));
  world.Run();
  const auto first = world.ForceStop("prepared");
  const auto second = world.ForceStop("submitted");
  world.Run(seconds(60));
  EXPECT_EQ(KindOf(first), kSuccess);
  EXPECT_EQ(KindOf(second), kSuccess);
  for (const char* gid : {"prepared", "submitted"}) {
    EXPECT_EQ(world.Status(gid), TxnStatus::kFailed);
  }
  EXPECT_EQ(world.participant.Count("01/cancel"), 0u);
  EXPECT_EQ(world.participant.Count("01/confirm"), 1u);
}

// Another instance has decided meanwhile: the request is judged again, on the record as it is.
TEST(TwoPhaseEngineTest, ARefusedRegistrationIsJudgedAgainOnTheRecord) {
  World world;
  world.PrepareWith(Model::kTcc, "g", 1);
  world.WriteAsAnother("g", [](Txn& txn) { txn.status = TxnStatus::kAborting; });
  const auto answer = world.Register(World::Branch(Model::kTcc, "g", "02"));
  world.Run(seconds(1));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ(KindOf(answer), kFailure);
  EXPECT_EQ(world.Stored("g").txn.registered.size(), 1u);
}

TEST(TwoPhaseEngineTest, ARefusedRegistrationOfTheSameBranchIsNotDoubled) {
  World world;
  world.PrepareWith(Model::kTcc, "g", 1);
  world.WriteAsAnother("g", [](Txn& txn) {
    txn.registered.push_back(World::Branch(Model::kTcc, "g", "02").step);
    txn.branches.emplace_back();
  });
  const auto answer = world.Register(World::Branch(Model::kTcc, "g", "02"));
  world.Run(seconds(1));
  EXPECT_EQ(KindOf(answer), kSuccess);
  EXPECT_EQ(world.Stored("g").txn.registered.size(), 2u);
}

TEST(TwoPhaseEngineTest, ARefusedWaitedSubmitIsAnsweredOnceWithTheReason) {
  World world;
  world.PrepareWith(Model::kTcc, "g", 1);
  world.WriteAsAnother("g", [](Txn& txn) {
    txn.status = TxnStatus::kAborting;
    txn.rollback_reason = "the other one";
  });
  const auto answer = world.Submit(World::Request(Model::kTcc, "g", Waiting()));
  world.Run(seconds(1));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ(KindOf(answer), kFailure);
  EXPECT_THAT(answer->value().message, HasSubstr("the other one"));
}

TEST(TwoPhaseEngineTest, ARegistrationOfUnknownOutcomeIsToldSoAndSettled) {
  for (const CommitFault fault : {CommitFault::kLostAnswer, CommitFault::kLostRequest}) {
    World world;
    world.PrepareWith(Model::kTcc, "g", 1);
    world.store->InjectFault(fault);
    const auto answer = world.Register(World::Branch(Model::kTcc, "g", "02"));
    world.Run(seconds(1));
    EXPECT_EQ(KindOf(answer), Answer::Kind::kUnavailable);
    const auto again = world.Register(World::Branch(Model::kTcc, "g", "02"));
    world.Run();
    EXPECT_EQ(KindOf(again), kSuccess);
    EXPECT_EQ(world.Stored("g").txn.registered.size(), 2u);
  }
}

}  // namespace
}  // namespace treaty::testing
