// Who gets in when there is little room, and how room is made.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kHeavy = 100'000;

// A saga of one step at `url`.
TxnRequest At(const std::string& url, const std::string& gid, std::size_t payload = 2,
              Terms terms = {}) {
  TxnRequest request = World::Saga(gid, 1, std::move(terms));
  auto body = std::make_shared<Body>(*request.body);
  body->steps[0].action = url;
  body->steps[0].payload = std::string(payload, 'x');
  request.body = std::move(body);
  return request;
}

Terms EverySecond() {
  Terms terms;
  terms.retry_interval = seconds(1);
  return terms;
}

// Waits for a silent participant for as long as a test takes.
Terms Patient() {
  Terms terms;
  terms.request_timeout = seconds(3'600);
  return terms;
}

class RoomTest : public ::testing::Test {
 protected:
  // Starts anew with room for so many.
  void Allow(std::size_t live_txns) {
    world_.config.limits.live_txns = live_txns;
    world_.Restart();
  }

  // Submits; returns what it is answered.
  Answer::Kind Submit(TxnRequest request) {
    const auto answer = world_.Submit(std::move(request));
    world_.Run(milliseconds(20));
    return answer->value().kind;
  }

  // How many of `count` are taken, each after some time.
  std::size_t SubmitMany(const std::string& url, std::size_t count, const Terms& terms = {}) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const Answer::Kind kind = Submit(At(url, "g" + std::to_string(last_++), 2, terms));
      EXPECT_TRUE(kind == Answer::Kind::kSuccess || kind == Answer::Kind::kOverloaded);
      taken += kind == Answer::Kind::kSuccess ? 1 : 0;
    }
    return taken;
  }

  World world_;
  std::size_t last_ = 0;
};

TEST_F(RoomTest, TransactionsAreWeighed) {
  world_.config.limits.live_bytes = 10 * kHeavy;
  world_.Restart();
  world_.participant.scripts["silent"] = {kSilent};
  const Terms patient = Patient();
  std::size_t taken = 0;
  for (int i = 0; i < 20; ++i) {
    taken +=
        Submit(At("silent", "g" + std::to_string(i), kHeavy, patient)) == Answer::Kind::kSuccess
            ? 1
            : 0;
  }
  EXPECT_GE(taken, 8U);
  EXPECT_LE(taken, 10U);
  EXPECT_LE(world_.engine->counts().live_bytes, 11 * kHeavy);
  EXPECT_EQ(world_.store->size(), taken) << "what is refused is not stored";
}

TEST_F(RoomTest, WhatIsRegisteredIsWeighedToo) {
  world_.PrepareWith(Model::kTcc, "g", 1);
  const std::size_t before = world_.engine->counts().live_bytes;
  world_.Register(World::Branch(Model::kTcc, "g", "02", std::string(kHeavy, 'x')));
  world_.Run(milliseconds(20));
  EXPECT_GE(world_.engine->counts().live_bytes, before + kHeavy);
  world_.Run(seconds(3));
  EXPECT_EQ(world_.engine->counts().live_txns, 0U);
  EXPECT_EQ(world_.engine->counts().live_bytes, 0U);
}

TEST_F(RoomTest, RecoveryKeepsTheLimitOfBytesAndForgetsNothing) {
  world_.participant.scripts["a"] = {kSilent};
  for (int i = 0; i < 200; ++i) world_.Submit(At("a", "g" + std::to_string(i), kHeavy));
  world_.Run(milliseconds(50));
  world_.participant.scripts["a"] = {{}};
  world_.config.limits.live_bytes = 20 * kHeavy;
  world_.config.limits.branch_bytes = kHeavy;
  world_.Restart();
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    world_.Run(milliseconds(1));
    most = std::max(most, world_.engine->counts().live_bytes);
  }
  EXPECT_LE(most, 27 * kHeavy);
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(world_.Status("g" + std::to_string(i)), TxnStatus::kSucceed) << i;
  }
  EXPECT_EQ(world_.engine->counts().live_bytes, 0U);
}

