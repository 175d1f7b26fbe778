// Conversations with silent or busy participants: when a branch is called again, and how often.

#include <gtest/gtest.h>

#include "core/saga.h"
#include "core/scenario.h"

namespace treaty {
namespace {

using enum Op;
using enum Outcome;
using std::chrono::seconds;

TEST(SagaRetryTest, SilenceDoublesTheIntervalUpToTheCap) {
  Scenario saga(1);
  saga.policy().retry_cap = seconds(60);
  saga.Submit().Reply(1, kAction, kUnknown);
  for (const int interval : {20, 40, 60, 60}) {
    saga.Pass(seconds(interval)).Tick().Reply(1, kAction, kUnknown);
  }

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action UNKNOWN -> submitted k=1  wake 20s
tick 20s -> submitted (unchanged) k=1  call 01/action
01/action UNKNOWN -> submitted k=2  wake 60s
tick 60s -> submitted (unchanged) k=2  call 01/action
01/action UNKNOWN -> submitted k=3  wake 120s
tick 120s -> submitted (unchanged) k=3  call 01/action
01/action UNKNOWN -> submitted k=4  wake 180s
tick 180s -> submitted (unchanged) k=4  call 01/action
01/action UNKNOWN -> submitted k=5  wake 240s
)");
  EXPECT_EQ(saga.txn().branches[0].attempts, 5U);
}

TEST(SagaRetryTest, ABusyParticipantIsAskedAgainAtTheSameInterval) {
  Scenario saga(1);
  saga.Submit().Reply(1, kAction, kOngoing).Pass(seconds(10)).Tick().Reply(1, kAction, kUnknown);
  saga.Pass(seconds(20)).Tick().Reply(1, kAction, kOngoing);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action ONGOING -> submitted  wake 10s
tick 10s -> submitted (unchanged)  call 01/action
01/action UNKNOWN -> submitted k=1  wake 30s
tick 30s -> submitted (unchanged) k=1  call 01/action
01/action ONGOING -> submitted k=1  wake 50s
)");
  EXPECT_EQ(saga.txn().branches[0].attempts, 1U);
}

TEST(SagaRetryTest, ASuccessEndsTheBackOff) {
  Scenario saga(2);
  saga.Submit().Reply(1, kAction, kUnknown).Pass(seconds(20)).Tick().Reply(1, kAction, kUnknown);
  saga.Pass(seconds(40)).Tick().Reply(1, kAction, kSuccess).Reply(2, kAction, kUnknown);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action UNKNOWN -> submitted k=1  wake 20s
tick 20s -> submitted (unchanged) k=1  call 01/action
01/action UNKNOWN -> submitted k=2  wake 60s
tick 60s -> submitted (unchanged) k=2  call 01/action
01/action SUCCESS -> submitted  call 02/action
02/action UNKNOWN -> submitted k=1  wake 80s
)");
}

TEST(SagaRetryTest, ARoundOfManySilentBranchesIsOneStepOfBackOff) {
  Scenario saga = AtOnce(3);
  saga.Submit();
  for (const std::uint32_t step : {1U, 2U, 3U}) saga.Reply(step, kAction, kUnknown);
  saga.Pass(seconds(20)).Tick();
  for (const std::uint32_t step : {3U, 2U, 1U}) saga.Reply(step, kAction, kUnknown);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action 02/action 03/action
01/action UNKNOWN -> submitted k=1  wake 20s
02/action UNKNOWN -> submitted k=1  wake 20s
03/action UNKNOWN -> submitted k=1  wake 20s
tick 20s -> submitted (unchanged) k=1  call 01/action 02/action 03/action
03/action UNKNOWN -> submitted k=2  wake 60s
02/action UNKNOWN -> submitted k=2  wake 60s
01/action UNKNOWN -> submitted k=2  wake 60s
)");
}

