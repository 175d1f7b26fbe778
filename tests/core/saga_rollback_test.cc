// Conversations that turn round: whose compensation is called, when, and in which order.

#include <gtest/gtest.h>

#include "core/scenario.h"

namespace treaty {
namespace {

using enum Op;
using enum Outcome;
using std::chrono::seconds;

TEST(SagaRollbackTest, CompensatesTheFirstActionEvenThoughItFailed) {
  Scenario saga(3);
  saga.Submit().Reply(1, kAction, kFailure, "no money").Reply(1, kCompensate, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action FAILURE -> aborting  call 01/compensate
01/compensate SUCCESS -> failed
)");
  EXPECT_EQ(saga.Branches(), "[succeed,failed,prepared,prepared,prepared,prepared]");
  EXPECT_EQ(saga.reason(), "url:http://a/1 return failed: no money FAILURE");
  EXPECT_EQ(saga.txn().finished, kStart);
}

TEST(SagaRollbackTest, CompensatesNewestFirstWhenTheSecondActionFails) {
  Scenario saga(3);
  saga.Submit()
      .Reply(1, kAction, kSuccess)
      .Reply(2, kAction, kFailure)
      .Reply(2, kCompensate, kSuccess)
      .Reply(1, kCompensate, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action SUCCESS -> submitted  call 02/action
02/action FAILURE -> aborting  call 02/compensate
02/compensate SUCCESS -> aborting  call 01/compensate
01/compensate SUCCESS -> failed
)");
  EXPECT_EQ(saga.Branches(), "[succeed,succeed,succeed,failed,prepared,prepared]");
}

TEST(SagaRollbackTest, CompensatesEverythingWhenTheLastActionFails) {
  Scenario saga(3);
  saga.terms().progress = ProgressMode::kBehind;
  saga.Submit()
      .Reply(1, kAction, kSuccess)
      .Reply(2, kAction, kSuccess)
      .Reply(3, kAction, kFailure)
      .Reply(3, kCompensate, kSuccess)
      .Reply(2, kCompensate, kSuccess)
      .Reply(1, kCompensate, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action SUCCESS -> submitted (behind)  call 02/action
02/action SUCCESS -> submitted (behind)  call 03/action
03/action FAILURE -> aborting  call 03/compensate
03/compensate SUCCESS -> aborting (behind)  call 02/compensate
02/compensate SUCCESS -> aborting (behind)  call 01/compensate
01/compensate SUCCESS -> failed
)");
}

TEST(SagaRollbackTest, ConcurrentStepsAreCompensatedTogetherEachAfterItsOwnAction) {
  Scenario saga = AtOnce(3);
  saga.Submit()
      .Reply(1, kAction, kSuccess)
      .Reply(2, kAction, kFailure)
      .Reply(3, kAction, kUnknown)
      .Reply(1, kCompensate, kSuccess)
      .Reply(3, kCompensate, kSuccess)
      .Reply(2, kCompensate, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action 02/action 03/action
01/action SUCCESS -> submitted
02/action FAILURE -> aborting  call 01/compensate 02/compensate
03/action UNKNOWN -> aborting (unchanged)  call 03/compensate
01/compensate SUCCESS -> aborting
03/compensate SUCCESS -> aborting
02/compensate SUCCESS -> failed
)");
}

TEST(SagaRollbackTest, OrdersAreFollowedBackwards) {
  Scenario saga = AtOnce(4);
  saga.Order(1, 3).Order(2, 3).Order(3, 4);
  saga.Submit()
      .Reply(1, kAction, kSuccess)
      .Reply(2, kAction, kSuccess)
      .Reply(3, kAction, kSuccess)
      .Reply(4, kAction, kFailure)
      .Reply(4, kCompensate, kSuccess)
      .Reply(3, kCompensate, kSuccess)
      .Reply(1, kCompensate, kSuccess)
      .Reply(2, kCompensate, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action 02/action
01/action SUCCESS -> submitted
02/action SUCCESS -> submitted  call 03/action
03/action SUCCESS -> submitted  call 04/action
04/action FAILURE -> aborting  call 04/compensate
04/compensate SUCCESS -> aborting  call 03/compensate
03/compensate SUCCESS -> aborting  call 01/compensate 02/compensate
01/compensate SUCCESS -> aborting
02/compensate SUCCESS -> failed
)");
}

TEST(SagaRollbackTest, StepsNeverReachedAreLeftAlone) {
  Scenario saga = AtOnce(2);
  saga.Order(1, 2);
  saga.Submit().Reply(1, kAction, kFailure).Reply(1, kCompensate, kSuccess);

  EXPECT_EQ(saga.Branches(), "[succeed,failed,prepared,prepared]");
}

TEST(SagaRollbackTest, ALateSuccessIsKeptAndItsStepCompensatedAllTheSame) {
  Scenario saga = AtOnce(2);
  saga.Submit()
      .Reply(1, kAction, kFailure)
      .Reply(2, kAction, kSuccess)
      .Reply(1, kCompensate, kSuccess)
      .Reply(2, kCompensate, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action 02/action
01/action FAILURE -> aborting  call 01/compensate
02/action SUCCESS -> aborting (behind)  call 02/compensate
01/compensate SUCCESS -> aborting
02/compensate SUCCESS -> failed
)");
  EXPECT_EQ(saga.Branches(), "[succeed,failed,succeed,succeed]");
}

TEST(SagaRollbackTest, ASecondFailureDoesNotReplaceTheReason) {
  Scenario saga = AtOnce(2);
  saga.Submit().Reply(2, kAction, kFailure, "first").Reply(1, kAction, kFailure, "second");

  EXPECT_EQ(saga.reason(), "url:http://a/2 return failed: first FAILURE");
  EXPECT_EQ(saga.Branches(), "[prepared,failed,prepared,failed]");
}

TEST(SagaRollbackTest, LateRepliesWithoutAResultAndRepeatedOnesChangeNothing) {
  Scenario saga = AtOnce(2);
  saga.Submit()
      .Reply(1, kAction, kFailure)
      .Reply(1, kAction, kSuccess)
      .Reply(2, kAction, kOngoing)
      .Reply(2, kAction, kUnknown)
      .Reply(2, kCompensate, kSuccess)
      .Reply(2, kCompensate, kUnknown)
      .Reply(1, kCompensate, kSuccess)
      .Reply(2, kAction, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action 02/action
01/action FAILURE -> aborting  call 01/compensate
01/action SUCCESS -> aborting (unchanged)
02/action ONGOING -> aborting (unchanged)  call 02/compensate
02/action UNKNOWN -> aborting (unchanged)
02/compensate SUCCESS -> aborting
02/compensate UNKNOWN -> aborting (unchanged)
01/compensate SUCCESS -> failed
02/action SUCCESS -> failed (unchanged)
)");
}

TEST(SagaRollbackTest, StepsWithoutACompensationAreDoneInTheirTurn) {
  Scenario saga(3);
  saga.body().steps[0].compensate.clear();
  saga.body().steps[2].compensate.clear();
  saga.Submit()
      .Reply(1, kAction, kSuccess)
      .Reply(2, kAction, kSuccess)
      .Reply(3, kAction, kFailure)
      .Reply(2, kCompensate, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action SUCCESS -> submitted  call 02/action
02/action SUCCESS -> submitted  call 03/action
03/action FAILURE -> aborting  call 02/compensate
02/compensate SUCCESS -> failed
)");
  EXPECT_EQ(saga.Branches(), "[succeed,succeed,succeed,succeed,succeed,failed]");
}

TEST(SagaRollbackTest, StepsWithoutACompensationFollowTheOrdersBackwards) {
  Scenario saga = AtOnce(4);
  saga.Order(1, 2).Order(2, 3).Order(3, 4);
  for (const std::size_t i : {1U, 2U}) saga.body().steps[i].compensate.clear();
  saga.Submit()
      .Reply(1, kAction, kSuccess)
      .Reply(2, kAction, kSuccess)
      .Reply(3, kAction, kSuccess)
      .Reply(4, kAction, kFailure)
      .Reply(4, kCompensate, kSuccess);

  EXPECT_TRUE(
      saga.Transcript().ends_with("04/compensate SUCCESS -> aborting  call 01/compensate\n"))
      << saga.Transcript();
}

TEST(SagaRollbackTest, WithNothingToCallTheNextTickEndsIt) {
  Scenario saga(1);
  saga.body().steps[0].compensate.clear();
  saga.Submit().Reply(1, kAction, kFailure).Tick();

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action FAILURE -> aborting  wake now
tick 0s -> failed
)");
}

// As the reference does it: such a step counts as done, whatever its compensation is for.
TEST(SagaRollbackTest, AStepWithoutAnActionIsCompensatedOnceReached) {
  Scenario saga(2);
  saga.body().steps[0].action.clear();
  saga.Submit().Reply(2, kAction, kFailure).Reply(2, kCompensate, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 02/action
02/action FAILURE -> aborting  call 02/compensate
02/compensate SUCCESS -> aborting  call 01/compensate
)");
}

TEST(SagaRollbackTest, TheTimeoutTurnsItRoundAndIsToldInTheReason) {
  Scenario saga(2);
  saga.terms().timeout_to_fail = seconds(7);
  saga.Submit().Reply(1, kAction, kOngoing).Pass(seconds(6)).Tick().Pass(seconds(1)).Tick();

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action  wake 7s
01/action ONGOING -> submitted  wake 7s
tick 6s -> submitted (unchanged)  wake 7s
tick 7s -> aborting  call 01/compensate
)");
  EXPECT_EQ(saga.reason(), "Timeout after 7 seconds");
}

