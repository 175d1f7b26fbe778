// Messages to topics, driven: expanded once, when they are first stored, whatever becomes of the
// topic afterwards.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kSuccess = Answer::Kind::kSuccess;
constexpr auto kInvalid = Answer::Kind::kInvalid;
constexpr char kTopic[] = "topic://t";

TxnRequest MessageTo(const std::string& gid, const std::vector<std::string>& actions) {
  TxnRequest request = World::Request(Model::kMessage, gid);
  auto body = std::make_shared<Body>(*request.body);
  body->steps.clear();
  for (const std::string& action : actions) body->steps.push_back({action, "", "{}"});
  request.body = std::move(body);
  return request;
}

// "01-01 http://a/; ", as stored.
std::string Recipients(World& world, const std::string& gid) {
  std::string all;
  for (const Recipient& to : world.Stored(gid).txn.body->recipients) {
    all += to.id + " " + to.url + "; ";
  }
  return all;
}

std::string Called(const World& world) {
  std::string all;
  for (const auto& [when, name] : world.participant.calls) all += name + " ";
  return all;
}

TEST(TopicEngineTest, EverySubscriberIsCalled) {
  World world;
  world.Subscribe("t", {"http://a/", "http://b/"});
  world.Subscribe("one", {"http://c/"});
  const auto answer = world.Submit(MessageTo("g", {kTopic, "topic://one", "u"}));
  world.Run();
  EXPECT_EQ(answer->value().kind, kSuccess);
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
  EXPECT_EQ(Recipients(world, "g"), "01-01 http://a/; 01-02 http://b/; 02 http://c/; 03 u; ");
  EXPECT_EQ(Called(world), "01-01/action 01-02/action 02/action 03/action ");
  EXPECT_EQ(world.Stored("g").txn.body->steps.front().action, kTopic);
}

TEST(TopicEngineTest, AnEditIsSeenByTheNextSubmit) {
  World world;
  world.Subscribe("t", {"http://a/"});
  world.Submit(MessageTo("g1", {kTopic}));
  world.Run();
  world.Subscribe("t", {"http://b/"});
  world.Submit(MessageTo("g2", {kTopic}));
  world.Run();
  world.EditTopic({TopicEdit::Kind::kUnsubscribe, "t", {"http://a/", ""}});
  world.Run();
  world.Submit(MessageTo("g3", {kTopic}));
  world.Run();
  world.EditTopic({TopicEdit::Kind::kDelete, "t"});
  world.Run();
  const auto none = world.Submit(MessageTo("g4", {kTopic}));
  world.Run();
  EXPECT_EQ(Recipients(world, "g1"), "01 http://a/; ");
  EXPECT_EQ(Recipients(world, "g2"), "01-01 http://a/; 01-02 http://b/; ");
  EXPECT_EQ(Recipients(world, "g3"), "01 http://b/; ");
  EXPECT_EQ(none->value().kind, kInvalid);
  EXPECT_EQ(none->value().message.find("topic not found"), 0u);
}

// A read that was under way when the edit came may still carry the topic of before.
TEST(TopicEngineTest, AnEditIsSeenEvenIfAReadOverlappedIt) {
  World world;
  world.Subscribe("t", {"http://a/"});
  world.EditTopic({TopicEdit::Kind::kSubscribe, "t", {"http://b/", ""}});
  for (int i = 0; i < 20; ++i) {
    world.Submit(MessageTo("before-" + std::to_string(i), {kTopic}));
    world.agenda.Step(world.agenda.now() + milliseconds(1));
  }
  world.Run();
  world.Submit(MessageTo("g", {kTopic}));
  world.Run();
  EXPECT_EQ(Recipients(world, "g"), "01-01 http://a/; 01-02 http://b/; ");
}

TEST(TopicEngineTest, WhatIsStoredIsNotExpandedAgain) {
  World world;
  world.Subscribe("t", {"http://a/", "http://b/"});
  world.Prepare(MessageTo("g", {kTopic}));
  world.Run();
  world.Subscribe("t", {"http://c/"});
  world.EditTopic({TopicEdit::Kind::kUnsubscribe, "t", {"http://a/", ""}});
  world.Run();
  const auto submit = world.Submit(MessageTo("g", {kTopic}));
  world.Run();
  EXPECT_EQ(submit->value().kind, kSuccess);
  EXPECT_EQ(Recipients(world, "g"), "01-01 http://a/; 01-02 http://b/; ");
  EXPECT_EQ(Called(world), "01-01/action 01-02/action ");
}

