// After a crash the coordinator goes on where the record stands.

#include <gtest/gtest.h>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RecoveryTest, ACallInFlightAtTheCrashIsMadeAgain) {
  World world;
  world.participant.scripts["a2"] = {kSilent, {}};
  world.Submit(World::Saga("g1", 2));
  world.Run();
  world.Restart();
  world.Run(seconds(1));
  EXPECT_EQ(world.Status("g1"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.Count("01/action"), 1u);
  EXPECT_EQ(world.participant.Count("02/action"), 2u);
}

TEST(RecoveryTest, AStepThatAFormerProcessMayHaveCalledIsCompensated) {
  World world;
  Terms terms;
  terms.timeout_to_fail = seconds(5);
  world.participant.scripts["a1"] = {kSilent};
  world.Submit(World::Saga("g1", 2, terms));
  world.Run();
  world.Crash();
  world.agenda.Add(seconds(20), [] {});
  world.Run(seconds(20));
  world.Restart();
  world.Run(seconds(60));
  EXPECT_EQ(world.Status("g1"), TxnStatus::kFailed);
  EXPECT_EQ(world.participant.Count("01/compensate"), 1u);
  EXPECT_EQ(world.participant.Count("02/compensate"), 0u);
}

// A sleeper that was due may have been called by the process that crashed before it wrote
// anything: compensation waits for as long as that call can last, even where this is longer than
// a transaction stays in memory.
TEST(RecoveryTest, ADueSleeperIsHeldBackLikeAnOwnedOne) {
  World world;
  Terms terms;
  terms.retry_interval = seconds(60);
  terms.request_timeout = seconds(10);
  terms.timeout_to_fail = seconds(70);
  world.participant.scripts["a1"] = {{Outcome::kOngoing, ""}, kSilent};
  world.Submit(World::Saga("g1", 1, terms));
  world.Run(seconds(65));
  ASSERT_EQ(world.participant.Count("01/action"), 2u);
  ASSERT_TRUE(world.Stored("g1").owner.empty());
  world.Crash();
  world.agenda.Add(seconds(10), [] {});
  world.Run(seconds(10));
  world.Restart();
  const Time restarted = world.agenda.now();

  world.Run(seconds(120));

  EXPECT_EQ(world.Status("g1"), TxnStatus::kFailed);
  ASSERT_EQ(world.participant.Count("01/compensate"), 1u);
  EXPECT_GE(world.participant.calls.back().first, restarted + seconds(10));
}

TEST(RecoveryTest, EverythingUnfinishedFinishesWithinTheLiveLimit) {
  World world;
  world.config.limits.live_txns = 3000;
  world.Restart();
  world.participant.scripts["a1"] = {kSilent};
  for (int i = 0; i < 2000; ++i) world.Submit(World::Saga("g" + std::to_string(i), 1));
  world.Run();
  world.participant.scripts["a1"] = {{}};
  world.config.limits.live_txns = 100;
  world.Restart();
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    world.Run(milliseconds(1));
    most = std::max(most, world.engine->counts().live_txns);
  }
  EXPECT_LE(most, 125u);
  for (int i = 0; i < 2000; ++i) {
    ASSERT_EQ(world.Status("g" + std::to_string(i)), TxnStatus::kSucceed);
  }
}

TEST(RecoveryTest, ASleeperSurvivesTheCrashInTheDueIndex) {
  World world;
  world.participant.scripts["a1"] = {{Outcome::kUnknown, "status 500"}, {}};
  world.Submit(World::Saga("g1", 1));
  world.Run(seconds(1));
  EXPECT_EQ(world.engine->counts().live_txns, 0u);
  EXPECT_TRUE(world.Stored("g1").owner.empty());
  world.Restart();
  world.Run(seconds(60));
  EXPECT_EQ(world.Status("g1"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.Count("01/action"), 2u);
}

}  // namespace
}  // namespace treaty::testing