TEST(SagaRollbackTest, AfterItsTimeASagaCallsNoFurtherAction) {
  Scenario saga(2);
  saga.terms().timeout_to_fail = seconds(7);
  saga.Submit().Pass(seconds(7)).Reply(1, kAction, kSuccess).Tick();

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action  wake 7s
01/action SUCCESS -> submitted  wake now
tick 7s -> aborting  call 01/compensate
)");
}

TEST(SagaRollbackTest, TheTimeoutCountsFromThePrepare) {
  Scenario saga(1);
  saga.terms().timeout_to_fail = seconds(7);
  saga.Prepare().Pass(seconds(8)).Submit().Tick().Tick();

  EXPECT_EQ(saga.Transcript(), R"(
prepare -> prepared
submit -> submitted  wake now
tick 8s -> aborting  wake now
tick 8s -> failed
)");
  EXPECT_EQ(saga.Branches(), "[prepared,prepared]");
}

TEST(SagaRollbackTest, TheTimeoutDoesNotTouchASagaThatIsRollingBack) {
  Scenario saga(1);
  saga.terms().timeout_to_fail = seconds(7);
  saga.Submit().Reply(1, kAction, kFailure, "no").Pass(seconds(8)).Tick();

  EXPECT_TRUE(saga.Transcript().ends_with("tick 8s -> aborting (unchanged)\n"));
  EXPECT_EQ(saga.reason(), "url:http://a/1 return failed: no FAILURE");
}

