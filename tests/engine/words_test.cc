// Why a branch does not get on: one line per branch and step of back-off, and with the record.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class WordsTest : public ::testing::Test {
 protected:
  WordsTest() { world_.log.least = LogLevel::kInfo; }

  TxnRequest Saga(std::size_t steps, Terms terms = {}) {
    TxnRequest request = World::Saga("g", steps, std::move(terms));
    auto body = std::make_shared<Body>(*request.body);
    for (Step& step : body->steps) {
      step.action = "http://bank.example:8080/" + step.action + "?token=secret";
    }
    request.body = body;
    return request;
  }

  std::vector<Script>& ScriptOf(const std::string& action) {
    return world_.participant.scripts["http://bank.example:8080/" + action + "?token=secret"];
  }

  World world_;
};

TEST_F(WordsTest, EachSilenceIsALine) {
  ScriptOf("a1") = {{Outcome::kUnknown, "connect: Connection refused"},
                    {Outcome::kUnknown, "connect: Connection refused"},
                    {}};
  world_.Submit(Saga(1));
  world_.Run(seconds(100));
  EXPECT_THAT(
      world_.log.lines,
      ElementsAre(AllOf(StartsWith("01/action at http://bank.example:8080: connect: Connection "
                                   "refused; again in "),
                        HasSubstr(" ms, back-off step 1")),
                  HasSubstr("back-off step 2")));
  EXPECT_EQ(world_.Stored("g").txn.branches[0].last_outcome, "");
}

TEST_F(WordsTest, WhoIsAtWorkIsALineUntilItSaysSomethingElse) {
  Terms terms;
  terms.retry_interval = seconds(1);
  ScriptOf("a1") = {{Outcome::kOngoing, "status 425"},
                    {Outcome::kOngoing, "status 425"},
                    {Outcome::kOngoing, "status 425"},
                    {Outcome::kOngoing, "status 200"},
                    {}};
  world_.Submit(Saga(1, terms));
  world_.Run(seconds(100));
  EXPECT_THAT(world_.log.lines,
              ElementsAre(HasSubstr("ongoing: status 425"), HasSubstr("ongoing: status 200")));
}

TEST_F(WordsTest, EachBranchOfARoundHasOne) {
  Terms terms;
  terms.concurrent = true;
  terms.timeout_to_fail = seconds(5);
  for (const char* action : {"a1", "a2", "a3"}) {
    ScriptOf(action) = {{Outcome::kNotSent, "queued: timed out"}};
  }
  world_.Submit(Saga(3, terms));
  world_.Run(seconds(1));
  EXPECT_THAT(world_.log.lines, ElementsAre(StartsWith("01/action"), StartsWith("02/action"),
                                            StartsWith("03/action")));
  for (const Branch& branch : world_.Stored("g").txn.branches) {
    EXPECT_EQ(branch.last_outcome, "not sent: queued: timed out");
  }
}

TEST_F(WordsTest, ACompensationsFailureIsSaidWithoutItsBody) {
  ScriptOf("a1") = {{Outcome::kFailure, "no money"}};
  world_.participant.scripts["c1"] = {{Outcome::kFailure, "secret of the bank"}, {}};
  world_.Submit(Saga(1));
  world_.Run(seconds(1));
  EXPECT_THAT(world_.log.lines, ElementsAre(StartsWith("01/compensate at c1: FAILURE; again in ")));
  EXPECT_EQ(world_.Stored("g").txn.branches[0].last_outcome, "FAILURE");
}

TEST_F(WordsTest, AskingTheClientIsALine) {
  Terms terms;
  terms.timeout_to_fail = seconds(1);
  world_.participant.scripts["q"] = {{Outcome::kUnknown, "name not found"}};
  world_.Prepare(World::Request(Model::kMessage, "m", terms));
  world_.Run(seconds(3));
  ASSERT_FALSE(world_.log.lines.empty());
  EXPECT_THAT(world_.log.lines[0], StartsWith("00/msg at q: name not found; again in "));
  EXPECT_EQ(world_.Stored("m").txn.last_outcome, "name not found");
}

// The words travel with the write that the outcome makes anyway.
TEST_F(WordsTest, CostNoWrite) {
  ScriptOf("a1") = {{Outcome::kUnknown, "status 500"}, {}};
  world_.Submit(Saga(1));
  world_.Run(seconds(1));
  EXPECT_EQ(world_.Stored("g").txn.version, 2U);
  world_.Run(seconds(60));
  EXPECT_EQ(world_.Stored("g").txn.version, 3U);
}

TEST_F(WordsTest, WhatGetsOnIsNotMentioned) {
  world_.Submit(Saga(3));
  world_.Run(seconds(1));
  EXPECT_TRUE(world_.log.lines.empty());
}

}  // namespace
}  // namespace treaty::testing