// They are asked again every second, so that none would ever leave by itself.
TEST_F(RoomTest, SleepersAreParkedByNeedAndComeBack) {
  Allow(160);
  world_.participant.scripts["busy"] = {{Outcome::kOngoing, ""}};
  EXPECT_EQ(SubmitMany("busy", 600, EverySecond()), 600U);
  EXPECT_LE(world_.engine->counts().live_txns, 160U);
  ASSERT_EQ(world_.store->size(), 600U);
  const std::size_t before = world_.participant.calls.size();
  for (int i = 0; i < 100; ++i) {
    world_.Run(milliseconds(100));
    ASSERT_LE(world_.engine->counts().live_txns, 200U);
  }
  EXPECT_GE(world_.participant.calls.size(), before + 600) << "all are asked again and again";
  world_.participant.scripts["busy"] = {{}};
  world_.Run(seconds(10));
  for (std::size_t i = 0; i < last_; ++i) {
    ASSERT_EQ(world_.Status("g" + std::to_string(i)), TxnStatus::kSucceed) << i;
  }
  EXPECT_EQ(world_.engine->counts().live_txns, 0U);
}

TEST_F(RoomTest, SleepersAreParkedByNeedOfBytes) {
  world_.config.limits.live_bytes = 16 * kHeavy;
  world_.Restart();
  world_.participant.scripts["busy"] = {{Outcome::kOngoing, ""}};
  for (int i = 0; i < 60; ++i) {
    ASSERT_EQ(Submit(At("busy", "g" + std::to_string(i), kHeavy, EverySecond())),
              Answer::Kind::kSuccess)
        << i;
  }
  EXPECT_LE(world_.engine->counts().live_bytes, 16 * kHeavy);
}

TEST_F(RoomTest, ThoseThatSleepLongestAreParkedFirst) {
  Allow(16);
  world_.participant.scripts["busy"] = {{Outcome::kOngoing, ""}};
  Terms longer;
  longer.retry_interval = seconds(2);
  // By the jitter some sleep for less than two seconds, the horizon, and some for more.
  SubmitMany("busy", 8, longer);
  SubmitMany("busy", 7, EverySecond());
  world_.Run(milliseconds(300));
  std::map<bool, std::vector<Time>> wakes;  // By whether it is parked.
  for (std::size_t i = 0; i < last_; ++i) {
    const StoredTxn stored = world_.Stored("g" + std::to_string(i));
    wakes[stored.owner.empty()].push_back(stored.txn.due);
  }
  ASSERT_FALSE(wakes[true].empty());
  ASSERT_FALSE(wakes[false].empty());
}

