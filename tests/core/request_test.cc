// When a repeated request means the same transaction, and how repeats are ruled on.

#include "core/request.h"

#include <gtest/gtest.h>

#include "core/repeats.h"

namespace treaty {
namespace {

Body TwoSteps() {
  Body body;
  body.gid = "g1";
  body.steps = {{"http://a/1", "http://c/1", "one"}, {"http://a/2", "http://c/2", "two"}};
  return body;
}

TxnRequest Ask(const Body& body) {
  TxnRequest request;
  request.body = std::make_shared<Body>(body);
  request.terms = std::make_shared<Terms>();
  request.has_steps = !body.steps.empty();
  request.has_query_prepared = !body.query_prepared.empty();
  return request;
}

Txn Stored(const Body& body, TxnStatus status) {
  Txn txn;
  txn.body = std::make_shared<Body>(body);
  txn.terms = std::make_shared<Terms>();
  txn.status = status;
  return txn;
}

TEST(SameContentTest, IsStepsPayloadsAndQueryPrepared) {
  const Body stored = TwoSteps();
  EXPECT_TRUE(SameContent(stored, TwoSteps()));

  Body other = TwoSteps();
  other.steps[1].payload = "too";
  EXPECT_FALSE(SameContent(stored, other));
  other = TwoSteps();
  other.steps[0].action = "http://a/9";
  EXPECT_FALSE(SameContent(stored, other));
  other = TwoSteps();
  other.steps[0].compensate = "";
  EXPECT_FALSE(SameContent(stored, other));
  other = TwoSteps();
  other.steps.pop_back();
  EXPECT_FALSE(SameContent(stored, other));
  other = TwoSteps();
  other.query_prepared = "http://q";
  EXPECT_FALSE(SameContent(stored, other));
}

TEST(SameContentTest, IsNotHowItWasFirstStoredOrCarried) {
  Body other = TwoSteps();
  other.prepared = true;
  other.protocol = "grpc";
  EXPECT_TRUE(SameContent(TwoSteps(), other));
}

TEST(AgreesWithTest, AsksOnlyAboutWhatIsPresent) {
  Body stored = TwoSteps();
  stored.query_prepared = "http://q";
  EXPECT_TRUE(AgreesWith(stored, Ask(Body())));
  EXPECT_TRUE(AgreesWith(stored, Ask(TwoSteps())));

  Body other;
  other.query_prepared = "http://q2";
  EXPECT_FALSE(AgreesWith(stored, Ask(other)));
  other = TwoSteps();
  other.steps[0].payload = "";
  EXPECT_FALSE(AgreesWith(stored, Ask(other)));
}

TEST(AgreesWithTest, AnEmptyFieldIsAnAbsentOne) {
  Body stored = TwoSteps();
  stored.query_prepared = "http://q";
  TxnRequest request = Ask(Body());
  request.has_steps = true;
  request.has_query_prepared = true;
  EXPECT_TRUE(AgreesWith(stored, request));
}

TEST(RepeatsTest, APrepareIsRepeatableOnlyWhilePrepared) {
  const TxnRequest same = Ask(TwoSteps());
  Ruling ruling = RuleOnPrepare(Stored(TwoSteps(), TxnStatus::kPrepared), same);
  EXPECT_EQ(ruling.kind, Ruling::Kind::kAnswer);
  EXPECT_EQ(ruling.answer.kind, Answer::Kind::kSuccess);

  Body other = TwoSteps();
  other.steps.pop_back();
  ruling = RuleOnPrepare(Stored(TwoSteps(), TxnStatus::kPrepared), Ask(other));
  EXPECT_EQ(ruling.answer.kind, Answer::Kind::kFailure);
  for (const TxnStatus status :
       {TxnStatus::kSubmitted, TxnStatus::kAborting, TxnStatus::kSucceed, TxnStatus::kFailed}) {
    ruling = RuleOnPrepare(Stored(TwoSteps(), status), same);
    EXPECT_EQ(ruling.kind, Ruling::Kind::kAnswer);
    EXPECT_EQ(ruling.answer.kind, Answer::Kind::kFailure) << Name(status);
  }
}

TEST(RepeatsTest, ASubmitIsAppliedOnceAndAnsweredAlikeEverAfter) {
  const TxnRequest same = Ask(TwoSteps());
  const auto rule = [&](TxnStatus status) {
    return RuleOnSubmit(Stored(TwoSteps(), status), same);
  };
  EXPECT_EQ(rule(TxnStatus::kPrepared).kind, Ruling::Kind::kApply);
  EXPECT_EQ(rule(TxnStatus::kSubmitted).kind, Ruling::Kind::kAwait);
  EXPECT_EQ(rule(TxnStatus::kSucceed).answer.kind, Answer::Kind::kSuccess);
  EXPECT_EQ(rule(TxnStatus::kAborting).answer.kind, Answer::Kind::kFailure);
  EXPECT_EQ(rule(TxnStatus::kFailed).answer.kind, Answer::Kind::kFailure);

  Txn failed = Stored(TwoSteps(), TxnStatus::kFailed);
  failed.rollback_reason = "no money";
  EXPECT_EQ(RuleOnSubmit(failed, same).answer.message, "no money");
}

TEST(RepeatsTest, OtherContentUnderAKnownGidIsRefusedInEveryState) {
  Body other = TwoSteps();
  other.steps[0].payload = "else";
  for (const TxnStatus status : {TxnStatus::kPrepared, TxnStatus::kSubmitted, TxnStatus::kAborting,
                                 TxnStatus::kSucceed, TxnStatus::kFailed}) {
    const Ruling ruling = RuleOnSubmit(Stored(TwoSteps(), status), Ask(other));
    EXPECT_EQ(ruling.kind, Ruling::Kind::kAnswer);
    EXPECT_EQ(ruling.answer.kind, Answer::Kind::kFailure) << Name(status);
  }
}

TEST(RepeatsTest, OnlyAPreparedOneMayBeSubmittedWithoutItsSteps) {
  Body prepared = TwoSteps();
  prepared.prepared = true;
  EXPECT_EQ(RuleOnSubmit(Stored(prepared, TxnStatus::kPrepared), Ask(Body())).kind,
            Ruling::Kind::kApply);
  EXPECT_EQ(RuleOnSubmit(Stored(TwoSteps(), TxnStatus::kSubmitted), Ask(Body())).answer.kind,
            Answer::Kind::kFailure);
}

TEST(RepeatsTest, ForceIsForWhatIsUnfinishedAndAbortForNoSaga) {
  for (const TxnStatus status :
       {TxnStatus::kPrepared, TxnStatus::kSubmitted, TxnStatus::kAborting}) {
    EXPECT_EQ(RuleOnForceStop(Stored(TwoSteps(), status)).kind, Ruling::Kind::kApply);
  }
  for (const TxnStatus status : {TxnStatus::kSucceed, TxnStatus::kFailed}) {
    EXPECT_EQ(RuleOnForceStop(Stored(TwoSteps(), status)).answer.kind, Answer::Kind::kFailure);
  }
  EXPECT_EQ(RuleOnAbort(Stored(TwoSteps(), TxnStatus::kPrepared), {"g", Model::kSaga, "", false})
                .answer.kind,
            Answer::Kind::kFailure);
}

// G7: SUCCESS only when succeed is durable, FAILURE only when the rollback is.
TEST(RepeatsTest, AWaitingClientHearsTheTruth) {
  EXPECT_EQ(WaitOutcome(Stored(TwoSteps(), TxnStatus::kSucceed)).kind, Answer::Kind::kSuccess);
  EXPECT_EQ(WaitOutcome(Stored(TwoSteps(), TxnStatus::kAborting)).kind, Answer::Kind::kFailure);
  EXPECT_EQ(WaitOutcome(Stored(TwoSteps(), TxnStatus::kFailed)).kind, Answer::Kind::kFailure);
  const Answer running = WaitOutcome(Stored(TwoSteps(), TxnStatus::kSubmitted));
  EXPECT_EQ(running.kind, Answer::Kind::kOngoing);
  EXPECT_EQ(running.message.find("SUCCESS"), std::string::npos);
  EXPECT_EQ(running.message.find("FAILURE"), std::string::npos);
}

TEST(SubmittedTermsTest, OptionsAndCustomDataReplaceTheStoredOnesEachAsAWhole) {
  auto prepared = std::make_shared<Terms>();
  prepared->retry_limit = 3;
  prepared->concurrent = true;
  prepared->custom_data = R"({"concurrent":true})";
  auto submitted = std::make_shared<Terms>();
  submitted->wait_result = true;
  TxnRequest request;
  request.terms = submitted;
  EXPECT_EQ(SubmittedTerms(prepared, request), prepared);

  request.has_options = true;
  const auto with_options = SubmittedTerms(prepared, request);
  EXPECT_TRUE(with_options->wait_result);
  EXPECT_EQ(with_options->retry_limit, 0u);
  EXPECT_TRUE(with_options->concurrent);

  request.has_options = false;
  request.has_custom_data = true;
  const auto with_custom_data = SubmittedTerms(prepared, request);
  EXPECT_EQ(with_custom_data->retry_limit, 3u);
  EXPECT_FALSE(with_custom_data->concurrent);
  EXPECT_TRUE(with_custom_data->custom_data.empty());
}

}  // namespace
}  // namespace treaty
