// Participants that are too busy say when they want to be called again.

#include <gtest/gtest.h>

#include "core/scenario.h"

namespace treaty {
namespace {

using enum Op;
using enum Outcome;
using std::chrono::seconds;

TEST(RetryAfterTest, TheNextCallComesAtTheLaterOfBackOffAndWhatWasAskedFor) {
  Scenario saga(1);
  saga.Submit().RetryAfter(seconds(60)).Reply(1, kAction, kUnknown).Pass(seconds(60)).Tick();
  saga.RetryAfter(seconds(5)).Reply(1, kAction, kUnknown).Pass(seconds(40)).Tick();
  saga.Reply(1, kAction, kUnknown);
  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action UNKNOWN -> submitted k=1  wake 60s
tick 60s -> submitted (unchanged) k=1  call 01/action
01/action UNKNOWN -> submitted k=2  wake 100s
tick 100s -> submitted (unchanged) k=2  call 01/action
01/action UNKNOWN -> submitted k=3  wake 180s
)");
}

TEST(RetryAfterTest, NobodyIsWaitedForLongerThanTheLongestInterval) {
  Scenario saga(1);
  saga.policy().retry_cap = seconds(300);
  saga.Submit().RetryAfter(seconds(86'400)).Reply(1, kAction, kUnknown);
  EXPECT_EQ(saga.txn().due, kStart + seconds(300));
}

TEST(RetryAfterTest, JitterMakesNoCallTooEarly) {
  Scenario saga(1);
  saga.Jitter(0.8).Submit().RetryAfter(seconds(60)).Reply(1, kAction, kUnknown);
  EXPECT_EQ(saga.txn().due, kStart + seconds(60));
}

TEST(RetryAfterTest, ALimitOfAttemptsCountsThemAllTheSame) {
  Scenario saga(1);
  saga.terms().retry_limit = 1;
  saga.Submit().RetryAfter(seconds(60)).Reply(1, kAction, kUnknown);
  EXPECT_EQ(saga.txn().due, kStart + seconds(60));
  EXPECT_EQ(saga.txn().branches[0].attempts, 1U);
  saga.Pass(seconds(60)).Tick().RetryAfter(seconds(60)).Reply(1, kAction, kUnknown);
  EXPECT_EQ(saga.txn().status, TxnStatus::kAborting);
}

// Whatever the word in its body: a busy participant is waited for.
TEST(RetryAfterTest, ItHoldsForWhatIsStillGoingOnToo) {
  Scenario saga(1);
  saga.Submit().RetryAfter(seconds(60)).Reply(1, kAction, kOngoing);
  EXPECT_EQ(saga.txn().due, kStart + seconds(60));
}

// All branches that wait do so for one time.
TEST(RetryAfterTest, TheAnswerOfAnotherBranchDoesNotBringItForward) {
  Scenario saga = AtOnce(3);
  saga.Submit().RetryAfter(seconds(120)).Reply(1, kAction, kUnknown);
  saga.Reply(2, kAction, kUnknown).Reply(3, kAction, kOngoing);
  EXPECT_EQ(saga.txn().due, kStart + seconds(120));
  saga.Pass(seconds(120)).Tick().Reply(1, kAction, kUnknown).Reply(2, kAction, kSuccess);
  EXPECT_EQ(saga.txn().due, kStart + seconds(120 + 40)) << "and is over with its time";
}

TEST(RetryAfterTest, WhoIsNotWaitingIsCalledMeanwhile) {
  Scenario saga = AtOnce(3);
  saga.Order(2, 3);
  saga.Submit().RetryAfter(seconds(120)).Reply(1, kAction, kUnknown).Reply(2, kAction, kSuccess);
  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action 02/action
01/action UNKNOWN -> submitted k=1  wake 120s
02/action SUCCESS -> submitted  call 03/action  wake 120s
)");
}

TEST(RetryAfterTest, CompensationsWaitToo) {
  for (const Outcome outcome : {kUnknown, kFailure}) {
    Scenario saga(2);
    saga.Submit().Reply(1, kAction, kSuccess).Reply(2, kAction, kFailure, "no");
    saga.RetryAfter(seconds(90)).Reply(2, kCompensate, outcome);
    EXPECT_EQ(saga.txn().due, kStart + seconds(90));
  }
}

TEST(RetryAfterTest, TheWayForwardDoesNotDelayTheWayBack) {
  Scenario saga = AtOnce(2);
  saga.Submit().RetryAfter(seconds(120)).Reply(1, kAction, kUnknown);
  saga.Reply(2, kAction, kFailure, "no");
  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action 02/action
01/action UNKNOWN -> submitted k=1  wake 120s
02/action FAILURE -> aborting  call 01/compensate 02/compensate
)");
  saga.Reply(2, kCompensate, kUnknown);
  EXPECT_EQ(saga.txn().due, kStart + seconds(20));
}

TEST(RetryAfterTest, EveryModelWaits) {
  for (const Model model : {Model::kTcc, Model::kXa}) {
    for (const bool forward : {true, false}) {
      Scenario two_phase(0, model);
      two_phase.Prepare().Register(1);
      forward ? two_phase.Submit() : two_phase.Abort();
      two_phase.RetryAfter(seconds(90)).Reply(1, forward ? kAction : kCompensate, kUnknown);
      EXPECT_EQ(two_phase.txn().due, kStart + seconds(90));
    }
  }
  Scenario delivered(1, Model::kMessage);
  delivered.Submit().RetryAfter(seconds(90)).Reply(1, kAction, kUnknown);
  EXPECT_EQ(delivered.txn().due, kStart + seconds(90));
  Scenario checked(1, Model::kMessage);
  checked.Prepare().Pass(seconds(35)).Tick().RetryAfter(seconds(90)).ReplyQuery(kUnknown);
  EXPECT_EQ(checked.txn().due, kStart + seconds(35 + 90));
  Scenario workflow(0, Model::kWorkflow);
  workflow.Prepare().Pass(seconds(10)).Tick().RetryAfter(seconds(90)).ReplyQuery(kUnknown);
  EXPECT_EQ(workflow.txn().due, kStart + seconds(10 + 90));
}

TEST(RetryAfterTest, IsDurable) {
  Scenario saga(1);
  saga.Submit().RetryAfter(seconds(120)).Reply(1, kAction, kUnknown).Pass(seconds(30)).Reload();
  EXPECT_EQ(saga.txn().due, kStart + seconds(120));
  saga.Pass(seconds(90)).Tick();
  EXPECT_TRUE(saga.Transcript().ends_with("call 01/action\n")) << saga.Transcript();
}

TEST(RetryAfterTest, AnOperatorNeedNotWait) {
  Scenario saga(1);
  saga.Submit().RetryAfter(seconds(120)).Reply(1, kAction, kUnknown).ResetDue();
  saga.Reply(1, kAction, kUnknown);
  EXPECT_EQ(saga.txn().due, kStart + seconds(40));
}

}  // namespace
}  // namespace treaty
