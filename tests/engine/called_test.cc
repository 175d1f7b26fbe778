// Who was called is remembered: nobody is compensated who was not, unless a process has crashed.

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "core/model.h"
#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Script kOngoing{Outcome::kOngoing, ""};
const Script kUnknown{Outcome::kUnknown, "status 500"};
const Script kNotSent{Outcome::kNotSent, "no descriptors"};

// In each progress mode, alone and where others may reach the store.
class CalledTest : public ::testing::TestWithParam<std::tuple<ProgressMode, bool>> {
 protected:
  CalledTest() {
    world_.leased = std::get<1>(GetParam());
    world_.Restart();
    terms_.progress = std::get<0>(GetParam());
  }

  // Has called the first of `steps` steps, which is still at work, and sleeps out of memory.
  void SubmitSleeper(std::size_t steps, seconds timeout) {
    terms_.retry_interval = seconds(30);
    terms_.timeout_to_fail = timeout;
    world_.participant.scripts["a1"] = {kOngoing};
    world_.Submit(World::Saga("g", steps, terms_));
    world_.Run(seconds(1));
    EXPECT_EQ(world_.engine->counts().live_txns, 0U);
  }

  // Stops in order; what is restarted later finds what that has left.
  void Stop() {
    bool stopped = false;
    world_.engine->Stop(seconds(1), [&stopped] { stopped = true; });
    world_.Run(seconds(3));
    EXPECT_TRUE(stopped);
  }

  void CrashFor(Duration duration) {
    world_.Crash();
    world_.Run(duration);
    world_.Restart();
  }

  // A repeat of the request, which reads the record again where others may have written it.
  void Repeat(const TxnRequest& request) {
    world_.Submit(request);
    world_.Run(milliseconds(20));
  }

  void ExpectUndone(const std::string& gid, const std::vector<std::size_t>& counts) {
    EXPECT_EQ(world_.Status(gid), TxnStatus::kFailed);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const std::string name = "0" + std::to_string(i + 1) + "/compensate";
      EXPECT_EQ(world_.participant.Count(name), counts[i]) << name;
    }
  }

  World world_;
  Terms terms_;
};

TEST_P(CalledTest, ASleepIsNoCrash) {
  SubmitSleeper(2, seconds(4));
  world_.Run(seconds(30));
  ExpectUndone("g", {1, 0});
}

