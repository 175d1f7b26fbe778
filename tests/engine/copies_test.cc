// Several instances, and what one of them decides on a copy that the others may have overtaken.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "engine/others.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class CopiesTest : public OthersTest, public ::testing::WithParamInterface<Model> {
 protected:
  void Prepare() {
    const auto answer = world_.Prepare(World::Request(GetParam(), "g"));
    Run(milliseconds(50));
    ASSERT_TRUE(answer->has_value());
    ASSERT_EQ(answer->value().kind, Answer::Kind::kSuccess);
  }

  // The answer to a registration, as soon as it has been served.
  std::optional<Answer> Register(const std::string& id) {
    const auto answer = world_.Register(World::Branch(GetParam(), "g", id));
    Run(milliseconds(50));
    return *answer;
  }

  void DecideElsewhere() {
    const bool ends = GetParam() == Model::kWorkflow;
    Change("g", [this, ends](Txn& txn) {
      txn.status = ends ? TxnStatus::kFailed : TxnStatus::kAborting;
      if (ends) txn.finished = world_.clock.Now();
    });
  }

  void RegisterElsewhere(const std::string& id) {
    Change("g", [id](Txn& txn) {
      txn.registered.push_back(World::Branch(GetParam(), "g", id).step);
      txn.branches.emplace_back();
    });
  }
};

TEST_P(CopiesTest, WhatBecomesAWriteNeedsNoReading) {
  Prepare();
  world_.failing.FailLoadsWith({Code::kUnavailable, "no readings"});
  for (const char* id : {"01", "02", "03"}) {
    EXPECT_EQ(Register(id)->kind, Answer::Kind::kSuccess) << id;
  }
  EXPECT_EQ(world_.failing.loads(), 0U);
  EXPECT_EQ(world_.Stored("g").txn.registered.size(), 3U);
}

TEST_P(CopiesTest, TheWriteFindsOutThatAnotherHasRegistered) {
  Prepare();
  RegisterElsewhere("01");
  EXPECT_EQ(Register("02")->kind, Answer::Kind::kSuccess);
  EXPECT_EQ(world_.Stored("g").txn.registered.size(), 2U);
  EXPECT_EQ(world_.failing.loads(), 1U);
}

TEST_P(CopiesTest, TheWriteFindsOutThatAnotherHasEndedIt) {
  Prepare();
  DecideElsewhere();
  const auto answer = Register("01");
  EXPECT_NE(answer->kind, Answer::Kind::kSuccess);
  EXPECT_TRUE(world_.Stored("g").txn.registered.empty());
}

TEST_P(CopiesTest, AnAnswerWithoutAWriteIsReadFirst) {
  Prepare();
  ASSERT_EQ(Register("01")->kind, Answer::Kind::kSuccess);
  DecideElsewhere();
  EXPECT_NE(Register("01")->kind, Answer::Kind::kSuccess) << "the copy knows the branch as its own";
  EXPECT_EQ(world_.failing.loads(), 1U);
}

// Where a request was served elsewhere once, the next one will be too.
TEST_P(CopiesTest, OneThatWasOvertakenIsReadBeforeTheNextWrite) {
  Prepare();
  RegisterElsewhere("01");
  ASSERT_EQ(Register("02")->kind, Answer::Kind::kSuccess);
  const std::size_t loads = world_.failing.loads();
  RegisterElsewhere("03");
  EXPECT_EQ(Register("04")->kind, Answer::Kind::kSuccess);
  EXPECT_EQ(world_.failing.loads(), loads + 1);
  EXPECT_EQ(world_.Stored("g").txn.registered.size(), 4U);
}

// A copy is not kept for ever.
TEST_P(CopiesTest, ACopyThatNobodyAsksForIsLetGo) {
  Prepare();
  EXPECT_EQ(world_.engine->counts().live_txns, 1U);
  Run(seconds(10));
  EXPECT_EQ(world_.engine->counts().live_txns, 0U);
}

INSTANTIATE_TEST_SUITE_P(Models, CopiesTest,
                         ::testing::Values(Model::kTcc, Model::kXa, Model::kWorkflow),
                         [](const auto& model) { return std::string(Name(model.param)); });

// Who asks again while the store cannot read is told so; what was under way goes on.
TEST_F(OthersTest, ARequestThatCannotBeReadForHoldsNothingUp) {
  Terms terms;
  terms.retry_interval = seconds(1);
  world_.participant.scripts["a1"] = {{Outcome::kUnknown, ""}, Script{}};
  world_.Submit(World::Saga("g", 1, terms));
  Run(milliseconds(100));
  world_.failing.FailLoadsWith({Code::kUnavailable, "no readings"});
  const auto again = world_.Submit(World::Saga("g", 1, terms));
  Run(milliseconds(100));
  ASSERT_TRUE(again->has_value());
  EXPECT_EQ(again->value().kind, Answer::Kind::kUnavailable);
  Run(seconds(4));
  EXPECT_EQ(world_.Status("g"), TxnStatus::kSucceed);
}

// Nor is it taken for fresh by whoever asks next.
TEST_F(OthersTest, AfterAFailedReadingTheCopyIsStillOld) {
  Terms terms;
  terms.retry_interval = seconds(1);
  world_.participant.scripts["a1"] = {{Outcome::kUnknown, ""}};
  world_.Submit(World::Saga("g", 1, terms));
  Run(milliseconds(100));
  world_.failing.FailLoadsWith({Code::kUnavailable, "no readings"});
  world_.Submit(World::Saga("g", 1, terms));
  Run(milliseconds(100));
  world_.failing.FailLoadsWith({});
  FinishElsewhere("g");
  Terms waiting = terms;
  waiting.wait_result = true;
  const auto answer = world_.Submit(World::Saga("g", 1, waiting));
  Run(milliseconds(100));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ(answer->value().kind, Answer::Kind::kSuccess);
}

}  // namespace
}  // namespace treaty::testing
