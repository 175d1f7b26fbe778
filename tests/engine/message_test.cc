// Messages, driven: asked for when prepared, delivered without end when submitted.

#include <gtest/gtest.h>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kSuccess = Answer::Kind::kSuccess;
constexpr auto kFailure = Answer::Kind::kFailure;

TxnRequest Message(const std::string& gid, Terms terms = {}) {
  return World::Request(Model::kMessage, gid, std::move(terms));
}

// A submit that carries nothing but custom_data.
TxnRequest OnlyDelay(const std::string& gid, std::chrono::seconds delay) {
  Terms terms;
  terms.delay = delay;
  terms.custom_data = "{\"delay\":" + std::to_string(delay.count()) + "}";
  TxnRequest request = Message(gid, terms);
  request.options = {};
  request.options.set(static_cast<std::size_t>(Option::kCustomData));
  return request;
}

TEST(MessageEngineTest, ADirectSubmitIsDelivered) {
  World world;
  Terms waiting;
  waiting.wait_result = true;
  const auto answer = world.Submit(Message("g", waiting));
  world.Run();
  EXPECT_EQ(answer->value().kind, kSuccess);
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.Count("01/action"), 1u);
  EXPECT_EQ(world.participant.Count("02/action"), 1u);
}

TEST(MessageEngineTest, ADefiniteNoIsDeliveredAgainUntilItIsTaken) {
  World world;
  world.participant.scripts["a1"] = {{Outcome::kFailure, "no"}, {Outcome::kOngoing, ""}, {}};
  world.Submit(Message("g"));
  world.Run(seconds(120));
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.Count("01/action"), 3u);
  EXPECT_EQ(world.participant.Count("02/action"), 1u);
}

TEST(MessageEngineTest, APreparedOneIsSubmittedOrAborted) {
  World world;
  for (const char* gid : {"yes", "no"}) world.Prepare(Message(gid));
  world.Run(seconds(5));
  EXPECT_EQ(world.engine->counts().live_txns, 0u);
  const auto submit = world.Submit(Message("yes"));
  const auto abort = world.Abort({"no", Model::kMessage, "no"});
  world.Run();
  EXPECT_EQ(submit->value().kind, kSuccess);
  EXPECT_EQ(abort->value().kind, kSuccess);
  EXPECT_EQ(world.Status("yes"), TxnStatus::kSucceed);
  EXPECT_EQ(world.Status("no"), TxnStatus::kFailed);
  const auto late = world.Submit(Message("no"));
  const auto other = world.Abort({"yes", Model::kMessage, ""});
  world.Run(seconds(60));
  EXPECT_EQ(late->value().kind, kFailure);
  EXPECT_EQ(other->value().kind, kFailure);
  EXPECT_EQ(world.participant.Count("00/msg"), 0u);
  EXPECT_EQ(world.participant.calls.size(), 2u);
}

TEST(MessageEngineTest, ACheckBackThatSaysYesSubmits) {
  World world;
  world.Prepare(Message("g"));
  world.Run(seconds(34));
  EXPECT_TRUE(world.participant.calls.empty());
  world.Run(seconds(2));
  ASSERT_EQ(world.participant.Count("00/msg"), 1u);
  EXPECT_LE(world.participant.calls[0].first,
            world.Stored("g").txn.created + seconds(35) + milliseconds(50));
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.calls.size(), 3u);
}

TEST(MessageEngineTest, ACheckBackThatSaysNoEndsIt) {
  World world;
  world.participant.scripts["q"] = {{Outcome::kFailure, "rolled back"}};
  world.Prepare(Message("g"));
  world.Run(seconds(60));
  EXPECT_EQ(world.Status("g"), TxnStatus::kFailed);
  EXPECT_EQ(world.participant.calls.size(), 1u);
  EXPECT_NE(world.Stored("g").txn.rollback_reason.find("rolled back"), std::string::npos);
}

