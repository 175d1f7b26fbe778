// Conversations of every model but the saga: the usual way, the way back, silence, time-outs.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/rollback_reason.h"
#include "core/scenario.h"

namespace treaty {
namespace {

using enum Op;
using enum Outcome;
using std::chrono::seconds;

Scenario Tcc() {
  Scenario tcc(0, Model::kTcc);
  tcc.Prepare().Register(1).Register(2);
  return tcc;
}

TEST(TccTest, ConfirmsInReverse) {
  Scenario tcc = Tcc();
  tcc.Submit().Reply(2, kAction, kSuccess).Reply(1, kAction, kSuccess);
  EXPECT_EQ(tcc.Transcript(), R"(
prepare -> prepared  wake 35s
register 01 -> prepared  wake 35s
register 02 -> prepared  wake 35s
submit -> submitted  call 02/confirm
02/confirm SUCCESS -> submitted  call 01/confirm
01/confirm SUCCESS -> succeed
)");
}

TEST(TccTest, CancelsWhenItsClientAborts) {
  Scenario tcc = Tcc();
  tcc.Abort().Submit().Register(3);
  tcc.Reply(2, kCompensate, kFailure).Pass(seconds(20)).Tick().Reply(2, kCompensate, kSuccess);
  tcc.Reply(1, kCompensate, kSuccess);
  EXPECT_EQ(tcc.Transcript(), R"(
prepare -> prepared  wake 35s
register 01 -> prepared  wake 35s
register 02 -> prepared  wake 35s
abort -> aborting  call 02/cancel
submit -> aborting (unchanged)
register 03 -> aborting (unchanged)
02/cancel FAILURE -> aborting k=1  wake 20s
tick 20s -> aborting (unchanged) k=1  call 02/cancel
02/cancel SUCCESS -> aborting  call 01/cancel
01/cancel SUCCESS -> failed
)");
  EXPECT_EQ(tcc.reason(), "changed my mind");
}

TEST(TccTest, CancelsWhenNobodyDecides) {
  Scenario tcc = Tcc();
  tcc.Pass(seconds(34)).Tick().Pass(seconds(1)).Tick().Abort().Reload();
  EXPECT_EQ(tcc.Transcript(), R"(
prepare -> prepared  wake 35s
register 01 -> prepared  wake 35s
register 02 -> prepared  wake 35s
tick 34s -> prepared (unchanged)  wake 35s
tick 35s -> aborting  call 02/cancel
abort -> aborting (unchanged)
reload -> aborting  call 02/cancel
)");
}

TEST(TccTest, GoesOnAfterACrash) {
  Scenario tcc = Tcc();
  tcc.Submit().Reload().Reply(2, kAction, kUnknown).Reload().Pass(seconds(20)).Tick();
  EXPECT_EQ(tcc.Transcript(), R"(
prepare -> prepared  wake 35s
register 01 -> prepared  wake 35s
register 02 -> prepared  wake 35s
submit -> submitted  call 02/confirm
reload -> submitted  call 02/confirm
02/confirm UNKNOWN -> submitted k=1  wake 20s
reload -> submitted k=1  wake 20s
tick 20s -> submitted (unchanged) k=1  call 02/confirm
)");
}

TEST(TccTest, ConfirmsAllAtOnceWhereAsked) {
  Scenario tcc(0, Model::kTcc);
  tcc.terms().concurrent_option = true;
  tcc.Prepare().Register(1).Register(2).Submit();
  tcc.Reply(1, kAction, kUnknown).Reply(2, kAction, kUnknown);
  tcc.Pass(seconds(20)).Tick().Reply(1, kAction, kSuccess).Reply(2, kAction, kSuccess);
  EXPECT_EQ(tcc.Transcript(), R"(
prepare -> prepared  wake 35s
register 01 -> prepared  wake 35s
register 02 -> prepared  wake 35s
submit -> submitted  call 02/confirm 01/confirm
01/confirm UNKNOWN -> submitted k=1  wake 20s
02/confirm UNKNOWN -> submitted k=1  wake 20s
tick 20s -> submitted (unchanged) k=1  call 02/confirm 01/confirm
01/confirm SUCCESS -> submitted
02/confirm SUCCESS -> succeed
)");
}

TEST(XaTest, CommitsInOrder) {
  Scenario xa(0, Model::kXa);
  xa.Prepare().Register(1).Register(2).Submit();
  xa.Reply(1, kAction, kOngoing).Pass(seconds(10)).Tick().Reply(1, kAction, kSuccess);
  xa.Reply(2, kAction, kSuccess);
  EXPECT_EQ(xa.Transcript(), R"(
prepare -> prepared  wake 35s
register 01 -> prepared  wake 35s
register 02 -> prepared  wake 35s
submit -> submitted  call 01/commit
01/commit ONGOING -> submitted  wake 10s
tick 10s -> submitted (unchanged)  call 01/commit
01/commit SUCCESS -> submitted  call 02/commit
02/commit SUCCESS -> succeed
)");
}

TEST(XaTest, RollsBackInOrderWhatWasNeverDecided) {
  Scenario xa(0, Model::kXa);
  xa.terms().timeout_to_fail = seconds(5);
  xa.Prepare().Register(1).Register(2).Pass(seconds(5)).Tick();
  xa.Reply(1, kCompensate, kSuccess).Reply(2, kCompensate, kSuccess);
  EXPECT_EQ(xa.Transcript(), R"(
prepare -> prepared  wake 5s
register 01 -> prepared  wake 5s
register 02 -> prepared  wake 5s
tick 5s -> aborting  call 01/rollback
01/rollback SUCCESS -> aborting  call 02/rollback
02/rollback SUCCESS -> failed
)");
}

TEST(MessageTest, IsDeliveredInOrder) {
  Scenario message(2, Model::kMessage);
  message.Submit().Reply(1, kAction, kFailure).Pass(seconds(20)).Tick();
  message.Reply(1, kAction, kSuccess).Reply(2, kAction, kSuccess);
  EXPECT_EQ(message.Transcript(), R"(
submit -> submitted  call 01/action
01/action FAILURE -> submitted k=1  wake 20s
tick 20s -> submitted (unchanged) k=1  call 01/action
01/action SUCCESS -> submitted  call 02/action
02/action SUCCESS -> succeed
)");
}

TEST(MessageTest, AsksItsClientWhenItIsNotSubmitted) {
  Scenario message(1, Model::kMessage);
  message.Prepare().Pass(seconds(35)).Tick();
  message.ReplyQuery(kOngoing).Pass(seconds(10)).Tick().ReplyQuery(kUnknown);
  message.Pass(seconds(20)).Tick().ReplyQuery(kSuccess).Reply(1, kAction, kSuccess);
  EXPECT_EQ(message.Transcript(), R"(
prepare -> prepared  wake 35s
tick 35s -> prepared (unchanged)  call 00/msg
00/msg ONGOING -> prepared  wake 45s
tick 45s -> prepared (unchanged)  call 00/msg
00/msg UNKNOWN -> prepared k=1  wake 65s
tick 65s -> prepared (unchanged) k=1  call 00/msg
00/msg SUCCESS -> submitted  call 01/action
01/action SUCCESS -> succeed
)");
}

TEST(MessageTest, IsDroppedWhenItsClientSaysNo) {
  Scenario message(1, Model::kMessage);
  message.Prepare().Pass(seconds(35)).Tick().ReplyQuery(kFailure, "rolled back");
  EXPECT_EQ(message.Transcript(), R"(
prepare -> prepared  wake 35s
tick 35s -> prepared (unchanged)  call 00/msg
00/msg FAILURE -> failed
)");
  EXPECT_EQ(message.reason(), "url:http://q return failed: rolled back FAILURE");
}

TEST(MessageTest, IsNotDeliveredBeforeItsDelayIsOver) {
  Scenario message(1, Model::kMessage);
  message.terms().delay = seconds(60);
  message.Submit().Tick().Pass(seconds(60)).Tick().Reply(1, kAction, kSuccess);
  EXPECT_EQ(message.Transcript(), R"(
submit -> submitted  wake 60s
tick 0s -> submitted (unchanged)  wake 60s
tick 60s -> submitted (unchanged)  call 01/action
01/action SUCCESS -> succeed
)");
}

TEST(WorkflowTest, RecordsAndEnds) {
  Scenario workflow(0, Model::kWorkflow);
  workflow.Prepare().Register(1, BranchStatus::kSucceed).Register(1, BranchStatus::kFailed);
  workflow.Register(2, BranchStatus::kSucceed).EndWorkflow(TxnStatus::kSucceed);
  EXPECT_EQ(workflow.Transcript(), R"(
prepare -> prepared  wake 10s
register 01 -> prepared  wake 10s
register 01 -> prepared (unchanged)  wake 10s
register 02 -> prepared  wake 10s
end succeed -> succeed
)");
}

TEST(WorkflowTest, IsResumedUntilItEnds) {
  Scenario workflow(0, Model::kWorkflow);
  workflow.Prepare().Pass(seconds(10)).Tick().ReplyQuery(kUnknown).Pass(seconds(20)).Tick();
  workflow.ReplyQuery(kFailure).Reload().ResetDue().Register(1, BranchStatus::kSucceed);
  workflow.EndWorkflow(TxnStatus::kFailed).ReplyQuery(kSuccess);
  EXPECT_EQ(workflow.Transcript(), R"(
prepare -> prepared  wake 10s
tick 10s -> prepared (unchanged)  call 00/workflow
00/workflow UNKNOWN -> prepared k=1  wake 30s
tick 30s -> prepared (unchanged) k=1  call 00/workflow
00/workflow FAILURE -> prepared k=1  wake 50s
reload -> prepared k=1  wake 50s
reset due -> prepared k=1  call 00/workflow
register 01 -> prepared  wake 40s
end failed -> failed
00/workflow SUCCESS -> failed (unchanged)
)");
}

TEST(WorkflowTest, IsResumedAtOnceOnRequest) {
  Scenario workflow(0, Model::kWorkflow);
  workflow.Prepare().ResetDue();
  EXPECT_EQ(workflow.Transcript(), R"(
prepare -> prepared  wake 10s
reset due -> prepared  call 00/workflow
)");
}

// Its client comes back by itself, whatever the terms say of intervals and time-outs.
TEST(WorkflowTest, WithoutAUrlHasNothingDueButIsRecordedAndEnded) {
  Scenario workflow(0, Model::kWorkflow);
  workflow.body().query_prepared.clear();
  workflow.terms().retry_interval = seconds(1);
  workflow.terms().timeout_to_fail = seconds(2);
  workflow.Prepare().Pass(seconds(100'000)).Tick().ResetDue();
  workflow.Register(1, BranchStatus::kSucceed).Reload().Tick().ResetDue();
  workflow.Register(1, BranchStatus::kFailed).Register(2, BranchStatus::kFailed);
  workflow.EndWorkflow(TxnStatus::kFailed);
  EXPECT_EQ(workflow.Transcript(), R"(
prepare -> prepared
tick 100000s -> prepared (unchanged)
reset due -> prepared (unchanged)
register 01 -> prepared
reload -> prepared
tick 100000s -> prepared (unchanged)
reset due -> prepared (unchanged)
register 01 -> prepared (unchanged)
register 02 -> prepared
end failed -> failed
)");
}

Decision Given(const Scenario& scenario, decltype(Event::what) what) {
  return model::Apply(scenario.txn(), {kStart, 1.0, std::move(what)}, {});
}

// What a submit after a prepare brings along replaces what was prepared (design §6).
TEST(TermsOfASubmitTest, AreTakenByEveryModelThatIsPrepared) {
  auto terms = std::make_shared<Terms>();
  terms->retry_interval = seconds(77);
  for (const Model model : {Model::kSaga, Model::kTcc, Model::kXa, Model::kMessage}) {
    Scenario prepared(model == Model::kSaga || model == Model::kMessage ? 1 : 0, model);
    prepared.Prepare();
    const Decision decision = Given(prepared, Submitted{terms});
    EXPECT_EQ(decision.durability, Durability::kDurable) << Name(model);
    EXPECT_EQ(decision.next.terms, terms) << Name(model);
    EXPECT_EQ(Given(prepared, Submitted{}).next.terms, prepared.txn().terms) << Name(model);
  }
}

// Whatever a client says, a record stays of a size that every store takes.
TEST(LongReasonTest, IsCutWhoeverGivesIt) {
  const std::string reason(kMaxReasonSize + 1, 'x');
  for (const Model model : {Model::kTcc, Model::kXa, Model::kMessage}) {
    Scenario prepared(model == Model::kMessage ? 1 : 0, model);
    prepared.Prepare();
    const Txn aborted = Given(prepared, Aborted{reason}).next;
    EXPECT_EQ(aborted.rollback_reason.size(), kMaxReasonSize) << Name(model);
  }
  Scenario workflow(0, Model::kWorkflow);
  workflow.Prepare();
  const Txn ended = Given(workflow, WorkflowEnded{TxnStatus::kFailed, reason, ""}).next;
  EXPECT_EQ(ended.rollback_reason.size(), kMaxReasonSize);
}

TEST(WorkflowTest, BacksOffFromAResumeThatCouldNotBeSent) {
  Scenario workflow(0, Model::kWorkflow);
  workflow.Prepare().Pass(seconds(10)).Tick().ReplyQuery(kNotSent).Pass(seconds(20)).Tick();
  workflow.ReplyQuery(kNotSent);
  EXPECT_EQ(workflow.Transcript(), R"(
prepare -> prepared  wake 10s
tick 10s -> prepared (unchanged)  call 00/workflow
00/workflow NOT SENT -> prepared k=1  wake 30s
tick 30s -> prepared (unchanged) k=1  call 00/workflow
00/workflow NOT SENT -> prepared k=2  wake 70s
)");
}

}  // namespace
}  // namespace treaty
