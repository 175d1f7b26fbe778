// What processes crash on is set aside, and nothing else is (reliability G10).

#include <gtest/gtest.h>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class QuarantineTest : public ::testing::Test {
 protected:
  // A submitted saga whose first call is never answered.
  void SubmitHanging(const std::string& gid) {
    world_.participant.scripts["a1"] = {kSilent};
    world_.Submit(World::Saga(gid, 1));
    world_.Run(milliseconds(10));
  }

  // The process crashes that many times, each time at work on `gid` if there is one.
  void Crash(int times, const std::string& gid = "") {
    for (int i = 0; i < times; ++i) {
      if (!gid.empty()) world_.crashed_on = {gid};
      world_.Restart();
      world_.Run(milliseconds(20));
    }
  }

  std::uint32_t Deaths(const std::string& gid) { return world_.Stored(gid).txn.deaths; }

  World world_;
};

TEST_F(QuarantineTest, AfterThreeCrashesItRests) {
  SubmitHanging("g");
  Crash(2, "g");
  EXPECT_EQ(Deaths("g"), 2u);
  EXPECT_EQ(world_.participant.calls.size(), 3u);
  Crash(1, "g");
  Crash(5);
  EXPECT_EQ(Deaths("g"), 3u);
  EXPECT_EQ(world_.participant.calls.size(), 3u);
  world_.Run(seconds(3600));
  EXPECT_EQ(world_.participant.calls.size(), 3u);
  EXPECT_EQ(world_.engine->counts().live_txns, 0u);
  EXPECT_EQ(world_.Status("g"), TxnStatus::kSubmitted);
}

TEST_F(QuarantineTest, TheOthersAreNotBlamed) {
  SubmitHanging("g");
  SubmitHanging("other");
  Crash(6, "g");
  EXPECT_EQ(Deaths("other"), 0u);
  EXPECT_EQ(world_.participant.calls.size(), 3u + 7u);
}

TEST_F(QuarantineTest, TheOperatorReleasesIt) {
  SubmitHanging("g");
  Crash(3, "g");
  world_.participant.scripts["a1"] = {{}};
  const auto answer = world_.ResetNextCronTime("g");
  world_.Run();
  EXPECT_EQ(answer->value().kind, Answer::Kind::kSuccess);
  EXPECT_EQ(world_.Status("g"), TxnStatus::kSucceed);
  EXPECT_EQ(Deaths("g"), 0u);
}

TEST_F(QuarantineTest, TheOperatorEndsIt) {
  SubmitHanging("g");
  Crash(3, "g");
  const auto answer = world_.ForceStop("g");
  world_.Run();
  EXPECT_EQ(answer->value().kind, Answer::Kind::kSuccess);
  EXPECT_EQ(world_.Status("g"), TxnStatus::kFailed);
}

TEST_F(QuarantineTest, WhoWaitsForItIsToldThatItGoesOn) {
  SubmitHanging("g");
  world_.PrepareWith(Model::kTcc, "tcc", 1);
  world_.participant.scripts["c01"] = {kSilent};
  world_.Abort({"tcc", Model::kTcc, "no"});
  world_.Run(milliseconds(10));
  Crash(3, "g");
  Crash(3, "tcc");
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
  Crash(3, "g");
  const auto submit = world_.Submit(World::Request(Model::kTcc, "g"));
  const auto branch = world_.Register(World::Branch(Model::kTcc, "g", "02"));
  world_.Run(seconds(60));
  EXPECT_EQ(submit->value().kind, Answer::Kind::kUnavailable);
  EXPECT_NE(submit->value().message.find("quarantined"), std::string::npos);
  EXPECT_EQ(branch->value().kind, Answer::Kind::kUnavailable);
  EXPECT_EQ(world_.Status("g"), TxnStatus::kPrepared);
}

TEST_F(QuarantineTest, AnyProgressForgetsTheCrashes) {
  SubmitHanging("g");
  Crash(2, "g");
  ASSERT_EQ(Deaths("g"), 2u);
  world_.Run(seconds(4));  // The call times out, and its back-off is stored.
  EXPECT_EQ(Deaths("g"), 0u);
}

// The note may name what was never stored, or is over.
TEST_F(QuarantineTest, ABlameWithoutATransactionIsOverlooked) {
  world_.Submit(World::Saga("done", 1));
  world_.Run();
  world_.crashed_on = {"done", "nobody"};
  world_.Restart();
  world_.Run();
  EXPECT_TRUE(world_.crashed_on.empty());
  EXPECT_EQ(Deaths("done"), 0u);
}

TEST_F(QuarantineTest, ABlameIsNotLostWhileTheStoreCannotBeRead) {
  SubmitHanging("g");
  world_.store->FailLoads(1);
  Crash(1, "g");
  EXPECT_FALSE(world_.crashed_on.empty());
  world_.Run(seconds(2));
  EXPECT_TRUE(world_.crashed_on.empty());
  EXPECT_EQ(Deaths("g"), 1u);
}

}  // namespace
}  // namespace treaty::testing