// Prepared ones are not in memory; their clients bring them there.
TEST_F(RoomTest, ClientsBringBackNoMoreThanThereIsRoomFor) {
  Allow(16);
  world_.participant.scripts["a01"] = {kSilent};
  Terms patient = Patient();
  patient.timeout_to_fail = seconds(3'600);
  for (int i = 0; i < 60; ++i) {
    world_.PrepareWith(Model::kTcc, "t" + std::to_string(i), 1, patient);
    world_.Run(seconds(3));
  }
  EXPECT_EQ(world_.engine->counts().live_txns, 0U);
  std::size_t taken = 0;
  for (int i = 0; i < 60; ++i) {
    const Answer::Kind kind = Submit(World::Request(Model::kTcc, "t" + std::to_string(i), patient));
    taken += kind == Answer::Kind::kSuccess ? 1 : 0;
  }
  EXPECT_GE(taken, 20U);
  EXPECT_LE(world_.engine->counts().live_txns, 26U);
  const auto forced = world_.ForceStop("t59");
  world_.Run();
  EXPECT_EQ(forced->value().kind, Answer::Kind::kSuccess) << "an operator is not refused";
}

TEST_F(RoomTest, WhoTakesMostIsRefusedFirst) {
  Allow(64);
  world_.participant.scripts["silent"] = {kSilent};
  const Terms patient = Patient();
  EXPECT_EQ(SubmitMany("silent", 100, patient), 61U);
  EXPECT_EQ(SubmitMany("good", 100), 100U);
  EXPECT_EQ(SubmitMany("silent", 1, patient), 0U);
}

// A hundred spellings of one are one.
TEST_F(RoomTest, WhoTakesMostIsKnownUnderEverySpelling) {
  Allow(64);
  const Terms patient = Patient();
  std::size_t taken = 0;
  for (unsigned i = 0; i < 256; ++i) {
    std::string host = "silent.example";
    for (unsigned bit = 0; bit < 6; ++bit) {
      if ((i >> bit & 1U) != 0) host[bit] = static_cast<char>(host[bit] - 'a' + 'A');
    }
    const std::string url = "http://" + host + (i % 2 != 0 ? "." : "") + (i % 3 != 0 ? ":80" : "");
    world_.participant.scripts[url] = {kSilent};
    taken += SubmitMany(url, 1, patient);
  }
  EXPECT_EQ(taken, 61U);
  EXPECT_EQ(SubmitMany("good", 100), 100U);
}

// Whoever answers gets in, however many names the others have made up.
TEST_F(RoomTest, MadeUpDestinationsShutNobodyOutWhoAnswers) {
  for (const std::size_t names : {1U, 10U, 1'000U}) {
    for (const bool first : {true, false}) {  // The good one's first, before or amid the crowd.
      world_.config.limits.live_txns = 640;
      world_.participant.scripts.clear();
      world_.Restart();
      const std::string run = std::to_string(names) + (first ? "-" : "+");
      world_.participant.scripts["good"] = {{Outcome::kSuccess, "", milliseconds(5)}};
      const Terms patient = Patient();
      if (first) {
        EXPECT_EQ(SubmitMany("good", 1), 1U);
      }
      for (std::size_t i = 0; i < 1'200; ++i) {
        const std::string url = "http://silent" + run + std::to_string(i % names) + ".example/";
        world_.participant.scripts[url] = {kSilent};
        world_.Submit(At(url, run + std::to_string(i), 2, patient));
        if (!first && i == 300) {
          EXPECT_EQ(SubmitMany("good", 1), 1U);
        }
      }
      world_.Run(milliseconds(100));
      EXPECT_GT(world_.engine->counts().live_txns, 600U);
      EXPECT_EQ(SubmitMany("good", 200), 200U) << run;
      world_.Run(seconds(300));
      EXPECT_EQ(SubmitMany("good", 200), 200U) << run << ", after a pause";
      // Many at once, and in two steps.
      std::vector<World::AnswerPlace> answers;
      for (int i = 0; i < 4; ++i) {
        TxnRequest request = World::Saga(run + "two" + std::to_string(i), 2);
        auto body = std::make_shared<Body>(*request.body);
        for (Step& step : body->steps) step.action = "good";
        request.body = std::move(body);
        answers.push_back(world_.Submit(std::move(request)));
      }
      world_.Run(milliseconds(100));
      for (const auto& answer : answers) EXPECT_EQ(answer->value().kind, Answer::Kind::kSuccess);
      // Nothing of this crowd is left to the next one.
      world_.participant.scripts.clear();
      world_.Run(std::chrono::hours(2));
      ASSERT_EQ(world_.engine->counts().live_txns, 0U);
    }
  }
}

// One that answered once and is silent now is like any other that is silent.
TEST_F(RoomTest, AnAnswerIsWorthFewPlaces) {
  Allow(640);
  const Terms patient = Patient();
  EXPECT_EQ(SubmitMany("good", 1), 1U);
  for (int i = 0; i < 20; ++i) {
    const std::string url = "http://late" + std::to_string(i) + "/";
    world_.participant.scripts[url] = {{}, kSilent};
    EXPECT_EQ(SubmitMany(url, 1), 1U);
  }
  world_.Run(seconds(30));
  for (int i = 0; i < 1'200; ++i) {
    world_.Submit(
        At("http://late" + std::to_string(i % 20) + "/", "s" + std::to_string(i), 2, patient));
  }
  world_.Run(milliseconds(100));
  EXPECT_EQ(SubmitMany("good", 200), 200U);
}

TEST_F(RoomTest, ADestinationIsKnownByTheCallThatIsWaitedFor) {
  Allow(64);
  world_.participant.scripts["silent"] = {kSilent};
  const Terms patient = Patient();
  for (int i = 0; i < 100; ++i) {
    TxnRequest request = World::Saga("two" + std::to_string(i), 2, patient);
    auto body = std::make_shared<Body>(*request.body);
    body->steps[0].action = "good";
    body->steps[1].action = "silent";
    request.body = std::move(body);
    Submit(std::move(request));
  }
  EXPECT_EQ(SubmitMany("good", 100), 100U);
}

}  // namespace
}  // namespace treaty::testing
