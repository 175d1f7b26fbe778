// Why a branch does not get on, in words: what is noted, for how long, and how much of it.

#include "core/outcome_text.h"

#include <gtest/gtest.h>

#include <string>

#include "core/scenario.h"

namespace treaty {
namespace {

using std::chrono::seconds;
constexpr auto kAction = Op::kAction;
constexpr auto kCompensate = Op::kCompensate;

TEST(OutcomeTextTest, SaysWhatItCountedAs) {
  EXPECT_EQ(OutcomeText(Outcome::kUnknown, "status 500"), "status 500");
  EXPECT_EQ(OutcomeText(Outcome::kUnknown, ""), "no definite answer");
  EXPECT_EQ(OutcomeText(Outcome::kOngoing, "status 425"), "ongoing: status 425");
  EXPECT_EQ(OutcomeText(Outcome::kOngoing, ""), "ongoing");
  EXPECT_EQ(OutcomeText(Outcome::kNotSent, "queued: timed out"), "not sent: queued: timed out");
  EXPECT_EQ(OutcomeText(Outcome::kFailure, "the whole body"), "FAILURE");
}

TEST(OutcomeTextTest, IsCutBetweenCodePoints) {
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string account(shift, 'a');
    while (account.size() <= 2 * kMaxOutcomeBytes) account += "\xe4\xbd\xa0";
    const std::string text = OutcomeText(Outcome::kUnknown, account);
    EXPECT_LE(text.size(), kMaxOutcomeBytes);
    ASSERT_TRUE(text.ends_with("...")) << text;
    EXPECT_EQ((text.size() - 3 - shift) % 3, 0U);
  }
  const std::string just(kMaxOutcomeBytes, 'x');
  EXPECT_EQ(OutcomeText(Outcome::kUnknown, just), just);
}

TEST(OutcomeTextTest, ASagasBranchKeepsItUntilItGetsOn) {
  Scenario saga(2);
  saga.Submit().Reply(1, kAction, Outcome::kUnknown, "status 500");
  EXPECT_EQ(saga.txn().branches[0].last_outcome, "status 500");
  saga.Pass(seconds(60)).Tick().Reply(1, kAction, Outcome::kOngoing, "status 425");
  EXPECT_EQ(saga.txn().branches[0].last_outcome, "ongoing: status 425");
  saga.Pass(seconds(60)).Tick().Reply(1, kAction, Outcome::kSuccess);
  EXPECT_EQ(saga.txn().branches[0].last_outcome, "");
  EXPECT_EQ(saga.txn().branches[1].last_outcome, "");
}

TEST(OutcomeTextTest, ARollbackShowsItsOwnAndWhyItWasGivenUp) {
  Scenario saga(2);
  saga.terms().retry_limit = 1;
  saga.Submit().Reply(1, kAction, Outcome::kSuccess);
  saga.Reply(2, kAction, Outcome::kUnknown, "status 500").Pass(seconds(60)).Tick();
  saga.Reply(2, kAction, Outcome::kUnknown, "timed out");
  ASSERT_EQ(saga.txn().status, TxnStatus::kAborting);
  EXPECT_EQ(saga.txn().branches[1].last_outcome, "timed out");
  saga.Reply(2, kCompensate, Outcome::kSuccess);
  EXPECT_EQ(saga.txn().branches[1].last_outcome, "timed out");
  EXPECT_EQ(saga.txn().branches[1].last_op, kAction);
  saga.Reply(1, kCompensate, Outcome::kFailure, "a body");
  EXPECT_EQ(saga.txn().branches[0].last_outcome, "FAILURE");
  EXPECT_EQ(saga.txn().branches[0].last_op, kCompensate);
  saga.Pass(seconds(60)).Tick().Reply(1, kCompensate, Outcome::kSuccess);
  EXPECT_EQ(saga.txn().branches[0].last_outcome, "");
}

TEST(OutcomeTextTest, EveryModelNotesIt) {
  for (const Model model : {Model::kTcc, Model::kXa}) {
    Scenario pact(0, model);
    pact.Prepare().Register(1).Submit().Reply(1, kAction, Outcome::kNotSent, "no room");
    EXPECT_EQ(pact.txn().branches[0].last_outcome, "not sent: no room");
    pact.Pass(seconds(60)).Tick().Reply(1, kAction, Outcome::kSuccess);
    EXPECT_EQ(pact.txn().branches[0].last_outcome, "");
  }
  Scenario message(1, Model::kMessage);
  message.Submit().Reply(1, kAction, Outcome::kFailure, "no");
  EXPECT_EQ(message.txn().branches[0].last_outcome, "FAILURE");
}

TEST(OutcomeTextTest, AskingTheClientIsNotedForTheTransaction) {
  Scenario message(1, Model::kMessage);
  message.Prepare().Pass(seconds(60)).Tick().ReplyQuery(Outcome::kUnknown, "name not found");
  EXPECT_EQ(message.txn().last_outcome, "name not found");
  message.Pass(seconds(60)).Tick().ReplyQuery(Outcome::kSuccess);
  EXPECT_EQ(message.txn().last_outcome, "");
  Scenario workflow(0, Model::kWorkflow);
  workflow.Prepare().Pass(seconds(60)).Tick().ReplyQuery(Outcome::kUnknown, "status 502");
  EXPECT_EQ(workflow.txn().last_outcome, "status 502");
  workflow.EndWorkflow(TxnStatus::kSucceed);
  EXPECT_EQ(workflow.txn().last_outcome, "");
}

}  // namespace
}  // namespace treaty
