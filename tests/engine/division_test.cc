// One write that cannot be stored delays nobody but itself.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kMany = 100;

std::string Gid(int i) { return "g" + std::to_string(i); }

class Division : public ::testing::Test {
 protected:
  Division() {
    world_.participant.scripts["a1"] = {{Outcome::kSuccess, "", milliseconds(50)}};
    for (int i = 0; i < kMany; ++i) world_.Submit(World::Saga(Gid(i), 2));
    world_.Run(milliseconds(20));
  }

  std::size_t Unfinished() {
    std::size_t count = 0;
    for (int i = 0; i < kMany; ++i) count += world_.Status(Gid(i)) == TxnStatus::kSucceed ? 0 : 1;
    return count;
  }
  std::uint64_t Failed() { return world_.engine->meters().commit.failed.count(); }

  World world_;
};

class DivisionTest : public Division, public ::testing::WithParamInterface<Code> {};

// Whoever it is, first, last or any; the outcome that it carries is stored in the end, once.
TEST_P(DivisionTest, AnOutcomeThatCannotBeStoredKeepsNobodyElse) {
  const std::vector<int> culprits = {0, 41, 42, kMany - 1};
  for (const int i : culprits) world_.store->FailWritesOf(Gid(i), {GetParam(), "in the way"});
  world_.Run(milliseconds(200));
  EXPECT_EQ(Unfinished(), culprits.size());
  EXPECT_LT(Failed(), 60u);
  world_.Run(seconds(60));
  EXPECT_EQ(Unfinished(), culprits.size());
  EXPECT_LT(Failed(), 300u) << "tried again, but not without a pause";

  for (const int i : culprits) world_.store->FailWritesOf(Gid(i), Status());
  world_.Run(seconds(6));
  EXPECT_EQ(Unfinished(), 0u);
  EXPECT_EQ(world_.participant.Count("01/action"), static_cast<std::size_t>(kMany));
  EXPECT_EQ(world_.participant.Count("02/action"), static_cast<std::size_t>(kMany));
}

TEST_P(DivisionTest, ARequestThatCannotBeStoredEndsAlone) {
  world_.Run(seconds(1));
  world_.store->FailWritesOf("bad", {GetParam(), "in the way"});
  std::vector<World::AnswerPlace> answers;
  for (int i = 0; i < kMany; ++i) answers.push_back(world_.Submit(World::Saga("new" + Gid(i), 1)));
  const auto bad = world_.Submit(World::Saga("bad", 1));
  for (int i = 0; i < kMany; ++i) answers.push_back(world_.Submit(World::Saga("old" + Gid(i), 1)));
  world_.Run(milliseconds(200));
  for (const auto& answer : answers) EXPECT_EQ(answer->value().kind, Answer::Kind::kSuccess);
  const bool passes = GetParam() == Code::kBlocked;
  EXPECT_EQ(bad->value().kind, passes ? Answer::Kind::kUnavailable : Answer::Kind::kBroken);
  world_.store->FailWritesOf("bad", Status());
  world_.Run(seconds(10));
  EXPECT_FALSE(world_.store->Load("bad")->has_value()) << "its client was told";
  EXPECT_EQ(world_.engine->counts().live_txns, 0u);
}

TEST_P(DivisionTest, TheCulpritsOwnClientsAreAnsweredInTime) {
  world_.store->FailWritesOf(Gid(5), {GetParam(), "in the way"});
  world_.Run(seconds(10));
  const auto stop = world_.ForceStop(Gid(5));
  const auto reset = world_.ResetNextCronTime(Gid(5));
  world_.Run(seconds(5));
  ASSERT_TRUE(stop->has_value());
  ASSERT_TRUE(reset->has_value());
  world_.store->FailWritesOf(Gid(5), Status());
  world_.Run(seconds(10));
  EXPECT_EQ(world_.Status(Gid(5)), TxnStatus::kSucceed) << "the stop was refused";
}

TEST_P(DivisionTest, AnEditOfATopicThatCannotBeStoredEndsAlone) {
  world_.Subscribe("good", {"http://h/1"});
  world_.store->FailWritesOf("bad", {GetParam(), "in the way"});
  const auto bad = world_.EditTopic({TopicEdit::Kind::kSubscribe, "bad", {"http://h/1", ""}});
  const auto good = world_.EditTopic({TopicEdit::Kind::kSubscribe, "good", {"http://h/2", ""}});
  world_.Run(milliseconds(500));
  EXPECT_NE(bad->value().kind, Answer::Kind::kSuccess);
  EXPECT_EQ(good->value().kind, Answer::Kind::kSuccess);
}

