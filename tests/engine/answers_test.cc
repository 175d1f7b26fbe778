// What clients hear, and when: nothing before it is durable, and never more than is true.

#include <gtest/gtest.h>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Terms Waiting() {
  Terms terms;
  terms.wait_result = true;
  return terms;
}

TEST(AnswersTest, ASubmitIsAcknowledgedWhenItIsDurableAndNotBefore) {
  World world;
  const auto answer = world.Submit(World::Saga("g1", 2));
  while (!answer->has_value()) {
    ASSERT_TRUE(world.participant.calls.empty());
    ASSERT_TRUE(world.agenda.Step(world.agenda.now() + seconds(1)));
  }
  EXPECT_EQ((*answer)->kind, Answer::Kind::kSuccess);
  EXPECT_EQ(world.store->size(), 1u);
}

TEST(AnswersTest, AWaitingClientHearsSuccessOnlyWhenSucceedIsDurable) {
  World world;
  const auto answer = world.Submit(World::Saga("g1", 2, Waiting()));
  while (!answer->has_value()) ASSERT_TRUE(world.agenda.Step(world.agenda.now() + seconds(1)));
  EXPECT_EQ((*answer)->kind, Answer::Kind::kSuccess);
  EXPECT_EQ(world.Status("g1"), TxnStatus::kSucceed);
}

TEST(AnswersTest, AWaitingClientHearsTheReasonOfARollback) {
  World world;
  world.participant.scripts["a2"] = {{Outcome::kFailure, "no money"}};
  const auto answer = world.Submit(World::Saga("g1", 2, Waiting()));
  world.Run();
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->kind, Answer::Kind::kFailure);
  EXPECT_NE((*answer)->message.find("no money"), std::string::npos);
  EXPECT_EQ(world.Status("g1"), TxnStatus::kFailed);
}

TEST(AnswersTest, AWaitEndsAsOngoingAtTheFirstRest) {
  World world;
  world.participant.scripts["a1"] = {{Outcome::kOngoing, ""}, {Outcome::kSuccess, ""}};
  const auto answer = world.Submit(World::Saga("g1", 2, Waiting()));
  world.Run();
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->kind, Answer::Kind::kOngoing);
  EXPECT_EQ((*answer)->message.find("SUCCESS"), std::string::npos);
  EXPECT_EQ((*answer)->message.find("FAILURE"), std::string::npos);
}

TEST(AnswersTest, ARepeatedSubmitRunsNothingAgain) {
  World world;
  world.Submit(World::Saga("g1", 2));
  const auto while_inserting = world.Submit(World::Saga("g1", 2));
  world.Run();
  const auto when_finished = world.Submit(World::Saga("g1", 2, Waiting()));
  world.Run();
  EXPECT_EQ(while_inserting->value().kind, Answer::Kind::kSuccess);
  EXPECT_EQ(when_finished->value().kind, Answer::Kind::kSuccess);
  EXPECT_EQ(world.participant.calls.size(), 2u);
}

TEST(AnswersTest, AKnownGidWithOtherContentIsRefusedAndChangesNothing) {
  World world;
  world.Submit(World::Saga("g1", 2));
  world.Run();
  const auto version = world.Stored("g1").txn.version;
  const auto answer = world.Submit(World::Saga("g1", 3));
  world.Run();
  EXPECT_EQ(answer->value().kind, Answer::Kind::kFailure);
  EXPECT_EQ(world.Stored("g1").txn.version, version);
}

TEST(AnswersTest, APreparedSagaRunsOnlyWhenSubmitted) {
  World world;
  const auto prepared = world.Prepare(World::Saga("g1", 2));
  world.Run(seconds(60));
  EXPECT_EQ(prepared->value().kind, Answer::Kind::kSuccess);
  EXPECT_TRUE(world.participant.calls.empty());
  EXPECT_EQ(world.engine->counts().live_txns, 0u);

  const auto submitted = world.Submit(World::Saga("g1", 2, Waiting()));
  world.Run();
  EXPECT_EQ(submitted->value().kind, Answer::Kind::kSuccess);
  EXPECT_EQ(world.participant.calls.size(), 2u);
}

TEST(AnswersTest, AForcedStopStaysFinalWhateverALateReplySays) {
  World world;
  world.participant.scripts["a1"] = {{Outcome::kSuccess, "", seconds(2)}};
  const auto waiting = world.Submit(World::Saga("g1", 2, Waiting()));
  world.Run();
  const auto forced = world.ForceStop("g1");
  world.Run(seconds(10));
  EXPECT_EQ(forced->value().kind, Answer::Kind::kSuccess);
  EXPECT_EQ(waiting->value().kind, Answer::Kind::kFailure);
  EXPECT_EQ(world.Status("g1"), TxnStatus::kFailed);
  EXPECT_EQ(world.Stored("g1").txn.force.who, "operator");
  EXPECT_EQ(world.participant.calls.size(), 1u);
  const auto again = world.ForceStop("g1");
  world.Run();
  EXPECT_EQ(again->value().kind, Answer::Kind::kFailure);
}

TEST(AnswersTest, AnUnknownGidIsNotFound) {
  World world;
  const auto answer = world.ForceStop("nobody");
  world.Run();
  EXPECT_EQ(answer->value().kind, Answer::Kind::kNotFound);
  EXPECT_EQ(world.engine->counts().live_txns, 0u);
}

TEST(AnswersTest, BeyondTheLiveLimitNewWorkIsRefused) {
  World world;
  world.config.limits.live_txns = 2;
  world.Restart();
  world.participant.scripts["a1"] = {{Outcome::kSuccess, "", seconds(2)}};
  world.Submit(World::Saga("g1", 1));
  world.Submit(World::Saga("g2", 1));
  const auto third = world.Submit(World::Saga("g3", 1));
  world.Run();
  EXPECT_EQ(third->value().kind, Answer::Kind::kOverloaded);
  EXPECT_EQ(world.store->size(), 2u);
  world.Run(seconds(3));
  const auto later = world.Submit(World::Saga("g3", 1));
  world.Run();
  EXPECT_EQ(later->value().kind, Answer::Kind::kSuccess);
}

TEST(AnswersTest, StoppingLetsCallsEndCutsThemAfterTheGraceAndAnswersThoseWhoWait) {
  World world;
  world.participant.scripts["a1"] = {{Outcome::kSuccess, "", milliseconds(500)}};
  world.participant.scripts["a2"] = {kSilent};
  Terms patient = Waiting();
  patient.request_timeout = seconds(60);
  patient.concurrent = true;
  const auto waiting = world.Submit(World::Saga("g1", 2, patient));
  world.Run();
  bool stopped = false;
  world.engine->Stop(seconds(3), [&] { stopped = true; });
  world.Run(seconds(1));
  EXPECT_FALSE(stopped);
  EXPECT_EQ(world.Stored("g1").txn.branches[0].action, BranchStatus::kSucceed);
  const auto refused = world.Submit(World::Saga("g2", 1));
  world.Run(milliseconds(2'500));
  EXPECT_TRUE(stopped);
  EXPECT_EQ(refused->value().kind, Answer::Kind::kUnavailable);
  EXPECT_EQ(waiting->value().kind, Answer::Kind::kOngoing);
  EXPECT_EQ(world.Stored("g1").txn.branches[1].attempts, 1u);
}

}  // namespace
}  // namespace treaty::testing