TEST(SagaRetryTest, SilenceAfterASuccessOfTheSameRoundStillBacksOff) {
  Scenario saga = AtOnce(3);
  saga.Submit().Reply(1, kAction, kUnknown).Reply(2, kAction, kSuccess).Reply(3, kAction, kUnknown);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action 02/action 03/action
01/action UNKNOWN -> submitted k=1  wake 20s
02/action SUCCESS -> submitted  wake 20s
03/action UNKNOWN -> submitted k=1  wake 20s
)");
}

TEST(SagaRetryTest, WhoIsNotWaitingIsCalledWhileOthersWait) {
  Scenario saga = AtOnce(3);
  saga.Order(2, 3);
  saga.Submit().Reply(1, kAction, kOngoing).Reply(2, kAction, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action 02/action
01/action ONGOING -> submitted  wake 10s
02/action SUCCESS -> submitted  call 03/action  wake 10s
)");
}

TEST(SagaRetryTest, JitterMovesTheTimeButNotTheInterval) {
  Scenario saga(1);
  saga.Jitter(0.85).Submit().Reply(1, kAction, kUnknown).Jitter(1.2).Pass(seconds(17)).Tick();
  saga.Reply(1, kAction, kUnknown);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action UNKNOWN -> submitted k=1  wake 17s
tick 17s -> submitted (unchanged) k=1  call 01/action
01/action UNKNOWN -> submitted k=2  wake 65s
)");
}

TEST(SagaRetryTest, ARetryLimitAllowsOneCallMoreAtEvenIntervals) {
  Scenario saga(1);
  saga.terms().retry_limit = 2;
  saga.terms().retry_interval = seconds(3);
  saga.Submit().Reply(1, kAction, kUnknown);
  saga.Pass(seconds(3)).Tick().Reply(1, kAction, kUnknown);
  saga.Pass(seconds(3)).Tick().Reply(1, kAction, kUnknown);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action UNKNOWN -> submitted  wake 3s
tick 3s -> submitted (unchanged)  call 01/action
01/action UNKNOWN -> submitted  wake 6s
tick 6s -> submitted (unchanged)  call 01/action
01/action UNKNOWN -> aborting  call 01/compensate
)");
  EXPECT_EQ(saga.reason(), "RetryCount is greater than RetryLimit, RetryLimit: 2");
  EXPECT_EQ(saga.Branches(), "[prepared,prepared]");
}

TEST(SagaRetryTest, ARetryLimitCountsEachBranchAloneAndNeverOngoing) {
  Scenario saga = AtOnce(2);
  saga.terms().retry_limit = 1;
  saga.Submit().Reply(1, kAction, kUnknown).Reply(2, kAction, kUnknown);
  saga.Pass(seconds(10)).Tick().Reply(1, kAction, kOngoing).Reply(2, kAction, kSuccess);
  EXPECT_EQ(saga.txn().status, TxnStatus::kSubmitted);
  saga.Pass(seconds(10)).Tick().Reply(1, kAction, kUnknown);
  EXPECT_EQ(saga.txn().status, TxnStatus::kAborting);
}

// S5: the limit acts at the same attempt whatever crashed in between.
TEST(SagaRetryTest, ACallRepeatedAfterACrashIsTheSameAttempt) {
  Scenario saga(1);
  saga.terms().retry_limit = 1;
  saga.Submit().Reload().Reload().Reply(1, kAction, kUnknown);
  EXPECT_EQ(saga.txn().branches[0].attempts, 1U);
  saga.Pass(seconds(10)).Tick().Reload().Reply(1, kAction, kUnknown);
  EXPECT_EQ(saga.txn().status, TxnStatus::kAborting);
}