// However many they are and wherever they stand, they end for themselves, and soon.
TEST_P(DivisionTest, ManyThatCannotBeStoredEndAlone) {
  world_.Run(seconds(1));
  const std::vector<std::pair<std::string, std::function<bool(int)>>> wrong = {
      {"one", [](int i) { return i == 7; }},
      {"first 33", [](int i) { return i < 33; }},
      {"last 64", [](int i) { return i >= 36; }},
      {"all", [](int) { return true; }},
      {"every other", [](int i) { return i % 2 == 0; }},
      {"all but the last", [](int i) { return i < 99; }},
  };
  for (const auto& [name, is_wrong] : wrong) {
    const auto gid = [&start = name](int i) { return start + std::to_string(i); };
    std::vector<World::AnswerPlace> answers;
    for (int i = 0; i < kMany; ++i) {
      if (is_wrong(i)) world_.store->FailWritesOf(gid(i), {GetParam(), "in the way"});
    }
    for (int i = 0; i < kMany; ++i) answers.push_back(world_.Submit(World::Saga(gid(i), 1)));
    world_.Run(seconds(1));
    const bool passes = GetParam() == Code::kBlocked;
    const auto refused = passes ? Answer::Kind::kUnavailable : Answer::Kind::kBroken;
    for (int i = 0; i < kMany; ++i) {
      const auto& answer = *answers[static_cast<std::size_t>(i)];
      ASSERT_TRUE(answer.has_value()) << name << i;
      EXPECT_EQ(answer->kind, is_wrong(i) ? refused : Answer::Kind::kSuccess) << name << i;
    }
  }
}

// What has to be stored in the end is kept, and what comes meanwhile goes on beside it.
TEST_P(DivisionTest, ManyOutcomesThatCannotBeStoredKeepNobodyElse) {
  world_.log.least = LogLevel::kWarn;
  for (int i = 0; i < kMany - 1; ++i)
    world_.store->FailWritesOf(Gid(i), {GetParam(), "in the way"});
  for (int round = 0; round < 10; ++round) {
    world_.Run(seconds(6));
    const auto answer = world_.Submit(World::Saga("new" + Gid(round), 1));
    world_.Run(seconds(1));
    ASSERT_TRUE(answer->has_value());
    EXPECT_EQ(answer->value().kind, Answer::Kind::kSuccess) << answer->value().message;
  }
  EXPECT_EQ(Unfinished(), static_cast<std::size_t>(kMany - 1));
  EXPECT_LT(world_.log.lines.size(), 60U) << "named, but not each of them each time";
  EXPECT_GE(world_.log.lines.size(), 20U);
  for (int i = 0; i < kMany; ++i) world_.store->FailWritesOf(Gid(i), Status());
  world_.Run(seconds(8));
  EXPECT_EQ(Unfinished(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Whatever, DivisionTest,
                         ::testing::Values(Code::kBlocked, Code::kInvalidArgument,
                                           Code::kInternal));

using DivisionsTest = Division;

// Where the outcome of a batch was unknown, what is in the way stays what has to be settled.
TEST_F(DivisionsTest, WhatIsBeingSettledIsDividedToo) {
  world_.Run(milliseconds(25));
  world_.store->InjectFault(CommitFault::kLostAnswer);
  world_.Run(milliseconds(10));
  world_.store->FailWritesOf(Gid(7), {Code::kBlocked, "locked"});
  world_.Run(seconds(3));
  EXPECT_LE(Unfinished(), 1u);
  world_.store->FailWritesOf(Gid(7), Status());
  world_.Run(seconds(10));
  EXPECT_EQ(Unfinished(), 0u);
  EXPECT_EQ(world_.participant.Count("01/action"), static_cast<std::size_t>(kMany));
}

TEST_F(DivisionsTest, AStoreThatTakesNothingIsNotAskedForEachOne) {
  world_.store->FailWritesOf("", {Code::kUnavailable, "away"});
  world_.Run(seconds(10));
  EXPECT_EQ(Unfinished(), static_cast<std::size_t>(kMany));
  EXPECT_LT(Failed(), 20u);
  world_.store->FailWritesOf("", Status());
  world_.Run(seconds(2));
  EXPECT_EQ(Unfinished(), 0u);
}

// Its words are those of a mistake, but it makes it with everything.
TEST_F(DivisionsTest, NorIsOneThatIsMistakenAboutEverything) {
  world_.store->FailWritesOf("", {Code::kInternal, "no such table"});
  world_.Run(seconds(10));
  EXPECT_LT(Failed(), 800u);
  const auto answer = world_.Submit(World::Saga("new", 1));
  world_.Run(seconds(5));
  ASSERT_TRUE(answer->has_value());
  world_.store->FailWritesOf("", Status());
  world_.Run(seconds(10));
  EXPECT_EQ(Unfinished(), 0u);
}

// What sleeps is found by the due index, and stays there until it can be claimed.
TEST(DivisionOfSleepersTest, OneThatCannotBeClaimedKeepsNoOtherAsleep) {
  for (const bool leased : {false, true}) {
    World world;
    world.leased = leased;
    world.Restart();
    Terms terms;
    terms.retry_interval = seconds(10);
    world.participant.scripts["a1"] = {{Outcome::kOngoing, ""}, {Outcome::kOngoing, ""}, {}};
    world.Submit(World::Saga("locked", 1, terms));
    world.Submit(World::Saga("free", 1, terms));
    world.Run(seconds(1));
    world.store->FailWritesOf("locked", {Code::kBlocked, "locked"});
    world.Run(seconds(16));
    EXPECT_EQ(world.Status("free"), TxnStatus::kSucceed);
    terms.retry_interval = seconds(10);
    world.participant.scripts["a1"] = {{Outcome::kOngoing, ""}, {}};
    world.Submit(World::Saga("later", 1, terms));
    world.Run(seconds(14));
    EXPECT_EQ(world.Status("later"), TxnStatus::kSucceed);
    world.store->FailWritesOf("locked", Status());
    world.Run(seconds(20));
    EXPECT_EQ(world.Status("locked"), TxnStatus::kSucceed);
  }
}

}  // namespace
}  // namespace treaty::testing