TEST(SagaRollbackTest, ARestartedRollbackHoldsBackWhatMayStillBeUnderWay) {
  Scenario saga = AtOnce(2);
  saga.Submit()
      .Reply(1, kAction, kFailure)
      .Reload()
      .Reply(1, kCompensate, kSuccess)
      .Pass(seconds(3))
      .Tick()
      .Reply(2, kCompensate, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action 02/action
01/action FAILURE -> aborting  call 01/compensate
reload -> aborting  call 01/compensate  wake 3s
01/compensate SUCCESS -> aborting  wake 3s
tick 3s -> aborting (unchanged)  call 02/compensate
02/compensate SUCCESS -> failed
)");
}

TEST(SagaRollbackTest, TheHoldIsTheRequestTimeoutButTenSecondsAtMost) {
  Scenario quick(1);
  quick.terms().request_timeout = seconds(5);
  quick.Submit().Reload();
  EXPECT_EQ(quick.txn().live.hold_until, kStart + seconds(5));

  Scenario slow(1);
  slow.terms().request_timeout = seconds(3600);
  slow.Submit().Reload();
  EXPECT_EQ(slow.txn().live.hold_until, kStart + seconds(10));
}

// In this mode the record of the submit is the intent of every step.
TEST(SagaRollbackTest, AfterARestartEveryStepCountsAsCalledIfSuccessesAreWrittenBehind) {
  Scenario saga(3);
  saga.terms().progress = ProgressMode::kBehind;
  saga.Submit()
      .Reply(1, kAction, kSuccess)
      .Reload()
      .Reply(1, kAction, kFailure)
      .Pass(seconds(3))
      .Tick()
      .Reply(3, kCompensate, kSuccess)
      .Reply(2, kCompensate, kSuccess)
      .Reply(1, kCompensate, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action SUCCESS -> submitted (behind)  call 02/action
reload -> submitted  call 01/action
01/action FAILURE -> aborting  wake 3s
tick 3s -> aborting (unchanged)  call 03/compensate
03/compensate SUCCESS -> aborting (behind)  call 02/compensate
02/compensate SUCCESS -> aborting (behind)  call 01/compensate
01/compensate SUCCESS -> failed
)");
}

TEST(SagaRollbackTest, AfterARestartTheFrontierCountsAsCalledIfResultsAreDurable) {
  Scenario saga(3);
  saga.Submit().Reply(1, kAction, kSuccess).Reload();

  EXPECT_TRUE(saga.txn().branches[0].called);
  EXPECT_TRUE(saga.txn().branches[1].called);
  EXPECT_FALSE(saga.txn().branches[2].called);
}

TEST(SagaRollbackTest, ForceEndsItVisiblyAndForEver) {
  Scenario saga(2);
  saga.Submit().Pass(seconds(5)).ForceStop("ops", "broken participant");
  saga.Reply(1, kAction, kSuccess).Tick().ResetDue().Submit().ForceStop("other", "again");

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
force -> failed
01/action SUCCESS -> failed (unchanged)
tick 5s -> failed (unchanged)
reset due -> failed (unchanged)
submit -> failed (unchanged)
force -> failed (unchanged)
)");
  EXPECT_EQ(saga.txn().force, (Force{"ops", "broken participant", kStart + seconds(5)}));
  EXPECT_EQ(saga.txn().finished, kStart + seconds(5));
  EXPECT_EQ(saga.reason(), "");
}

TEST(SagaRollbackTest, ForceKeepsTheReasonOfARollback) {
  Scenario saga(1);
  saga.Submit().Reply(1, kAction, kFailure, "no").ForceStop("ops", "stuck");

  EXPECT_EQ(saga.txn().status, TxnStatus::kFailed);
  EXPECT_EQ(saga.reason(), "url:http://a/1 return failed: no FAILURE");
}

TEST(SagaRollbackTest, ForceEndsAPreparedSagaToo) {
  Scenario saga(1);
  saga.Prepare().ForceStop("ops", "orphan");

  EXPECT_EQ(saga.txn().status, TxnStatus::kFailed);
}

}  // namespace
}  // namespace treaty