TEST(SagaRetryTest, ACompensationIsRetriedForEverEvenIfItSaysNo) {
  Scenario saga(1);
  saga.terms().retry_limit = 1;
  saga.Submit().Reply(1, kAction, kFailure).Reply(1, kCompensate, kFailure);
  saga.Pass(seconds(20)).Tick().Reply(1, kCompensate, kUnknown);
  saga.Pass(seconds(40)).Tick().Reply(1, kCompensate, kOngoing);
  saga.Pass(seconds(40)).Tick().Reply(1, kCompensate, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action FAILURE -> aborting  call 01/compensate
01/compensate FAILURE -> aborting k=1  wake 20s
tick 20s -> aborting (unchanged) k=1  call 01/compensate
01/compensate UNKNOWN -> aborting k=2  wake 60s
tick 60s -> aborting (unchanged) k=2  call 01/compensate
01/compensate ONGOING -> aborting k=2  wake 100s
tick 100s -> aborting (unchanged) k=2  call 01/compensate
01/compensate SUCCESS -> failed
)");
}

TEST(SagaRetryTest, TheWayBackDoesNotInheritTheWaitsOfTheWayForward) {
  Scenario saga = AtOnce(2);
  saga.Submit().Reply(1, kAction, kUnknown).Reply(2, kAction, kFailure);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action 02/action
01/action UNKNOWN -> submitted k=1  wake 20s
02/action FAILURE -> aborting  call 01/compensate 02/compensate
)");
}

TEST(SagaRetryTest, TheWaitSurvivesARestart) {
  Scenario saga(1);
  saga.Submit().Reply(1, kAction, kUnknown).Pass(seconds(5)).Reload().Pass(seconds(15)).Tick();

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action UNKNOWN -> submitted k=1  wake 20s
reload -> submitted k=1  wake 20s
tick 20s -> submitted (unchanged) k=1  call 01/action
)");
}

TEST(SagaRetryTest, AnOperatorMayEndTheWaitButNotTheBackOff) {
  Scenario saga(1);
  saga.Submit().ResetDue().Reply(1, kAction, kUnknown).Pass(seconds(5)).ResetDue().ResetDue();

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
reset due -> submitted (unchanged)
01/action UNKNOWN -> submitted k=1  wake 20s
reset due -> submitted k=1  call 01/action
reset due -> submitted (unchanged) k=1
)");
}

TEST(SagaRetryTest, TheNumberOfRoundsAndAttemptsDoesNotWrapRound) {
  Scenario scenario(1);
  scenario.Submit();
  Txn txn = scenario.txn();
  txn.backoff = ~0U;
  txn.branches[0].attempts = ~0U;
  const Decision decision =
      saga::Apply(txn, {kStart, 1.0, Replied{{0}, kAction, kUnknown, "", true}}, Policy());
  EXPECT_EQ(decision.next.backoff, ~0U);
  EXPECT_EQ(decision.next.branches[0].attempts, ~0U);
  EXPECT_EQ(decision.next.due, kStart + seconds(300));
}

// The participant never saw it: its patience is not used up (S5).
TEST(SagaRetryTest, ACallThatWasNotSentIsNoAttempt) {
  Scenario saga(1);
  saga.terms().retry_limit = 1;
  saga.Submit();
  for (const int pause : {20, 40, 80}) {  // Nor does the limit's even pace hold for it.
    saga.Reply(1, kAction, kNotSent).Pass(seconds(pause)).Tick();
  }
  EXPECT_EQ(saga.txn().branches[0].attempts, 0U);
  EXPECT_EQ(saga.txn().backoff, 3U);
  saga.Reply(1, kAction, kUnknown).Pass(seconds(10)).Tick().Reply(1, kAction, kSuccess);
  EXPECT_EQ(saga.txn().status, TxnStatus::kSucceed);
}

// Without a limit it backs off as any call without an answer: there is no room now.
TEST(SagaRetryTest, ACallThatWasNotSentBacksOff) {
  Scenario saga(1);
  saga.Submit().Reply(1, kAction, kNotSent).Pass(seconds(20)).Tick().Reply(1, kAction, kNotSent);
  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action NOT SENT -> submitted k=1  wake 20s
tick 20s -> submitted (unchanged) k=1  call 01/action
01/action NOT SENT -> submitted k=2  wake 60s
)");
}

}  // namespace
}  // namespace treaty
