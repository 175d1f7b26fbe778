// Topics: what an edit makes of one, and to whom a message that names one goes.

#include "core/topic.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/branch_call.h"
#include "core/model.h"
#include "core/repeats.h"

namespace treaty {
namespace {

using Kind = TopicEdit::Kind;

Subscriber At(const std::string& url) { return {url, "remark of " + url}; }

// The URLs in order, or why not.
std::string After(const std::optional<Topic>& topic, Kind kind, const std::string& url,
                  std::size_t most = 3) {
  const TopicChange change = ApplyEdit(topic, {kind, "t", At(url)}, most);
  if (change.refusal) {
    return std::to_string(static_cast<int>(change.refusal->kind)) + " " + change.refusal->message;
  }
  if (!change.next) return "gone";
  std::string urls;
  for (const Subscriber& subscriber : *change.next) urls += subscriber.url + " ";
  return urls;
}

std::string Said(Answer::Kind kind, const std::string& message) {
  return std::to_string(static_cast<int>(kind)) + " " + message;
}

TEST(TopicTest, SubscribingMakesATopicOrAppendsToIt) {
  EXPECT_EQ(After({}, Kind::kSubscribe, "a"), "a ");
  EXPECT_EQ(After(Topic(), Kind::kSubscribe, "a"), "a ");
  EXPECT_EQ(After(Topic{At("b")}, Kind::kSubscribe, "a"), "b a ");
  EXPECT_EQ(ApplyEdit({}, {Kind::kSubscribe, "t", At("a")}, 1).next->front(), At("a"));
}

TEST(TopicTest, AUrlSubscribesOnce) {
  EXPECT_EQ(After(Topic{At("a"), At("b")}, Kind::kSubscribe, "b"),
            Said(Answer::Kind::kFailure, "this url exists in topic 't'."));
}

TEST(TopicTest, TakesNoMoreSubscribersThanItsLimit) {
  EXPECT_EQ(After(Topic{At("a"), At("b")}, Kind::kSubscribe, "c", 2),
            Said(Answer::Kind::kInvalid, "the topic 't' has too many subscribers; at most 2"));
}

TEST(TopicTest, UnsubscribingLeavesATopicPossiblyEmpty) {
  EXPECT_EQ(After(Topic{At("a"), At("b")}, Kind::kUnsubscribe, "a"), "b ");
  EXPECT_EQ(After(Topic{At("a")}, Kind::kUnsubscribe, "a"), "");
}

TEST(TopicTest, WhatIsNotThereIsNotTakenAway) {
  const auto none = Answer::Kind::kNotFound;
  EXPECT_EQ(After({}, Kind::kUnsubscribe, "a"), Said(none, "no such a topic: 't'"));
  EXPECT_EQ(After(Topic(), Kind::kUnsubscribe, "a"), Said(none, "this topic is empty: 't'"));
  EXPECT_EQ(After(Topic{At("b")}, Kind::kUnsubscribe, "a"),
            Said(none, "no such an url in topic 't'"));
  EXPECT_EQ(After({}, Kind::kDelete, ""), Said(none, "no such a topic: 't'"));
}

TEST(TopicTest, DeletingTakesItsSubscribersAlong) {
  EXPECT_EQ(After(Topic{At("a")}, Kind::kDelete, ""), "gone");
  EXPECT_EQ(After(Topic(), Kind::kDelete, ""), "gone");
}

// Refuses URLs with an x in them.
class PlainFormat final : public TopicFormat {
 public:
  std::string Write(const Topic&) const override { return ""; }
  Result<Topic> Read(std::string_view) const override { return Topic(); }
  Status CheckDelivery(const std::string& url, const std::string&,
                       const std::string&) const override {
    if (url.find('x') == std::string::npos) return {};
    return {Code::kInvalidArgument, "has an x"};
  }
};

std::shared_ptr<Body> Message(const std::vector<std::string>& actions) {
  auto body = std::make_shared<Body>();
  body->gid = "g";
  body->model = Model::kMessage;
  for (const std::string& action : actions) body->steps.push_back({action, "", "to " + action});
  return body;
}

// "01-01 a; 01-02 b", or why not.
std::string Expanded(const Body& body, const TopicMap& topics, std::size_t most = 9) {
  const auto recipients = Expand(body, topics, PlainFormat(), most);
  if (!recipients.ok()) return recipients.status().message();
  std::string all;
  for (const Recipient& to : *recipients) all += to.id + " " + to.url + "; ";
  return all;
}

TEST(TopicTest, EverySubscriberOfATopicBecomesARecipient) {
  const TopicMap topics = {{"one", {At("a")}}, {"two", {At("b"), At("c")}}};
  EXPECT_EQ(Expanded(*Message({"topic://two"}), topics), "01-01 b; 01-02 c; ");
  EXPECT_EQ(Expanded(*Message({"topic://one"}), topics), "01 a; ");
  EXPECT_EQ(Expanded(*Message({"u", "topic://two", "", "topic://one", "topic://two"}), topics),
            "01 u; 02-01 b; 02-02 c; 03 ; 04 a; 05-01 b; 05-02 c; ");
}

TEST(TopicTest, ATopicWithoutSubscribersIsToldByName) {
  const std::string told = "topic not found: 't' has no subscribers; subscribe one first";
  EXPECT_EQ(Expanded(*Message({"topic://t"}), {}), told);
  EXPECT_EQ(Expanded(*Message({"topic://t"}), {{"t", {}}}), told);
}

TEST(TopicTest, ASubscriberThatCannotBeCalledIsToldByName) {
  EXPECT_EQ(Expanded(*Message({"u", "topic://t"}), {{"t", {At("a"), At("x")}}}),
            "steps[1].action: the subscriber 'x' of 'topic://t': has an x");
}

TEST(TopicTest, AMessageHasNoMoreRecipientsThanBranches) {
  const TopicMap topics = {{"t", {At("a"), At("b")}}};
  EXPECT_EQ(Expanded(*Message({"topic://t", "u"}), topics, 3), "01-01 a; 01-02 b; 02 u; ");
  for (const char* more : {"topic://t", "v"}) {
    EXPECT_EQ(Expanded(*Message({"topic://t", "u", more}), topics, 3),
              "too many subscribers for one message; at most 3 (Limits.Steps)");
  }
}

TEST(TopicTest, NamesTheTopicsOfAMessageOnce) {
  EXPECT_EQ(TopicNames(*Message({"topic://b", "u", "topic://a", "topic://b"})),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(TopicNames(*Message({"http://topic://", "Topic://a", ""})).empty());
  auto saga = Message({"topic://a"});
  saga->model = Model::kSaga;
  EXPECT_TRUE(TopicNames(*saga).empty());
}

// The calls of a submitted message, in order: id, URL and payload.
TEST(TopicTest, EveryRecipientIsCalledWithThePayloadOfItsStep) {
  const auto body = Message({"topic://t", "u"});
  body->recipients = *Expand(*body, {{"t", {At("a"), At("b")}}}, PlainFormat(), 9);
  Txn txn = model::Create(body, std::make_shared<Terms>(), TxnStatus::kSubmitted, Time());
  ASSERT_EQ(txn.branches.size(), 3u);
  std::string calls;
  while (!txn.IsFinished()) {
    const Duties duties = model::Plan(txn, Time(), {});
    ASSERT_EQ(duties.calls.size(), 1u);
    const BranchCall call = MakeCall(txn, duties.calls.front(), {});
    calls += call.branch_id() + " " + call.url() + " " + call.payload() + "; ";
    const Replied success{duties.calls.front().branch, Op::kAction, Outcome::kSuccess, "", true};
    txn = model::Apply(txn, {Time(), 1.0, success}, {}).next;
  }
  EXPECT_EQ(calls, "01-01 a to topic://t; 01-02 b to topic://t; 02 u to u; ");
  EXPECT_EQ(txn.status, TxnStatus::kSucceed);
}

TEST(TopicTest, ARepeatIsComparedByTheStepsAsSent) {
  const auto stored = Message({"topic://t"});
  stored->recipients = {{"a", "01", 0}};
  const Txn txn = model::Create(stored, std::make_shared<Terms>(), TxnStatus::kSubmitted, Time());
  const auto ruling = [&](const std::shared_ptr<Body>& body) {
    return RuleOnSubmit(txn, {body, std::make_shared<Terms>(), true}).kind;
  };
  const auto again = Message({"topic://t"});
  EXPECT_EQ(ruling(again), Ruling::Kind::kAwait);
  again->recipients = {{"b", "01-01", 0}, {"c", "01-02", 0}};
  EXPECT_EQ(ruling(again), Ruling::Kind::kAwait);
  EXPECT_EQ(ruling(Message({"a"})), Ruling::Kind::kAnswer);
}

}  // namespace
}  // namespace treaty
