// Edits of topics: durable before they are acknowledged, and none lost to another.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = TopicEdit::Kind;

constexpr auto kSuccess = Answer::Kind::kSuccess;

std::string Url(int i) { return "http://s" + std::to_string(i) + "/"; }

TopicEdit SubscriptionOf(const std::string& url) { return {Kind::kSubscribe, "t", {url, "r"}}; }

TEST(TopicEditTest, EveryChangeMakesAVersion) {
  World world;
  world.Subscribe("t", {Url(1), Url(2)});
  const auto second = world.TopicEntry("t");
  EXPECT_EQ(second->version, 2u);
  EXPECT_EQ(second->value,
            R"([{"url":"http://s1/","remark":""},{"url":"http://s2/","remark":""}])");
  for (int i = 1; i <= 2; ++i) world.EditTopic({Kind::kUnsubscribe, "t", {Url(i), ""}});
  world.Run();
  EXPECT_EQ(world.TopicEntry("t")->value, "[]");
  EXPECT_EQ(world.TopicEntry("t")->version, 4u);
  world.EditTopic({Kind::kDelete, "t"});
  world.Run();
  EXPECT_FALSE(world.TopicEntry("t"));
  world.Subscribe("t", {Url(3)});
  EXPECT_EQ(world.TopicEntry("t")->version, 1u);
}

TEST(TopicEditTest, EditsAtTheSameTimeAreAllKept) {
  World world;
  std::vector<World::AnswerPlace> answers;
  for (int i = 0; i < 50; ++i) answers.push_back(world.EditTopic(SubscriptionOf(Url(i))));
  world.Run(seconds(1));
  for (const auto& answer : answers) EXPECT_EQ(answer->value().kind, kSuccess);
  const auto topic = world.topics->Read(world.TopicEntry("t")->value);
  ASSERT_TRUE(topic.ok());
  EXPECT_EQ(topic->size(), 50u);
  EXPECT_EQ(world.TopicEntry("t")->version, 50u);
}

TEST(TopicEditTest, OneOfTwoThatSubscribeTheSameUrlIsToldSo) {
  World world;
  const auto first = world.EditTopic(SubscriptionOf(Url(1)));
  const auto second = world.EditTopic(SubscriptionOf(Url(1)));
  world.Run();
  EXPECT_EQ(first->value().kind, kSuccess);
  EXPECT_EQ(second->value().kind, Answer::Kind::kFailure);
  EXPECT_EQ(world.TopicEntry("t")->version, 1u);
}

// Another instance edits between the read and the write.
TEST(TopicEditTest, AnEditOfAnotherInstanceIsKeptToo) {
  World world;
  world.Subscribe("t", {Url(1)});
  const auto answer = world.EditTopic(SubscriptionOf(Url(2)));
  world.agenda.Step(world.agenda.now() + milliseconds(1));  // To the loop,
  world.agenda.Step(world.agenda.now() + milliseconds(1));  // and its read.
  const KvEntry read = *world.TopicEntry("t");
  const KvEdit other{.cat = "topics",
                     .key = "t",
                     .value = world.topics->Write({{Url(1), ""}, {Url(9), ""}}),
                     .replaces = read.write_id,
                     .version = 2};
  const Write write{.kind = Write::Kind::kEdit, .write_id = 99, .edit = &other};
  Verdict verdict = Verdict::kStale;
  ASSERT_TRUE(world.store->Commit({&write, 1}, {&verdict, 1}).ok());
  ASSERT_EQ(verdict, Verdict::kStored);
  world.Run();
  EXPECT_EQ(answer->value().kind, kSuccess);
  EXPECT_EQ(world.TopicEntry("t")->version, 3u);
  EXPECT_EQ(*world.topics->Read(world.TopicEntry("t")->value),
            (Topic{{Url(1), ""}, {Url(9), ""}, {Url(2), "r"}}));
}

TEST(TopicEditTest, ARefusedCommitIsToldAndLeavesNothing) {
  World world;
  world.store->InjectFault(CommitFault::kRefused);
  const auto answer = world.EditTopic(SubscriptionOf(Url(1)));
  world.Run(seconds(5));
  EXPECT_EQ(answer->value().kind, Answer::Kind::kUnavailable);
  EXPECT_FALSE(world.TopicEntry("t"));
}

TEST(TopicEditTest, AnUnknownCommitIsToldAndSettled) {
  for (const CommitFault fault : {CommitFault::kLostAnswer, CommitFault::kLostRequest}) {
    World world;
    world.store->InjectFault(fault);
    const auto answer = world.EditTopic(SubscriptionOf(Url(1)));
    world.Run(seconds(5));
    EXPECT_EQ(answer->value().kind, Answer::Kind::kUnavailable);
    EXPECT_EQ(world.TopicEntry("t")->version, 1u);
    EXPECT_EQ(world.engine->counts().queued_writes, 0u);
    world.Subscribe("t", {Url(2)});
    EXPECT_EQ(world.TopicEntry("t")->version, 2u);
  }
}

TEST(TopicEditTest, ADeletionWithUnknownOutcomeEndsWithTheTopicGone) {
  for (const CommitFault fault : {CommitFault::kLostAnswer, CommitFault::kLostRequest}) {
    World world;
    world.Subscribe("t", {Url(1)});
    world.store->InjectFault(fault);
    world.EditTopic({Kind::kDelete, "t"});
    world.Run(seconds(5));
    EXPECT_FALSE(world.TopicEntry("t"));
    EXPECT_EQ(world.engine->counts().queued_writes, 0u);
  }
}

TEST(TopicEditTest, LimitsAreNamed) {
  World world;
  world.config.limits.subscribers = 2;
  world.config.limits.topics = 2;
  world.Restart();
  world.Subscribe("t", {Url(1), Url(2)});
  world.Subscribe("u", {Url(1)});
  const auto third = world.EditTopic(SubscriptionOf(Url(3)));
  const auto topic = world.EditTopic({Kind::kSubscribe, "v", {Url(1), ""}});
  world.Run();
  EXPECT_EQ(third->value().kind, Answer::Kind::kInvalid);
  EXPECT_EQ(topic->value().kind, Answer::Kind::kInvalid);
  EXPECT_EQ(topic->value().message, "too many topics; at most 2");
}

TEST(TopicEditTest, ADamagedTopicCanBeDeletedOnly) {
  World world;
  const KvEdit damaged{.cat = "topics", .key = "t", .value = "{"};
  const Write write{.kind = Write::Kind::kEdit, .write_id = 99, .edit = &damaged};
  Verdict verdict = Verdict::kStale;
  ASSERT_TRUE(world.store->Commit({&write, 1}, {&verdict, 1}).ok());
  const auto subscribe = world.EditTopic(SubscriptionOf(Url(1)));
  world.Run();
  const auto gone = world.EditTopic({Kind::kDelete, "t"});
  world.Run();
  EXPECT_EQ(subscribe->value().kind, Answer::Kind::kBroken);
  EXPECT_EQ(gone->value().kind, kSuccess);
}

TEST(TopicEditTest, StoppingEndsWhatIsUnderWayAndRefusesTheRest) {
  World world;
  std::vector<World::AnswerPlace> answers;
  for (int i = 0; i < 20; ++i) answers.push_back(world.EditTopic(SubscriptionOf(Url(i))));
  for (int i = 0; i < 21; ++i) world.agenda.Step(world.agenda.now());
  bool stopped = false;
  world.engine->Stop(seconds(1), [&stopped] { stopped = true; });
  const auto late = world.EditTopic(SubscriptionOf(Url(99)));
  world.Run(seconds(2));
  EXPECT_TRUE(stopped);
  std::uint64_t made = 0;
  for (const auto& answer : answers) made += answer->value().kind == kSuccess ? 1 : 0;
  EXPECT_GT(made, 0u);
  EXPECT_LT(made, 20u);
  EXPECT_EQ(world.TopicEntry("t")->version, made);
  EXPECT_EQ(late->value().kind, Answer::Kind::kUnavailable);
}

}  // namespace
}  // namespace treaty::testing
