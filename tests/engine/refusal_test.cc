// While the store takes no writes, every request is answered within five seconds, and what was
// asked for by a client that was told so is not done later.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "engine/recall.h"
#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AnyOf;
using Place = World::AnswerPlace;

constexpr Duration kSoon = seconds(5);
const Status kAway{Code::kUnavailable, "the disk is full"};

// Requests about a transaction "g" that exists, each of which is a write.
struct Asked {
  std::string name;
  Model model;
  std::function<Place(World&)> ask;
  friend void PrintTo(const Asked& asked, std::ostream* out) { *out << asked.name; }
};

std::vector<Asked> Requests() {
  const auto waiting = [](Model model) {
    Terms terms;
    terms.wait_result = true;
    return World::Request(model, "g", terms);
  };
  return {
      {"RegisterTcc", Model::kTcc,
       [](World& world) { return world.Register(World::Branch(Model::kTcc, "g", "09")); }},
      {"RegisterXa", Model::kXa,
       [](World& world) { return world.Register(World::Branch(Model::kXa, "g", "09")); }},
      {"Step", Model::kWorkflow,
       [](World& world) { return world.Register(World::Branch(Model::kWorkflow, "g", "09")); }},
      {"SubmitTcc", Model::kTcc,
       [](World& world) { return world.Submit(World::Request(Model::kTcc, "g")); }},
      {"SubmitXa", Model::kXa,
       [](World& world) { return world.Submit(World::Request(Model::kXa, "g")); }},
      {"SubmitMessage", Model::kMessage,
       [](World& world) { return world.Submit(World::Request(Model::kMessage, "g")); }},
      {"SubmitWaiting", Model::kTcc,
       [waiting](World& world) { return world.Submit(waiting(Model::kTcc)); }},
      {"Abort", Model::kTcc, [](World& world) { return world.Abort({"g", Model::kTcc, ""}); }},
      {"AbortWaiting", Model::kXa,
       [](World& world) { return world.Abort({"g", Model::kXa, "", true}); }},
      {"AbortMessage", Model::kMessage,
       [](World& world) { return world.Abort({"g", Model::kMessage, ""}); }},
      {"EndWorkflow", Model::kWorkflow,
       [](World& world) { return world.EndWorkflow("g", {TxnStatus::kSucceed, "", "done"}); }},
      {"ForceStop", Model::kTcc, [](World& world) { return world.ForceStop("g"); }},
      {"ForceStopWorkflow", Model::kWorkflow, [](World& world) { return world.ForceStop("g"); }},
  };
}

struct Trouble {
  std::string name;
  std::function<void(World&)> begin;
  std::function<void(World&)> end;
  friend void PrintTo(const Trouble& trouble, std::ostream* out) { *out << trouble.name; }
};

std::vector<Trouble> Troubles() {
  const auto failing = [](std::string name, std::string of, Status status) {
    return Trouble{std::move(name),
                   [of, status](World& world) { world.store->FailWritesOf(of, status); },
                   [of](World& world) { world.store->FailWritesOf(of, Status()); }};
  };
  return {failing("Away", "", kAway),
          failing("Blocked", "g", {Code::kBlocked, "locked"}),
          failing("TooLarge", "g", {Code::kInvalidArgument, "too large"}),
          failing("Mistake", "g", {Code::kInternal, "a mistake"}),
          {"Hanging", [](World& world) { world.HangWrites(seconds(60)); },
           [](World& world) { world.Run(seconds(60)); }}};
}

class RefusalTest : public ::testing::TestWithParam<std::tuple<bool, Asked, Trouble>> {
 protected:
  RefusalTest() {
    world_.leased = std::get<0>(GetParam());
    world_.Restart();
    Terms terms;
    terms.timeout_to_fail = terms.retry_interval = seconds(300);  // Nothing by itself.
    world_.PrepareWith(asked().model, "g", 0, terms);
    world_.Run(milliseconds(50));
  }

  static const Asked& asked() { return std::get<1>(GetParam()); }
  static const Trouble& trouble() { return std::get<2>(GetParam()); }

  World world_;
};

