// What processes die of is set aside, and nothing else is (reliability G10).

#include <gtest/gtest.h>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class QuarantineTest : public ::testing::Test {
 protected:
  // A submitted saga whose first call is never answered: each crash finds it under way.
  void SubmitHanging(const std::string& gid) {
    world_.participant.scripts["a1"] = {kSilent};
    world_.Submit(World::Saga(gid, 1));
    world_.Run(milliseconds(10));
  }

  void Die(int times, Duration life = milliseconds(20)) {
    for (int i = 0; i < times; ++i) {
      world_.Restart();
      world_.Run(life);
    }
  }

  std::uint32_t Deaths(const std::string& gid) { return world_.Stored(gid).txn.deaths; }

  World world_;
};

TEST_F(QuarantineTest, AfterThreeDeathsItRests) {
  SubmitHanging("g");
  Die(2);
  EXPECT_EQ(Deaths("g"), 2u);
  EXPECT_EQ(world_.participant.calls.size(), 3u);
  Die(5);
  EXPECT_EQ(Deaths("g"), 3u);
  EXPECT_EQ(world_.participant.calls.size(), 3u);
  world_.Run(seconds(3600));
  EXPECT_EQ(world_.participant.calls.size(), 3u);
  EXPECT_EQ(world_.engine->counts().live_txns, 0u);
  EXPECT_EQ(world_.Status("g"), TxnStatus::kSubmitted);
}

TEST_F(QuarantineTest, TheOperatorReleasesIt) {
  SubmitHanging("g");
  Die(3);
  world_.participant.scripts["a1"] = {{}};
  const auto answer = world_.ResetNextCronTime("g");
  world_.Run();
  EXPECT_EQ(answer->value().kind, Answer::Kind::kSuccess);
  EXPECT_EQ(world_.Status("g"), TxnStatus::kSucceed);
  EXPECT_EQ(Deaths("g"), 0u);
}

TEST_F(QuarantineTest, TheOperatorEndsIt) {
  SubmitHanging("g");
  Die(3);
  const auto answer = world_.ForceStop("g");
  world_.Run();
  EXPECT_EQ(answer->value().kind, Answer::Kind::kSuccess);
  EXPECT_EQ(world_.Status("g"), TxnStatus::kFailed);
}

TEST_F(QuarantineTest, ItsClientsAreToldTheTruth) {
  SubmitHanging("g");
  world_.PrepareWith(Model::kTcc, "tcc", 1);
  world_.participant.scripts["c01"] = {kSilent};
  world_.Abort({"tcc", Model::kTcc, "no"});
  world_.Run(milliseconds(10));
  Die(3, milliseconds(500));
  ASSERT_EQ(Deaths("g") + Deaths("tcc"), 6u);
  Terms waits;
  waits.wait_result = true;
  const auto again = world_.Submit(World::Saga("g", 1, waits));
  const auto abort = world_.Abort({"tcc", Model::kTcc, "no", true});
  world_.Run();
  EXPECT_EQ(again->value().kind, Answer::Kind::kOngoing);
  EXPECT_EQ(abort->value().kind, Answer::Kind::kOngoing);
}

TEST_F(QuarantineTest, NoClientChangesOne) {
  Terms terms;
  terms.timeout_to_fail = seconds(1);
  world_.PrepareWith(Model::kTcc, "g", 1, terms);
  world_.WriteAsAnother("g", [](Txn& txn) { txn.deaths = kMostDeaths; });
  world_.Restart();
  const auto submit = world_.Submit(World::Request(Model::kTcc, "g"));
  const auto branch = world_.Register(World::Branch(Model::kTcc, "g", "02"));
  world_.Run(seconds(60));
  EXPECT_EQ(submit->value().kind, Answer::Kind::kUnavailable);
  EXPECT_NE(submit->value().message.find("quarantined"), std::string::npos);
  EXPECT_EQ(branch->value().kind, Answer::Kind::kUnavailable);
  EXPECT_EQ(world_.Status("g"), TxnStatus::kPrepared);
}

TEST_F(QuarantineTest, AnyProgressForgetsTheDeaths) {
  SubmitHanging("g");
  Die(2);
  ASSERT_EQ(Deaths("g"), 2u);
  world_.Run(seconds(4));  // The call times out, and its back-off is stored.
  EXPECT_EQ(Deaths("g"), 0u);
  Die(1);
  EXPECT_LE(Deaths("g"), 1u);
}

TEST_F(QuarantineTest, OnlySuspectsWaitForEachOther) {
  for (const char* gid : {"s1", "s2", "s3"}) SubmitHanging(gid);
  Die(1);
  world_.participant.scripts["a1"].push_back({});
  world_.Restart();
  world_.participant.scripts["a1"] = {kSilent};
  const auto other = world_.Submit(World::Saga("other", 1));
  world_.Run(milliseconds(100));
  EXPECT_EQ(world_.Stored("other").txn.version, 1u);
  EXPECT_EQ(world_.participant.Count("01/action"), 3u + 3u + 1u + 1u);
  EXPECT_EQ(Deaths("s1") + Deaths("s2") + Deaths("s3"), 2u + 1u + 1u);
  world_.Run(seconds(1));
  EXPECT_EQ(Deaths("s1") + Deaths("s2") + Deaths("s3"), 6u);
}

// It sleeps unowned, but its time had come: the process may have died of waking it.
TEST_F(QuarantineTest, ASleeperThatWasDueIsCountedToo) {
  Terms terms;
  terms.retry_interval = seconds(60);
  world_.participant.scripts["a1"] = {{Outcome::kOngoing, ""}, kSilent};
  world_.Submit(World::Saga("g", 1, terms));
  world_.Run(seconds(1));
  world_.Crash();
  world_.agenda.Add(seconds(90), [] {});
  world_.Run(seconds(90));
  Die(1);
  EXPECT_EQ(Deaths("g"), 1u);
  Die(3);
  EXPECT_EQ(Deaths("g"), 3u);
}

TEST_F(QuarantineTest, ASleeperThatIsNotDueIsNot) {
  Terms terms;
  terms.retry_interval = seconds(600);
  world_.participant.scripts["a1"] = {{Outcome::kOngoing, ""}};
  world_.Submit(World::Saga("g", 1, terms));
  world_.Run(seconds(5));
  Die(4);
  EXPECT_EQ(Deaths("g"), 0u);
}

}  // namespace
}  // namespace treaty::testing
