// When things happen: retries to the millisecond, long sleeps outside memory, few writes.

#include <gtest/gtest.h>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TimingTest, ALongSleeperLeavesMemoryAndIsCalledToTheMillisecond) {
  World world;
  Terms terms;
  terms.retry_interval = seconds(60);
  world.participant.scripts["a1"] = {{Outcome::kOngoing, ""}, {}};
  world.Submit(World::Saga("g1", 1, terms));
  world.Run(seconds(1));
  EXPECT_EQ(world.engine->counts().live_txns, 0u);
  const Time due = world.Stored("g1").txn.due;

  world.Run(seconds(100));

  ASSERT_EQ(world.participant.calls.size(), 2u);
  EXPECT_EQ(world.participant.calls[1].first, due);
  EXPECT_EQ(world.Status("g1"), TxnStatus::kSucceed);
}

TEST(TimingTest, ATimeoutActsAtItsMomentAlsoWhileACallHangs) {
  World world;
  Terms terms;
  terms.timeout_to_fail = seconds(2);
  terms.request_timeout = seconds(30);
  world.participant.scripts["a1"] = {kSilent};
  world.Submit(World::Saga("g1", 1, terms));
  world.Run(milliseconds(1'990));
  EXPECT_EQ(world.Status("g1"), TxnStatus::kSubmitted);
  world.Run(milliseconds(30));
  EXPECT_EQ(world.Status("g1"), TxnStatus::kAborting);
  EXPECT_EQ(world.participant.Count("01/compensate"), 0u);  // The action is still under way.
  world.Run(seconds(40));
  EXPECT_EQ(world.Status("g1"), TxnStatus::kFailed);
}

TEST(TimingTest, ATwoBranchSagaCostsThreeWritesAndTwoWhenWrittenBehind) {
  World world;
  world.Submit(World::Saga("durable", 2));
  Terms behind;
  behind.progress = ProgressMode::kBehind;
  world.Submit(World::Saga("behind", 2, behind));
  world.Run();
  EXPECT_EQ(world.Stored("durable").txn.version, 3u);
  EXPECT_EQ(world.Stored("behind").txn.version, 2u);
}

TEST(TimingTest, ASuccessWrittenBehindIsStoredSoonWhenNothingOvertakesIt) {
  World world;
  Terms behind;
  behind.progress = ProgressMode::kBehind;
  behind.request_timeout = seconds(30);
  world.participant.scripts["a2"] = {kSilent};
  world.Submit(World::Saga("g1", 2, behind));
  world.Run(milliseconds(20));
  EXPECT_EQ(world.Stored("g1").txn.branches[0].action, BranchStatus::kPrepared);
  world.Run(milliseconds(80));
  EXPECT_EQ(world.Stored("g1").txn.branches[0].action, BranchStatus::kSucceed);
}

TEST(TimingTest, AResetMakesSleepersDueNow) {
  World world;
  Terms terms;
  terms.retry_interval = seconds(3600);
  world.participant.scripts["a1"] = {
      {Outcome::kOngoing, ""}, {Outcome::kOngoing, ""}, {Outcome::kOngoing, ""}, {}};
  for (const char* gid : {"g1", "g2", "g3"}) world.Submit(World::Saga(gid, 1, terms));
  world.Run(seconds(1));
  std::optional<Engine::ResetReport> report;
  world.engine->ResetCronTime(seconds(100), 2,
                              [&](const Result<Engine::ResetReport>& result) { report = *result; });
  world.Run(seconds(1));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->succeed_count, 2u);
  EXPECT_TRUE(report->has_remaining);
  EXPECT_EQ(world.participant.calls.size(), 5u);
}

// A delayed message and a prepared transaction wait for no attempt: they stand in nobody's way.
TEST(TimingTest, AResetPassesOverWhatSleepsForAnotherReason) {
  World world;
  Terms delayed;
  delayed.delay = seconds(2'000);
  for (int i = 0; i < 7; ++i) {
    world.Submit(World::Request(Model::kMessage, "m" + std::to_string(i), delayed));
  }
  Terms terms;
  terms.retry_interval = seconds(3600);
  world.participant.scripts["a1"] = {
      {Outcome::kOngoing, ""}, {Outcome::kOngoing, ""}, {Outcome::kOngoing, ""}, {}, {}, {}};
  for (const char* gid : {"g1", "g2", "g3"}) world.Submit(World::Saga(gid, 1, terms));
  world.Run(seconds(1));
  const auto reset = [&world](std::size_t limit) {
    std::optional<Engine::ResetReport> report;
    world.engine->ResetCronTime(seconds(100), limit, [&](const auto& result) { report = *result; });
    world.Run(seconds(1));
    return report;
  };
  const auto first = reset(2);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->succeed_count, 2u);
  EXPECT_TRUE(first->has_remaining);
  const auto second = reset(2);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->succeed_count, 1u);
  EXPECT_FALSE(second->has_remaining);
  EXPECT_EQ(world.participant.calls.size(), 6u);
}