TEST_P(RefusalTest, IsAnsweredInTimeAndNotDoneLater) {
  const std::uint64_t version = world_.Stored("g").txn.version;
  trouble().begin(world_);
  const Place answer = asked().ask(world_);
  world_.Run(kSoon);
  ASSERT_TRUE(answer->has_value());
  EXPECT_THAT(answer->value().kind, AnyOf(Answer::Kind::kUnavailable, Answer::Kind::kBroken));
  EXPECT_THAT(answer->value().message, ::testing::HasSubstr("transaction g"));
  trouble().end(world_);
  world_.Run(seconds(20));
  EXPECT_EQ(world_.Stored("g").txn.version, version);
  EXPECT_TRUE(world_.participant.calls.empty());
  EXPECT_EQ(world_.engine->counts().queued_writes, 0u);

  const Place again = asked().ask(world_);
  world_.Run(kSoon);
  ASSERT_TRUE(again->has_value());
  EXPECT_EQ(again->value().kind, Answer::Kind::kSuccess) << again->value().message;
  EXPECT_GT(world_.Stored("g").txn.version, version);
}

// A second one waits behind the first, whatever becomes of that.
TEST_P(RefusalTest, SoIsTheOneBehindIt) {
  trouble().begin(world_);
  const Place first = asked().ask(world_);
  world_.Run(seconds(2));
  const Place second = asked().ask(world_);
  world_.Run(kSoon);
  ASSERT_TRUE(first->has_value());
  ASSERT_TRUE(second->has_value());
  EXPECT_NE(second->value().kind, Answer::Kind::kSuccess);
}

INSTANTIATE_TEST_SUITE_P(Every, RefusalTest,
                         ::testing::Combine(::testing::Bool(), ::testing::ValuesIn(Requests()),
                                            ::testing::ValuesIn(Troubles())),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param) ? "Among" : "Alone") +
                                  std::get<1>(test.param).name + std::get<2>(test.param).name;
                         });

Terms WithInterval(seconds interval, bool waits = false) {
  Terms terms;
  terms.retry_interval = interval;
  terms.wait_result = waits;
  return terms;
}

TEST(RefusalsTest, AResetOfOneThatSleepsIsAnsweredInTime) {
  World world;
  world.participant.scripts["a1"] = {{Outcome::kOngoing, ""}};
  world.Submit(World::Saga("g", 1, WithInterval(seconds(600))));
  world.Run(seconds(1));
  world.store->FailWritesOf("", kAway);
  const Place answer = world.ResetNextCronTime("g");
  std::optional<Result<Engine::ResetReport>> all;
  world.engine->ResetCronTime(seconds(1), 100, [&](const auto& report) { all = report; });
  world.Run(kSoon);
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ(answer->value().kind, Answer::Kind::kUnavailable);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->status().code(), Code::kUnavailable);
  world.store->FailWritesOf("", Status());
  world.Run(seconds(10));
  EXPECT_EQ(world.participant.Count("01/action"), 1u);
}

// The outcome of a call is no client's: it is stored when that is possible, and nothing is called
// in between.
TEST(RefusalsTest, AnOutcomeIsNotLostThoughARequestBehindItIsRefused) {
  for (const ProgressMode mode : {ProgressMode::kDurable, ProgressMode::kBehind}) {
    World world;
    Terms terms;
    terms.progress = mode;
    world.participant.scripts["a1"] = {{Outcome::kSuccess, "", milliseconds(50)}};
    world.participant.scripts["a2"] = {{Outcome::kSuccess, "", milliseconds(500)}};
    world.Submit(World::Saga("g", 2, terms));
    world.Run(milliseconds(20));
    world.store->FailWritesOf("", kAway);
    world.Run(milliseconds(60));
    const Place answer = world.ForceStop("g");
    world.Run(kSoon);
    ASSERT_TRUE(answer->has_value());
    EXPECT_EQ(answer->value().kind, Answer::Kind::kUnavailable);
    world.Run(seconds(20));
    world.store->FailWritesOf("", Status());
    world.Run(seconds(5));
    EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
    EXPECT_EQ(world.participant.Count("01/action"), 1u);
    EXPECT_EQ(world.participant.Count("02/action"), 1u);
  }
}

