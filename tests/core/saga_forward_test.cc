// Conversations that go forward: success, in every shape a saga can have.

#include <gtest/gtest.h>

#include "core/scenario.h"

namespace treaty {
namespace {

using enum Op;
using enum Outcome;
using std::chrono::seconds;

TEST(SagaForwardTest, CallsOneActionAfterTheOther) {
  Scenario saga(3);
  saga.Submit().Reply(1, kAction, kSuccess).Reply(2, kAction, kSuccess).Reply(3, kAction, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action SUCCESS -> submitted  call 02/action
02/action SUCCESS -> submitted  call 03/action
03/action SUCCESS -> succeed
)");
  EXPECT_EQ(saga.Branches(), "[prepared,succeed,prepared,succeed,prepared,succeed]");
  EXPECT_EQ(saga.txn().finished, kStart);
}

TEST(SagaForwardTest, SuccessesAreWrittenBehindIfAskedForButNeverTheLast) {
  Scenario saga(3);
  saga.terms().progress = ProgressMode::kBehind;
  saga.Submit().Reply(1, kAction, kSuccess).Reply(2, kAction, kSuccess).Reply(3, kAction, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action SUCCESS -> submitted (behind)  call 02/action
02/action SUCCESS -> submitted (behind)  call 03/action
03/action SUCCESS -> succeed
)");
}

TEST(SagaForwardTest, ConcurrentStepsWaitForNobody) {
  Scenario saga = AtOnce(3);
  saga.Submit().Reply(3, kAction, kSuccess).Reply(1, kAction, kSuccess).Reply(2, kAction, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action 02/action 03/action
03/action SUCCESS -> submitted
01/action SUCCESS -> submitted
02/action SUCCESS -> succeed
)");
}

TEST(SagaForwardTest, ConcurrentStepsFollowTheirOrders) {
  Scenario saga = AtOnce(4);
  saga.Order(1, 3).Order(2, 3).Order(3, 4);
  saga.Submit()
      .Reply(2, kAction, kSuccess)
      .Reply(1, kAction, kSuccess)
      .Reply(3, kAction, kSuccess)
      .Reply(4, kAction, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action 02/action
02/action SUCCESS -> submitted
01/action SUCCESS -> submitted  call 03/action
03/action SUCCESS -> submitted  call 04/action
04/action SUCCESS -> succeed
)");
}

TEST(SagaForwardTest, AnOrderMayNameALaterStep) {
  Scenario saga = AtOnce(2);
  saga.Order(2, 1);
  saga.Submit().Reply(2, kAction, kSuccess).Reply(1, kAction, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 02/action
02/action SUCCESS -> submitted  call 01/action
01/action SUCCESS -> succeed
)");
}

TEST(SagaForwardTest, OrdersAndTheSequenceBothCount) {
  Scenario saga(3);
  saga.Order(1, 3);
  saga.Submit().Reply(1, kAction, kSuccess).Reply(2, kAction, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action SUCCESS -> submitted  call 02/action
02/action SUCCESS -> submitted  call 03/action
)");
}

TEST(SagaForwardTest, AnEmptySagaSucceedsAtItsFirstTick) {
  Scenario saga(0);
  saga.Submit().Tick();

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  wake now
tick 0s -> succeed
)");
}

TEST(SagaForwardTest, StepsWithoutAnActionAreDoneInTheirTurn) {
  Scenario saga(4);
  saga.body().steps[0].action.clear();
  saga.body().steps[2].action.clear();
  saga.body().steps[3].action.clear();
  saga.Submit();
  EXPECT_EQ(saga.Branches(),
            "[prepared,succeed,prepared,prepared,prepared,prepared,prepared,prepared]");
  saga.Reply(2, kAction, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 02/action
02/action SUCCESS -> succeed
)");
}

TEST(SagaForwardTest, StepsWithoutAnActionFollowTheirOrdersToo) {
  Scenario saga = AtOnce(4);
  saga.Order(4, 3).Order(3, 2).Order(2, 1);
  for (const std::size_t i : {0U, 1U, 2U}) saga.body().steps[i].action.clear();
  saga.Submit().Reply(4, kAction, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 04/action
04/action SUCCESS -> succeed
)");
}

TEST(SagaForwardTest, WithoutAnyActionTheFirstTickEndsIt) {
  Scenario saga(2);
  for (Step& step : saga.body().steps) step.action.clear();
  saga.Submit().Tick();

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  wake now
tick 0s -> succeed
)");
}

TEST(SagaForwardTest, APreparedSagaHasNoDutiesUntilItIsSubmitted) {
  Scenario saga(2);
  saga.Prepare().Pass(seconds(1'000'000)).Tick().ResetDue().Submit().Submit();

  EXPECT_EQ(saga.Transcript(), R"(
prepare -> prepared
tick 1000000s -> prepared (unchanged)
reset due -> prepared (unchanged)
submit -> submitted  call 01/action
submit -> submitted (unchanged)
)");
  EXPECT_EQ(saga.txn().created, kStart);
  EXPECT_EQ(saga.txn().updated, kStart + seconds(1'000'000));
}

TEST(SagaForwardTest, TheSubmitOfAPreparedSagaSettlesEmptyStepsToo) {
  Scenario saga(2);
  saga.body().steps[0].action.clear();
  saga.Prepare();
  EXPECT_EQ(saga.Branches(), "[prepared,prepared,prepared,prepared]");
  saga.Submit();
  EXPECT_EQ(saga.Branches(), "[prepared,succeed,prepared,prepared]");
}

TEST(SagaForwardTest, ASubmitMayReplaceTheTermsOfThePrepare) {
  Scenario saga(2);
  Terms terms;
  terms.concurrent = true;
  saga.Prepare().SubmitWith(terms);

  EXPECT_EQ(saga.Transcript(), R"(
prepare -> prepared
submit -> submitted  call 01/action 02/action
)");
}

TEST(SagaForwardTest, ARepeatedReplyChangesNothing) {
  Scenario saga(2);
  saga.Submit().Reply(1, kAction, kSuccess);
  for (const Outcome outcome : {kSuccess, kFailure, kOngoing, kUnknown}) {
    saga.Reply(1, kAction, outcome);
  }
  saga.Reply(2, kAction, kSuccess).Reply(2, kAction, kFailure);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action SUCCESS -> submitted  call 02/action
01/action SUCCESS -> submitted (unchanged)
01/action FAILURE -> submitted (unchanged)
01/action ONGOING -> submitted (unchanged)
01/action UNKNOWN -> submitted (unchanged)
02/action SUCCESS -> succeed
02/action FAILURE -> succeed (unchanged)
)");
}

TEST(SagaForwardTest, ARestartCallsAgainWhatHasNoResult) {
  Scenario saga(2);
  saga.Submit().Reply(1, kAction, kSuccess).Reload().Reply(2, kAction, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action SUCCESS -> submitted  call 02/action
reload -> submitted  call 02/action
02/action SUCCESS -> succeed
)");
}

TEST(SagaForwardTest, ARestartForgetsSuccessesThatWereToBeWrittenBehind) {
  Scenario saga(2);
  saga.terms().progress = ProgressMode::kBehind;
  saga.Submit().Reply(1, kAction, kSuccess).Reload().Reply(1, kAction, kSuccess);

  EXPECT_EQ(saga.Transcript(), R"(
submit -> submitted  call 01/action
01/action SUCCESS -> submitted (behind)  call 02/action
reload -> submitted  call 01/action
01/action SUCCESS -> submitted (behind)  call 02/action
)");
}

}  // namespace
}  // namespace treaty
