// What the engine counts: ends, calls, commits, and what is unfinished.

#include <gtest/gtest.h>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::seconds;

const OkOrNot& Calls(const World& world, Model model, Op op) {
  return world.engine->meters().lanes.front().calls[Index(model)][Index(op)];
}

std::uint64_t Seen(const auto& distribution) {
  Distributed all;
  distribution.AddTo(all);
  std::uint64_t seen = 0;
  for (const std::uint64_t count : all.counts) seen += count;
  return seen;
}

TEST(MetersTest, CountEveryEndOnceByItsOutcome) {
  World world;
  world.Submit(World::Saga("good", 2));
  world.Run();
  world.participant.scripts["a2"] = {{Outcome::kFailure, "no"}};
  world.Run();
  world.Submit(World::Saga("bad", 2));
  world.Run();
  world.Submit(World::Saga("bad", 2));
  world.Run();

  const LaneMeters& lane = world.engine->meters().lanes.front();
  EXPECT_EQ(lane.finished[Index(Model::kSaga)].ok.count() +
                lane.finished[Index(Model::kSaga)].fail.count(),
            2U);
  EXPECT_EQ(lane.finished[Index(Model::kSaga)].fail.count(), 1U);
  EXPECT_EQ(Seen(lane.age[Index(Model::kSaga)]), 2U);
  EXPECT_EQ(Seen(lane.age[Index(Model::kTcc)]), 0U);
}

TEST(MetersTest, CountCallsByModelOperationAndOutcome) {
  World world;
  world.participant.scripts["a2"] = {{Outcome::kFailure, "no"}};
  world.Submit(World::Saga("g", 2));
  world.Run();

  EXPECT_EQ(Calls(world, Model::kSaga, Op::kAction).ok.count(), 1U);
  EXPECT_EQ(Calls(world, Model::kSaga, Op::kAction).fail.count(), 1U);
  EXPECT_EQ(Calls(world, Model::kSaga, Op::kCompensate).fail.count(), 0U);
  EXPECT_GE(Calls(world, Model::kSaga, Op::kCompensate).ok.count(), 1U);
  EXPECT_EQ(Seen(world.engine->meters().lanes.front().call_time[Index(Outcome::kFailure)]), 1U);
}

TEST(MetersTest, CountCommitsAndThoseThatFailed) {
  World world;
  world.store->InjectFault(CommitFault::kLostRequest);
  world.Submit(World::Saga("g", 1));
  world.Run(seconds(1));

  const CommitMeters& commit = world.engine->meters().commit;
  EXPECT_EQ(commit.failed.count(), 1U);
  EXPECT_EQ(Seen(commit.time), Seen(commit.writes));
  EXPECT_GE(Seen(commit.time), 3U);
}

TEST(MetersTest, KnowTheOldestInMemoryAndTheOldestParked) {
  World world;
  world.config.census_period = seconds(1);
  world.Restart();
  const Time begun = world.agenda.now();
  Terms terms;
  terms.timeout_to_fail = seconds(1'000);
  world.Prepare(World::Request(Model::kMessage, "sleeper", terms));
  world.Run(seconds(10));
  const EngineMeters& meters = world.engine->meters();
  EXPECT_EQ(meters.parked.count.load(), 1U);
  EXPECT_EQ(meters.parked.oldest.load(), begun);
  EXPECT_EQ(meters.lanes.front().oldest.load(), kNever);

  const Time later = world.agenda.now();
  world.participant.scripts["a1"] = {kSilent};
  terms = {};
  terms.request_timeout = seconds(100);
  world.Submit(World::Saga("driven", 1, terms));
  world.Run(seconds(2));
  EXPECT_EQ(meters.lanes.front().oldest.load(), later);
  world.ForceStop("sleeper");
  world.ForceStop("driven");
  world.Run(seconds(200));
  EXPECT_EQ(meters.parked.count.load(), 0U);
  EXPECT_EQ(meters.parked.oldest.load(), kNever);
  EXPECT_EQ(meters.lanes.front().oldest.load(), kNever);
}

TEST(MetersTest, CountMoreThanOnePageOfWhatIsParked) {
  constexpr int kMany = 4'500;
  World world;
  world.config.census_period = seconds(1);
  world.Restart();
  Terms terms;
  terms.timeout_to_fail = seconds(100'000);
  for (int i = 0; i < kMany; ++i) {
    world.Prepare(World::Request(Model::kMessage, "g" + std::to_string(i), terms));
  }
  world.Run(seconds(60));
  EXPECT_EQ(world.engine->meters().parked.count.load(), static_cast<std::size_t>(kMany));
}

}  // namespace
}  // namespace treaty::testing