// What was written behind is in memory when a request is refused; it is stored all the same.
TEST(RefusalsTest, WhatWasWrittenBehindIsStoredAfterARefusal) {
  World world;
  Terms terms;
  terms.progress = ProgressMode::kBehind;
  world.participant.scripts["a1"] = {{Outcome::kSuccess, "", milliseconds(50)}};
  world.participant.scripts["a2"] = {{Outcome::kSuccess, "", seconds(30)}};
  world.Submit(World::Saga("g", 2, terms));
  world.Run(milliseconds(60));
  world.store->InjectFault(CommitFault::kRefused);
  const Place answer = world.ForceStop("g");
  world.Run(seconds(1));
  EXPECT_EQ(answer->value().kind, Answer::Kind::kUnavailable);
  EXPECT_EQ(world.Stored("g").txn.branches[0].action, BranchStatus::kSucceed);
  EXPECT_EQ(world.Status("g"), TxnStatus::kSubmitted);
}

// What it asked for is durable: it goes on, but its end is not to be seen.
TEST(RefusalsTest, AClientThatWaitsForTheEndHearsThatItGoesOn) {
  for (const bool leased : {false, true}) {
    World world;
    world.leased = leased;
    world.Restart();
    world.participant.scripts["a1"] = {{Outcome::kSuccess, "", milliseconds(500)}};
    const Place answer = world.Submit(World::Saga("g", 2, WithInterval(seconds(10), true)));
    world.Run(milliseconds(100));
    world.store->FailWritesOf("", kAway);
    if (leased) world.store->FailLeases(1'000'000);
    world.Run(milliseconds(500) + kSoon);
    ASSERT_TRUE(answer->has_value());
    EXPECT_EQ(answer->value().kind, Answer::Kind::kOngoing);
    world.store->FailWritesOf("", Status());
    world.store->FailLeases(0);
    world.Run(seconds(10));
    EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
    EXPECT_EQ(world.participant.Count("01/action"), 1u);
  }
}

// The same where the lease runs out before there is anything to be stored.
TEST(RefusalsTest, AClientThatWaitsHearsSoWhereTheLeaseIsGone) {
  World world;
  world.leased = true;
  world.Restart();
  world.store->FailLeases(1'000'000);
  world.Run(seconds(8));
  ASSERT_FALSE(world.lease.Holds());
  const Place answer = world.Submit(World::Saga("g", 1, WithInterval(seconds(10), true)));
  world.Run(kSoon);
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ(answer->value().kind, Answer::Kind::kOngoing);
  world.store->FailLeases(0);
  world.Run(seconds(10));
  EXPECT_EQ(world.Status("g"), TxnStatus::kSucceed);
}

TEST(RefusalsTest, RequestsThatWaitForAReadAreAnsweredInTime) {
  World world;
  Terms terms;
  terms.timeout_to_fail = seconds(300);
  world.PrepareWith(Model::kTcc, "g", 1, terms);
  world.Restart();  // Not in memory any more.
  world.HangReads(seconds(60));
  const std::vector<Place> answers = {world.Register(World::Branch(Model::kTcc, "g", "02")),
                                      world.Submit(World::Request(Model::kTcc, "g")),
                                      world.Abort({"g", Model::kTcc, ""}), world.ForceStop("g"),
                                      world.ResetNextCronTime("g")};
  world.Run(kSoon);
  for (const Place& answer : answers) {
    ASSERT_TRUE(answer->has_value());
    EXPECT_EQ(answer->value().kind, Answer::Kind::kUnavailable);
  }
  world.Run(seconds(70));
  EXPECT_EQ(world.Status("g"), TxnStatus::kPrepared);
  EXPECT_EQ(world.Stored("g").txn.registered.size(), 1u);
}

// One that has waited for long is not read any more; nobody would hear of it in time.
TEST(RefusalsTest, AQueryBehindASlowReadIsNotReadInVain) {
  World world;
  world.PrepareWith(Model::kTcc, "g", 1);
  world.HangReads(seconds(3));
  std::optional<Code> code;
  world.engine->Query("g", [&](const auto& found) { code = found.status().code(); });
  world.Run(kSoon);
  EXPECT_EQ(code, Code::kUnavailable);
}