// However many sleep, no more come into memory than there is room for (a quarter over the limit).
TEST(TimingTest, AResetOfManyKeepsTheLiveLimit) {
  World world;
  world.config.limits.live_txns = 8;
  world.Restart();
  Terms terms;
  terms.retry_interval = seconds(3600);
  auto& script = world.participant.scripts["a1"];
  script.assign(20, {Outcome::kOngoing, ""});
  script.resize(100, kSilent);
  for (int i = 0; i < 20; ++i) {
    world.Submit(World::Saga("g" + std::to_string(i), 1, terms));
    world.Run(seconds(1));
  }
  ASSERT_EQ(world.engine->counts().live_txns, 0u);
  std::optional<Engine::ResetReport> report;
  world.engine->ResetCronTime(seconds(100), 20,
                              [&](const Result<Engine::ResetReport>& result) { report = *result; });
  world.Run(milliseconds(2'500));
  EXPECT_EQ(world.engine->counts().live_txns, 10u);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->succeed_count, 10u);
  EXPECT_TRUE(report->has_remaining);
}

// It sleeps outside memory, and through a crash.
TEST(TimingTest, ABusyParticipantIsNotCalledBeforeItWantsToBe) {
  for (const bool crashes : {false, true}) {
    World world;
    Terms terms;
    terms.retry_interval = seconds(1);
    world.participant.scripts["a1"] = {
        {Outcome::kUnknown, "status 503", milliseconds(1), false, seconds(100)}, {}};
    world.Submit(World::Saga("g1", 1, terms));
    world.Run(seconds(1));
    EXPECT_EQ(world.engine->counts().live_txns, 0u);
    if (crashes) world.Restart();
    world.Run(seconds(99));
    EXPECT_EQ(world.participant.calls.size(), 1u);
    world.Run(seconds(2));
    ASSERT_EQ(world.participant.calls.size(), 2u);
    EXPECT_GE(world.participant.calls[1].first - world.participant.calls[0].first, seconds(100));
    EXPECT_EQ(world.Status("g1"), TxnStatus::kSucceed);
  }
}

// Nothing is sent for an hour: no attempt is used up, and it is not tried all the time either.
TEST(TimingTest, WhatCannotBeSentIsTriedNowAndThen) {
  for (const std::uint32_t limit : {0u, 1u}) {
    World world;
    Terms terms;
    terms.retry_limit = limit;
    world.participant.scripts["a1"] = {{Outcome::kNotSent, "connect: Too many open files"}};
    world.Submit(World::Saga("g1", 1, terms));
    world.Run(seconds(3'600));
    EXPECT_EQ(world.Status("g1"), TxnStatus::kSubmitted);
    EXPECT_LE(world.participant.calls.size(), 460u);
    EXPECT_GE(world.participant.calls.size(), 10u);
    world.participant.scripts["a1"] = {{Outcome::kUnknown, "status 500"}, {}};
    world.Run(seconds(700));
    EXPECT_EQ(world.Status("g1"), TxnStatus::kSucceed);
  }
}

TEST(TimingTest, FinishedTransactionsAreDeletedWhenTheirTimeIsOver) {
  World world;
  world.config.retention = seconds(600);
  world.Restart();
  world.Submit(World::Saga("g1", 1));
  world.Run(seconds(500));
  EXPECT_EQ(world.store->size(), 1u);
  world.Run(seconds(200));
  EXPECT_EQ(world.store->size(), 0u);
}

}  // namespace
}  // namespace treaty::testing
