// What the engine does at its limits (docs/limits.md).

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "engine/entry.h"
#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(LimitsTest, ReadsBeyondTheWaitingOnesAreRefused) {
  World world;
  world.config.limits.waiting_reads = 2;
  world.Restart();
  std::vector<Code> codes;
  for (int i = 0; i < 3; ++i) {
    world.engine->Query("g", [&](const Result<std::optional<StoredTxn>>& found) {
      codes.push_back(found.status().code());
    });
  }
  world.Run();
  EXPECT_EQ(std::ranges::count(codes, Code::kOk), 2);
  EXPECT_EQ(std::ranges::count(codes, Code::kResourceExhausted), 1);
  codes.clear();
  world.engine->Query("g", [&](const Result<std::optional<StoredTxn>>& found) {
    codes.push_back(found.status().code());
  });
  world.Run();
  EXPECT_EQ(codes, std::vector<Code>{Code::kOk});
}

// The commit takes a millisecond; what comes meanwhile waits.
TEST(LimitsTest, NewWorkBeyondTheQueuedWritesIsRefused) {
  World world;
  world.config.limits.queued_writes = 2;
  world.Restart();
  std::vector<World::AnswerPlace> answers;
  for (int i = 0; i < 3; ++i) {
    answers.push_back(world.Submit(World::Saga("g" + std::to_string(i), 1)));
  }
  world.Run();
  EXPECT_EQ(answers[0]->value().kind, Answer::Kind::kSuccess);
  EXPECT_EQ(answers[1]->value().kind, Answer::Kind::kSuccess);
  EXPECT_EQ(answers[2]->value().kind, Answer::Kind::kOverloaded);
  EXPECT_EQ(world.store->size(), 2u);
  const auto later = world.Submit(World::Saga("g2", 1));
  world.Run();
  EXPECT_EQ(later->value().kind, Answer::Kind::kSuccess);
}

TEST(LimitsTest, ABatchHasAsManyWritesAsItMay) {
  for (const auto& [most, milliseconds_needed] : {std::pair(1u, 6), std::pair(3u, 2)}) {
    World world;
    world.config.limits.batch_writes = most;
    world.Restart();
    std::size_t answered = 0;
    Time last = kNever;
    const Time start = world.agenda.now();
    for (int i = 0; i < 6; ++i) {
      world.engine->Prepare(World::Saga("g" + std::to_string(i), 1), [&](const Answer&) {
        ++answered;
        last = world.agenda.now();
      });
    }
    world.Run();
    EXPECT_EQ(answered, 6u);
    EXPECT_GE(last - start, milliseconds(milliseconds_needed)) << most;
    EXPECT_LE(last - start, milliseconds(milliseconds_needed + 1)) << most;
  }
}

// Whoever has gone waits for ever: the number of those who wait for one transaction is bounded.
TEST(LimitsTest, WhoHasWaitedLongestIsSentAwayWhereManyWaitForOneTransaction) {
  World world;
  world.participant.scripts["a1"] = {{Outcome::kSuccess, "", seconds(2)}};
  std::vector<World::AnswerPlace> answers;
  Terms terms;
  terms.wait_result = true;
  for (std::size_t i = 0; i < kMostWaiters + 5; ++i) {
    answers.push_back(world.Submit(World::Saga("g", 1, terms)));
    world.Run(milliseconds(5));
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    ASSERT_EQ(answers[i]->has_value(), i < 5) << i;
    if (i < 5) {
      EXPECT_EQ((*answers[i])->kind, Answer::Kind::kOngoing) << i;
    }
  }
  world.Run(seconds(5));
  for (std::size_t i = 5; i < answers.size(); ++i) {
    ASSERT_TRUE(answers[i]->has_value()) << i;
    EXPECT_EQ((*answers[i])->kind, Answer::Kind::kSuccess) << i;
  }
}

// One that does not wait takes nobody's place.
TEST(LimitsTest, ARequestThatDoesNotWaitSendsNobodyAway) {
  World world;
  world.participant.scripts["a1"] = {{Outcome::kSuccess, "", seconds(2)}};
  std::vector<World::AnswerPlace> answers;
  Terms terms;
  terms.wait_result = true;
  for (std::size_t i = 0; i < kMostWaiters; ++i) {
    answers.push_back(world.Submit(World::Saga("g", 1, terms)));
    world.Run(milliseconds(5));
  }
  for (int i = 0; i < 3; ++i) {
    const auto reset = world.ResetNextCronTime("g");
    world.Run(milliseconds(5));
    EXPECT_TRUE(reset->has_value());
  }
  for (const auto& answer : answers) EXPECT_FALSE(answer->has_value());
}

}  // namespace
}  // namespace treaty::testing