TEST(TopicEngineTest, AProcessThatStartsAgainGoesOnWithTheSameRecipients) {
  World world;
  world.Subscribe("t", {"http://a/", "http://b/"});
  world.participant.scripts["http://a/"] = {{Outcome::kUnknown, ""}, {}};
  world.Submit(MessageTo("g", {kTopic}));
  world.Run();
  EXPECT_EQ(Called(world), "01-01/action ");
  world.Subscribe("t", {"http://c/"});
  world.Restart();
  world.EditTopic({TopicEdit::Kind::kUnsubscribe, "t", {"http://b/", ""}});
  world.Run(seconds(60));
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
  EXPECT_EQ(Called(world), "01-01/action 01-01/action 01-02/action ");
}

TEST(TopicEngineTest, ARepeatIsAnsweredWhateverBecameOfTheTopic) {
  World world;
  world.Subscribe("t", {"http://a/"});
  world.Prepare(MessageTo("g", {kTopic}));
  world.Run();
  world.EditTopic({TopicEdit::Kind::kDelete, "t"});
  world.Run();
  const auto prepare = world.Prepare(MessageTo("g", {kTopic}));
  const auto submit = world.Submit(MessageTo("g", {kTopic}));
  world.Run();
  const auto again = world.Submit(MessageTo("g", {kTopic}));
  const auto other = world.Submit(MessageTo("g", {"topic://other"}));
  world.Run();
  EXPECT_EQ(prepare->value().kind, kSuccess);
  EXPECT_EQ(submit->value().kind, kSuccess);
  EXPECT_EQ(again->value().kind, kSuccess);
  EXPECT_EQ(other->value().kind, Answer::Kind::kFailure);
  EXPECT_EQ(Called(world), "01/action ");
}

TEST(TopicEngineTest, NothingIsStoredOfAMessageToNobody) {
  World world;
  const auto prepare = world.Prepare(MessageTo("g1", {kTopic}));
  const auto submit = world.Submit(MessageTo("g2", {"u", kTopic}));
  world.Run();
  for (const auto& answer : {prepare, submit}) {
    EXPECT_EQ(answer->value().kind, kInvalid);
    EXPECT_EQ(answer->value().message,
              "topic not found: 't' has no subscribers; subscribe one first");
  }
  EXPECT_EQ(world.store->size(), 0u);
  EXPECT_EQ(world.engine->counts().live_txns, 0u);
}

TEST(TopicEngineTest, AStoreThatDoesNotAnswerIsNotATopicWithoutSubscribers) {
  World world;
  world.Subscribe("t", {"http://a/"});
  world.store->FailLoads(1);
  const auto submit = world.Submit(MessageTo("g", {kTopic}));
  world.Run();
  EXPECT_EQ(submit->value().kind, Answer::Kind::kUnavailable);
  const auto again = world.Submit(MessageTo("g", {kTopic}));
  world.Run();
  EXPECT_EQ(again->value().kind, kSuccess);
}

// The rules may have changed since the subscriber came.
TEST(TopicEngineTest, ASubscriberIsCheckedAgainWhenAMessageGoesToIt) {
  World world;
  world.Subscribe("t", {"http://169.254.169.254/latest"});
  const auto submit = world.Submit(MessageTo("g", {kTopic}));
  world.Run();
  EXPECT_EQ(submit->value().kind, kInvalid);
  EXPECT_EQ(world.store->size(), 0u);
}

TEST(TopicEngineTest, AMessageHasNoMoreRecipientsThanBranches) {
  World world;
  world.config.limits.branches = 2;
  world.Restart();
  world.Subscribe("t", {"http://a/", "http://b/"});
  const auto fits = world.Submit(MessageTo("g1", {kTopic}));
  const auto not_any_more = world.Submit(MessageTo("g2", {kTopic, "u"}));
  world.Run();
  EXPECT_EQ(fits->value().kind, kSuccess);
  EXPECT_EQ(not_any_more->value().kind, kInvalid);
}

}  // namespace
}  // namespace treaty::testing
