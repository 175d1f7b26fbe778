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

// The rules of the door may have changed since it was stored.
TEST(RepeatsTest, ARepeatedRegistrationIsNotMeasuredAgain) {
  Body tcc;
  tcc.model = Model::kTcc;
  Txn stored = Stored(tcc, TxnStatus::kPrepared);
  RegisterRequest request;
  request.step = std::make_shared<Step>(Step{"http://a", "http://c", "", "01"});
  request.url_trouble = {Code::kInvalidArgument, "not allowed"};
  EXPECT_EQ(RuleOnRegister(stored, request, 10).answer.kind, Answer::Kind::kInvalid);
  stored.registered.push_back(request.step);
  EXPECT_EQ(RuleOnRegister(stored, request, 10).answer.kind, Answer::Kind::kSuccess);
}

class SubmittedTermsTest : public ::testing::Test {
 protected:
  SubmittedTermsTest() {
    Terms terms;
    terms.retry_limit = 3;
    terms.timeout_to_fail = std::chrono::seconds(60);
    terms.concurrent = true;
    terms.custom_data = R"({"concurrent":true})";
    prepared_.terms = std::make_shared<Terms>(terms);
    Body body = TwoSteps();
    body.prepared = true;
    prepared_.body = std::make_shared<Body>(body);
    prepared_.status = TxnStatus::kPrepared;
  }

  static TxnRequest Ask(const Terms& terms, std::initializer_list<Option> options) {
    TxnRequest request;
    Body body = TwoSteps();
    body.steps.clear();
    request.body = std::make_shared<Body>(body);
    request.terms = std::make_shared<Terms>(terms);
    for (const Option option : options) request.options.set(static_cast<std::size_t>(option));
    return request;
  }

  Txn prepared_;
};

TEST_F(SubmittedTermsTest, NoOptionsLeaveThemAsTheyAre) {
  EXPECT_EQ(SubmittedTerms(prepared_, Ask({}, {})), nullptr);
}

TEST_F(SubmittedTermsTest, EachOptionReplacesOnlyItself) {
  Terms asked;
  asked.wait_result = true;
  asked.timeout_to_fail = std::chrono::seconds(5);
  const auto terms = SubmittedTerms(prepared_, Ask(asked, {Option::kTimeoutToFail}));
  EXPECT_EQ(terms->timeout_to_fail, std::chrono::seconds(5));
  EXPECT_EQ(terms->retry_limit, 3u);
  EXPECT_FALSE(terms->wait_result);
  EXPECT_TRUE(terms->concurrent);
  EXPECT_FALSE(terms->custom_data.empty());
}

TEST_F(SubmittedTermsTest, CustomDataReplacesAllThatWasReadFromIt) {
  Terms asked;
  asked.after = {{}, {{0}}};
  const auto terms = SubmittedTerms(prepared_, Ask(asked, {Option::kCustomData}));
  EXPECT_EQ(terms->retry_limit, 3u);
  EXPECT_FALSE(terms->concurrent);
  EXPECT_TRUE(terms->custom_data.empty());
  EXPECT_EQ(terms->after.size(), 2u);
}

TEST_F(SubmittedTermsTest, OrdersAreMeasuredByThePreparedSteps) {
  Terms asked;
  asked.after = {{}, {}, {{1}}};
  const Ruling ruling = RuleOnSubmit(prepared_, Ask(asked, {Option::kCustomData}));
  EXPECT_EQ(ruling.kind, Ruling::Kind::kAnswer);
  EXPECT_EQ(ruling.answer.kind, Answer::Kind::kInvalid);
  EXPECT_NE(ruling.answer.message.find("step 2"), std::string::npos);
}

}  // namespace
}  // namespace treaty