// Whatever it is that is to be seen, and however long the store keeps it; once.
TEST(RefusalsTest, WhoWantsToSeeSomethingIsAnsweredInTime) {
  for (const int hangs : {1, 6, 60}) {
    World world;
    world.PrepareWith(Model::kTcc, "g", 1);
    world.HangReads(seconds(hangs));
    std::map<std::string, std::vector<Code>> told;
    const auto into = [&told](const char* what) {
      return [&told, what](const auto& found) { told[what].push_back(found.status().code()); };
    };
    for (int i = 0; i < 3; ++i) {
      world.engine->Query("g", into("query"));
      world.engine->List({}, into("all"));
      world.engine->ListKv({}, into("topics"));
      world.engine->ResetCronTime(seconds(0), 10, into("reset"));
      world.engine->CheckReady(
          [&told](const Status& status) { told["ready"].push_back(status.code()); });
      world.Run(milliseconds(100));
    }
    world.Run(kSoon);
    for (const char* what : {"query", "all", "topics", "reset", "ready"}) {
      const std::vector<Code> all(3, hangs == 1 ? Code::kOk : Code::kUnavailable);
      EXPECT_EQ(told[what], all) << what << " after " << hangs;
    }
    world.Run(seconds(70));
    for (const auto& [what, codes] : told) EXPECT_EQ(codes.size(), 3U) << what;
    EXPECT_EQ(world.engine->counts().waiting_reads, 0U);
    world.engine->Query("g", into("again"));
    world.Run(seconds(1));
    EXPECT_EQ(told["again"], std::vector<Code>{Code::kOk});
  }
}

TEST(RefusalsTest, EditsOfTopicsAreAnsweredInTimeAndNotMadeLater) {
  const auto subscribe = [](World& world, int n) {
    return world.EditTopic(
        {TopicEdit::Kind::kSubscribe, "t", {"http://h/" + std::to_string(n), ""}});
  };
  for (const bool reads : {false, true}) {
    World world;
    world.Subscribe("t", {"http://h/0"});
    const std::string before = world.TopicEntry("t")->value;
    reads ? world.HangReads(seconds(60)) : world.HangWrites(seconds(60));
    std::vector<Place> answers;
    for (int i = 1; i <= 20; ++i) answers.push_back(subscribe(world, i));
    world.Run(kSoon);
    for (const Place& answer : answers) {
      ASSERT_TRUE(answer->has_value());
      EXPECT_EQ(answer->value().kind, Answer::Kind::kUnavailable);
    }
    world.Run(seconds(70));
    EXPECT_EQ(world.TopicEntry("t")->value, before);
    EXPECT_EQ(world.engine->counts().queued_writes, 0u);
  }
}

// A message to a topic is read for first and stored then: both together are in time.
TEST(RefusalsTest, AMessageToATopicIsAnsweredInTimeThoughItsReadTookLong) {
  World world;
  world.Subscribe("t", {"http://h/0"});
  world.Restart();
  world.HangReads(milliseconds(1'900));
  world.HangWrites(seconds(60));
  TxnRequest request = World::Request(Model::kMessage, "m");
  auto body = std::make_shared<Body>(*request.body);
  body->steps[0].action = "topic://t";
  request.body = body;
  const Place answer = world.Submit(request);
  world.Run(kSoon);
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ(answer->value().kind, Answer::Kind::kUnavailable);
}

// A change whose fate is not known is settled, and its repeat is told the same.
TEST(RefusalsTest, AChangeOfUnknownOutcomeIsSettledAndItsRepeatIsSafe) {
  for (const CommitFault fault : {CommitFault::kLostAnswer, CommitFault::kLostRequest}) {
    World world;
    world.PrepareWith(Model::kTcc, "g", 1);
    world.store->InjectFault(fault);
    const Place answer = world.Submit(World::Request(Model::kTcc, "g"));
    world.Run(kSoon);
    ASSERT_TRUE(answer->has_value());
    EXPECT_EQ(answer->value().kind, Answer::Kind::kUnavailable);
    const Place again = world.Submit(World::Request(Model::kTcc, "g"));
    world.Run(kSoon);
    EXPECT_EQ(again->value().kind, Answer::Kind::kSuccess);
    EXPECT_EQ(world.participant.Count("01/confirm"), 1u);
  }
}

TEST(RecallTest, GoesToWhoeverComesFirst) {
  Recall recall;
  EXPECT_TRUE(recall.Begin());
  EXPECT_FALSE(recall.CallOff()) << "it is under way";
  EXPECT_FALSE(recall.WaitAgain()) << "and is not tried again";
  recall.Reset();
  EXPECT_TRUE(recall.Begin());
  EXPECT_TRUE(recall.WaitAgain());
  EXPECT_TRUE(recall.CallOff()) << "it waits again";
  EXPECT_FALSE(recall.Begin());
}

}  // namespace
}  // namespace treaty::testing