TEST(MessageEngineTest, AnUndecidedClientIsAskedAgainLaterAndLaterWhileItIsSilent) {
  World world;
  world.participant.scripts["q"] = {
      {Outcome::kUnknown, ""}, {Outcome::kUnknown, ""}, {Outcome::kOngoing, ""}, {}};
  world.Prepare(Message("g"));
  world.Run(seconds(300));
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
  const auto& calls = world.participant.calls;
  ASSERT_GE(calls.size(), 4u);
  const auto gap = [&](std::size_t i) { return calls[i + 1].first - calls[i].first; };
  EXPECT_GE(gap(0), milliseconds(16'000));  // 20 s after the first silence, give or take a fifth.
  EXPECT_GE(gap(1), milliseconds(32'000));
  EXPECT_LE(gap(2), milliseconds(12'100));  // ONGOING begins anew.
}

// The pause is shorter than the horizon: it is not parked, and not to be forgotten either.
TEST(MessageEngineTest, AnUndecidedClientIsAskedAgainAfterAShortPauseToo) {
  World world;
  Terms terms;
  terms.retry_interval = seconds(1);
  terms.timeout_to_fail = seconds(3);
  world.participant.scripts["q"] = {{Outcome::kOngoing, ""}, {Outcome::kOngoing, ""}, {}};
  world.Prepare(Message("g", terms));
  world.Run(seconds(10));
  EXPECT_EQ(world.participant.Count("00/msg"), 3u);
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
}

TEST(MessageEngineTest, ASubmitDuringTheCheckBackDecidesOnce) {
  World world;
  world.participant.scripts["q"] = {{Outcome::kFailure, "no", seconds(2)}};
  world.Prepare(Message("g"));
  world.Run(seconds(36));
  ASSERT_EQ(world.participant.Count("00/msg"), 1u);
  const auto submit = world.Submit(Message("g"));
  world.Run(seconds(10));
  EXPECT_EQ(submit->value().kind, kSuccess);
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.calls.size(), 3u);
}

TEST(MessageEngineTest, ADelayGivenAtSubmitOrPrepareIsKept) {
  World world;
  Terms delayed;
  delayed.delay = seconds(20);
  delayed.custom_data = "{\"delay\":20}";
  world.Submit(Message("direct", delayed));
  world.Prepare(Message("prepared", delayed));
  world.Submit(Message("prepared"));  // Options, but no custom data.
  world.Prepare(Message("submitted"));
  world.Submit(OnlyDelay("submitted", seconds(20)));
  world.Run(seconds(5));
  for (const char* gid : {"direct", "prepared", "submitted"}) {
    EXPECT_EQ(world.Status(gid), TxnStatus::kSubmitted) << gid;
    EXPECT_EQ(world.Stored(gid).txn.terms->delay, seconds(20)) << gid;
  }
  EXPECT_TRUE(world.participant.calls.empty());
  EXPECT_EQ(world.engine->counts().live_txns, 0u);
  world.Restart();
  world.Run(seconds(16));
  for (const char* gid : {"direct", "prepared", "submitted"}) {
    EXPECT_EQ(world.Status(gid), TxnStatus::kSucceed) << gid;
  }
  EXPECT_GE(world.participant.calls[0].first, world.Stored("direct").txn.created + seconds(20));
}

TEST(MessageEngineTest, ARestartInEachPhaseGoesOn) {
  World world;
  world.participant.scripts["q"] = {kSilent, {}};
  world.participant.scripts["a2"] = {kSilent, {}};
  world.Prepare(Message("g"));
  world.Run(seconds(36));
  ASSERT_EQ(world.participant.Count("00/msg"), 1u);
  world.Restart();
  world.Run(seconds(1));
  ASSERT_EQ(world.participant.Count("00/msg"), 2u);
  EXPECT_EQ(world.Status("g"), TxnStatus::kSubmitted);
  world.Restart();
  world.Run(seconds(1));
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
  EXPECT_EQ(world.participant.Count("01/action"), 1u);
  EXPECT_EQ(world.participant.Count("02/action"), 2u);
}

}  // namespace
}  // namespace treaty::testing
