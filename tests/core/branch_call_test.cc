// What goes into a call, by model and operation (protocol §4.2, §4.6, §18).

#include "core/branch_call.h"

#include <gtest/gtest.h>

#include <memory>

#include "core/model.h"

namespace treaty {
namespace {

using std::chrono::seconds;

// A transaction with one branch, in whatever way its model comes to one.
Txn WithOneBranch(Model model, Terms terms = {}) {
  auto body = std::make_shared<Body>();
  body->gid = "g";
  body->model = model;
  body->query_prepared = "http://client/ask";
  const Step step{"http://bank/out", "http://bank/back", "payload"};
  if (!TakesRegistrations(model)) body->steps = {step};
  Txn txn = model::Create(body, std::make_shared<Terms>(std::move(terms)), TxnStatus::kPrepared,
                          Time(seconds(1)));
  if (!TakesRegistrations(model)) return txn;
  txn.registered.push_back(std::make_shared<Step>(step));
  txn.branches.emplace_back();
  return txn;
}

BranchCall CallOf(Model model, Op op, Terms terms = {}) {
  const BranchIndex branch = op == Op::kQuery ? kNoBranch : BranchIndex{0};
  const Policy policy{.request_timeout = seconds(3)};
  return MakeCall(WithOneBranch(model, std::move(terms)), {branch, op}, policy);
}

TEST(BranchCallTest, TakesTheTransactionsOwnTimeOut) {
  Terms terms;
  terms.request_timeout = seconds(17);
  for (const Model model :
       {Model::kSaga, Model::kTcc, Model::kXa, Model::kMessage, Model::kWorkflow}) {
    const Op op = model == Model::kWorkflow ? Op::kQuery : Op::kAction;
    EXPECT_EQ(CallOf(model, op, terms).timeout, seconds(17)) << Name(model);
    EXPECT_EQ(CallOf(model, op).timeout, seconds(3)) << Name(model);
  }
}

TEST(BranchCallTest, PostsAWorkflowsResumeAndAnXasDecisionEvenWithoutABody) {
  EXPECT_TRUE(CallOf(Model::kWorkflow, Op::kQuery).is_post());
  EXPECT_EQ(CallOf(Model::kWorkflow, Op::kQuery).payload(), "");
  EXPECT_TRUE(CallOf(Model::kXa, Op::kAction).is_post());
  EXPECT_TRUE(CallOf(Model::kXa, Op::kCompensate).is_post());
  EXPECT_EQ(CallOf(Model::kXa, Op::kAction).payload(), "");
  EXPECT_FALSE(CallOf(Model::kMessage, Op::kQuery).is_post());
  EXPECT_TRUE(CallOf(Model::kSaga, Op::kAction).is_post());
}

TEST(BranchCallTest, CarriesAWorkflowsNameAndInput) {
  Terms terms;
  terms.workflow_name = "transfer";
  terms.workflow_input = "in";
  const BranchCall call = CallOf(Model::kWorkflow, Op::kQuery, terms);
  EXPECT_EQ(call.url(), "http://client/ask");
  EXPECT_EQ(call.op_name(), "transfer");
  EXPECT_EQ(call.branch_id(), "00");
  EXPECT_EQ(call.payload(), "in");
}

// Where a yes or no may stand anywhere in a reply, and where only alone: a compensation, and all
// of the second phase, must not be taken for done or undone because of a word in a text.
TEST(BranchCallTest, FindsWordsInForwardRepliesAndInAnswersOnly) {
  struct Case {
    Model model;
    Op op;
    bool anywhere;
  };
  const Case cases[] = {
      {Model::kSaga, Op::kAction, true},    {Model::kSaga, Op::kCompensate, false},
      {Model::kMessage, Op::kAction, true}, {Model::kMessage, Op::kQuery, true},
      {Model::kTcc, Op::kAction, false},    {Model::kTcc, Op::kCompensate, false},
      {Model::kXa, Op::kAction, false},     {Model::kXa, Op::kCompensate, false},
      {Model::kWorkflow, Op::kQuery, true},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(CallOf(one.model, one.op).finds_words(), one.anywhere)
        << Name(one.model) << " " << OpName(one.model, one.op);
  }
}

}  // namespace
}  // namespace treaty