TEST_P(CalledTest, ManySleepsAreNone) {
  terms_.retry_interval = seconds(20);
  terms_.timeout_to_fail = seconds(300);
  world_.participant.scripts["a1"] = {kOngoing, kUnknown, kNotSent, {}};
  world_.participant.scripts["a2"] = {kOngoing, kUnknown};
  world_.Submit(World::Saga("g", 4, terms_));
  world_.Run(seconds(1'000));
  ExpectUndone("g", {1, 1, 0, 0});
}

TEST_P(CalledTest, StepsOfAGraphThatSleepsAreReachedInTheirOrder) {
  terms_.retry_interval = seconds(30);
  terms_.timeout_to_fail = seconds(40);
  terms_.concurrent = true;
  terms_.after = {{}, {}, {{0}, {1}}, {{2}}};
  world_.participant.scripts["a1"] = {kOngoing, {}};
  world_.participant.scripts["a2"] = {kUnknown};
  world_.Submit(World::Saga("g", 4, terms_));
  world_.Run(seconds(100));
  ExpectUndone("g", {1, 1, 0, 0});
}

TEST_P(CalledTest, ARollbackThatSleepsKeepsTheSet) {
  terms_.retry_interval = seconds(30);
  world_.participant.scripts["a2"] = {{Outcome::kFailure, "no"}};
  world_.participant.scripts["c2"] = {kUnknown, kOngoing, {}};
  world_.participant.scripts["c1"] = {kUnknown, {}};
  world_.Submit(World::Saga("g", 3, terms_));
  world_.Run(seconds(1'000));
  ExpectUndone("g", {2, 3, 0});
}

TEST_P(CalledTest, AnOrderlyStopIsNoCrash) {
  terms_.retry_interval = seconds(1);  // Too short to leave memory.
  terms_.timeout_to_fail = seconds(5);
  world_.participant.scripts["a1"] = {kOngoing};
  world_.Submit(World::Saga("g", 3, terms_));
  world_.Run(milliseconds(500));
  Stop();
  CrashFor(seconds(10));
  world_.Run(seconds(60));
  ExpectUndone("g", {1, 0, 0});
}

TEST_P(CalledTest, NeitherIsOneRightBeforeTheNextCall) {
  terms_.timeout_to_fail = seconds(5);
  world_.participant.scripts["a1"] = {{Outcome::kSuccess, "", milliseconds(300)}};
  world_.Submit(World::Saga("g", 3, terms_));
  world_.Run(milliseconds(100));
  Stop();
  EXPECT_EQ(world_.participant.Count("02/action"), 0U);
  CrashFor(seconds(10));
  world_.Run(seconds(60));
  ExpectUndone("g", {1, 0, 0});
}

TEST_P(CalledTest, WhatAStopLeavesIsTakenUpAgain) {
  world_.participant.scripts["a1"] = {{Outcome::kSuccess, "", milliseconds(300)}};
  world_.Submit(World::Saga("g", 2, terms_));
  world_.Run(milliseconds(100));
  Stop();
  world_.Restart();
  world_.Run(seconds(10));
  EXPECT_EQ(world_.Status("g"), TxnStatus::kSucceed);
}

TEST_P(CalledTest, AnotherWriterAndAReadAreNoCrash) {
  terms_.timeout_to_fail = seconds(5);
  terms_.request_timeout = seconds(2);
  world_.participant.scripts["a1"] = {kSilent};
  const TxnRequest saga = World::Saga("g", 3, terms_);
  world_.Submit(saga);
  world_.Run(milliseconds(100));
  Repeat(saga);
  world_.WriteAsAnother("g", [](Txn& txn) { txn.backoff = 1; });  // The next write is refused.
  world_.Run(milliseconds(3'000));
  Repeat(saga);
  world_.Run(seconds(60));
  ExpectUndone("g", {1, 0, 0});
}

TEST_P(CalledTest, AnotherWriterOfASleeperIsNoCrash) {
  SubmitSleeper(3, seconds(20));
  world_.WriteAsAnother("g", [](Txn& txn) { txn.backoff = 1; });
  world_.ResetNextCronTime("g");
  world_.Run(seconds(60));
  ExpectUndone("g", {1, 0, 0});
}

// One that woke up calls on with the record being nobody's only as far as that names who is called.
TEST_P(CalledTest, ACrashAfterASleepForgetsNobody) {
  terms_.retry_interval = seconds(30);
  terms_.timeout_to_fail = seconds(60);
  world_.participant.scripts["a1"] = {kOngoing, {}};
  world_.participant.scripts["a2"] = {kSilent};
  world_.Submit(World::Saga("g", 2, terms_));
  for (int i = 0; i < 100'000 && world_.participant.Count("02/action") == 0; ++i) {
    world_.Run(milliseconds(1));
  }
  ASSERT_EQ(world_.participant.Count("02/action"), 1U);
  CrashFor(seconds(100));
  world_.Run(seconds(60));
  ExpectUndone("g", {1, 1});
}

// Of a call that was not sent nobody has seen anything.
TEST_P(CalledTest, WhatWasNeverSentIsNotUndone) {
  for (const int interval : {1, 10}) {  // It stays in memory; it sleeps in between.
    const std::string gid = "g" + std::to_string(interval);
    terms_.retry_interval = seconds(interval);
    terms_.timeout_to_fail = seconds(40);
    world_.participant.calls.clear();
    world_.participant.scripts["a2"] = {kNotSent};
    world_.Submit(World::Saga(gid, 3, terms_));
    world_.Run(seconds(100));
    EXPECT_GT(world_.participant.Count("02/action"), 1U);
    ExpectUndone(gid, {1, 0, 0});
  }
}

TEST_P(CalledTest, WhereNothingWasEverSentNothingIsUndone) {
  terms_.retry_interval = seconds(1);
  terms_.timeout_to_fail = seconds(4);
  world_.participant.scripts["a1"] = {kNotSent};
  world_.Submit(World::Saga("g", 2, terms_));
  world_.Run(seconds(60));
  ExpectUndone("g", {0, 0});
}

// In whatever order they come: one call that may have been seen is enough.
TEST_P(CalledTest, ACallThatWasSentIsNotForgottenForOneThatWasNot) {
  const std::vector<std::vector<Script>> orders = {
      {kUnknown, kNotSent}, {kNotSent, kUnknown, kNotSent}, {kNotSent, kOngoing, kNotSent}};
  for (const int interval : {1, 10}) {
    for (std::size_t i = 0; i < orders.size(); ++i) {
      const std::string gid = "g" + std::to_string(i) + "-" + std::to_string(interval);
      terms_.retry_interval = seconds(interval);
      terms_.timeout_to_fail = seconds(100);
      world_.participant.calls.clear();
      world_.participant.scripts["a1"] = orders[i];
      world_.Submit(World::Saga(gid, 2, terms_));
      world_.Run(seconds(200));
      ExpectUndone(gid, {1, 0});
    }
  }
}

// Its call is under way when another branch is refused, and stored as that.
TEST_P(CalledTest, WhatTurnsOutUnsentDuringTheRollbackIsNotUndone) {
  for (const bool ordered : {false, true}) {
    const std::string gid = ordered ? "ordered" : "free";
    terms_.concurrent = true;
    terms_.after = {};
    if (ordered) terms_.after = {{}, {}, {}, {{2}}};
    world_.participant.calls.clear();
    world_.participant.scripts["a1"] = {{Outcome::kFailure, "no", milliseconds(100)}};
    world_.participant.scripts["a2"] = {{Outcome::kNotSent, "", milliseconds(500)}};
    world_.participant.scripts["a3"] = {{Outcome::kUnknown, "", milliseconds(500)}};
    world_.participant.scripts["a4"] = {{Outcome::kNotSent, "", milliseconds(700)}};
    world_.Submit(World::Saga(gid, 4, terms_));
    world_.Run(milliseconds(200));
    ASSERT_EQ(world_.Status(gid), TxnStatus::kAborting);
    EXPECT_TRUE(world_.Stored(gid).txn.branches[1].called);
    world_.Run(seconds(60));
    ExpectUndone(gid, {1, 0, 1, 0});
  }
}

// Another branch's result is stored while the call is under way, with the mark, and sleeps.
TEST_P(CalledTest, WhatWasStoredMeanwhileIsTakenBack) {
  terms_.concurrent = true;
  terms_.retry_interval = seconds(30);
  terms_.timeout_to_fail = seconds(50);
  world_.participant.scripts["a1"] = {{Outcome::kSuccess, "", milliseconds(100)}};
  world_.participant.scripts["a2"] = {{Outcome::kNotSent, "", milliseconds(900)}};
  world_.Submit(World::Saga("g", 2, terms_));
  world_.Run(seconds(100));
  ExpectUndone("g", {1, 0});
}

// Only a crash may widen the set: nobody knows then what the call has come to.
TEST_P(CalledTest, AfterACrashDuringTheCallItCounts) {
  terms_.timeout_to_fail = seconds(20);
  world_.participant.scripts["a1"] = {{Outcome::kNotSent, "", seconds(1)}};
  world_.Submit(World::Saga("g", 1, terms_));
  world_.Run(milliseconds(500));
  CrashFor(seconds(30));
  world_.Run(seconds(60));
  ExpectUndone("g", {1});
}

TEST_P(CalledTest, AnotherWriterAndAReadDoNotMakeItCount) {
  terms_.timeout_to_fail = seconds(10);
  terms_.retry_interval = seconds(1);
  world_.participant.scripts["a1"] = {{Outcome::kNotSent, "", milliseconds(900)}};
  const TxnRequest saga = World::Saga("g", 2, terms_);
  world_.Submit(saga);
  for (int i = 0; i < 8; ++i) {
    world_.Run(milliseconds(500));
    Repeat(saga);
    world_.WriteAsAnother("g", [](Txn& txn) { txn.backoff = 1; });  // The next write is refused.
  }
  world_.Run(seconds(60));
  ExpectUndone("g", {0, 0});
}

// A record of a version that did not store who was called.
TEST_P(CalledTest, WhatAnOlderVersionHasParkedIsNotTrusted) {
  SubmitSleeper(2, seconds(4));
  world_.WriteAsAnother("g", [](Txn& txn) { txn.names_called = false; });
  world_.Run(seconds(60));
  const bool behind = terms_.progress == ProgressMode::kBehind;
  ExpectUndone("g", {1, behind ? 1U : 0U});
}

INSTANTIATE_TEST_SUITE_P(Everywhere, CalledTest,
                         ::testing::Combine(::testing::Values(ProgressMode::kDurable,
                                                              ProgressMode::kBehind),
                                            ::testing::Bool()),
                         [](const auto& param) {
                           const bool behind = std::get<0>(param.param) == ProgressMode::kBehind;
                           return std::string(behind ? "Behind" : "Durable") +
                                  (std::get<1>(param.param) ? "Leased" : "Alone");
                         });

// A client's request that another instance serves, and a take-over.
class CalledElsewhereTest : public ::testing::Test {
 protected:
  CalledElsewhereTest() {
    world_.leased = true;
    world_.Restart();
    EXPECT_TRUE(world_.store->BeginLease(kOther).ok());
    terms_.progress = ProgressMode::kBehind;
    terms_.timeout_to_fail = seconds(10);
  }

  // The other one has called the first of three steps, of which it sleeps.
  void Theirs(const std::string& owner, Time wake) {
    const TxnRequest request = World::Saga("g", 3, terms_);
    Txn txn = model::Create(request.body, request.terms, TxnStatus::kSubmitted, world_.clock.Now());
    txn.version = 1;
    txn.branches[0].called = txn.branches[0].tried = true;
    txn.due = world_.clock.Now() + seconds(30);
    const Write write{.txn = &txn, .write_id = 7, .owner = owner, .wake = wake};
    Verdict verdict = Verdict::kStale;
    ASSERT_TRUE(world_.store->Commit({&write, 1}, {&verdict, 1}).ok());
  }

  std::string Called() {
    std::string called;
    for (const Branch& branch : world_.Stored("g").txn.branches)
      called += branch.called ? "1" : "0";
    return called;
  }

  inline static const LeaseTerms kOther{"other", "other/1", seconds(6)};
  World world_;
  Terms terms_;
};

TEST_F(CalledElsewhereTest, AChangeForAClientAddsNobody) {
  Theirs(kOther.owner, kNever);
  world_.ResetNextCronTime("g");
  world_.Run(seconds(1));
  EXPECT_EQ(world_.Stored("g").txn.version, 2U);
  EXPECT_EQ(Called(), "100");
}

TEST_F(CalledElsewhereTest, AForcedEndAddsNobody) {
  Theirs(kOther.owner, kNever);
  world_.ForceStop("g");
  world_.Run(seconds(1));
  EXPECT_EQ(world_.Status("g"), TxnStatus::kFailed);
  EXPECT_EQ(Called(), "100");
}

TEST_F(CalledElsewhereTest, WhatAnotherHasParkedIsTrusted) {
  Theirs("", world_.clock.Now() + seconds(10));
  world_.Run(seconds(60));
  EXPECT_EQ(world_.Status("g"), TxnStatus::kFailed);
  EXPECT_EQ(Called(), "100");
}

TEST_F(CalledElsewhereTest, WhatAnotherLeftBehindIsNot) {
  Theirs(kOther.owner, kNever);
  world_.Run(seconds(60));  // Its lease is not renewed.
  EXPECT_EQ(world_.Status("g"), TxnStatus::kFailed);
  EXPECT_EQ(Called(), "111");
}

// It has called as well, and parked the record, while a call of ours was under way.
TEST_F(CalledElsewhereTest, WhatAnotherHasCalledMeanwhileStaysCalled) {
  for (const int ends_after : {1'000, 3'000}) {  // Before that is read; after it.
    const std::string gid = "g" + std::to_string(ends_after);
    world_.participant.scripts["a1"] = {{Outcome::kNotSent, "", milliseconds(ends_after)},
                                        kUnknown};
    world_.Submit(World::Saga(gid, 2, terms_));
    world_.Run(milliseconds(500));
    Txn txn = world_.Stored(gid).txn;
    ++txn.version;
    txn.branches[0].called = txn.branches[0].tried = true;
    txn.due = world_.clock.Now() + seconds(30);
    const Write write{.kind = Write::Kind::kUpdate,
                      .txn = &txn,
                      .write_id = 7,
                      .wake = world_.clock.Now() + milliseconds(100)};
    Verdict verdict = Verdict::kStale;
    ASSERT_TRUE(world_.store->Commit({&write, 1}, {&verdict, 1}).ok());
    ASSERT_EQ(verdict, Verdict::kStored);
    world_.Run(seconds(60));
    EXPECT_EQ(world_.Status(gid), TxnStatus::kFailed);
    EXPECT_TRUE(world_.Stored(gid).txn.branches[0].called);
  }
}

}  // namespace
}  // namespace treaty::testing
