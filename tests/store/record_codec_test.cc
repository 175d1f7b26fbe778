// The stored form of a record: what goes in comes out, and nothing else is believed.

#include "wire/record/record_codec.h"

#include <gtest/gtest.h>

#include <random>

#include "contract/store_fixtures.h"

namespace treaty {
namespace {

using store_test::EveryFieldSet;
using store_test::EveryTermSet;
using store_test::MakeTxn;

// A transaction over HTTP that asks nobody, with these terms.
Txn WithTerms(const Terms& terms) {
  Txn txn = MakeTxn("g1");
  txn.terms = std::make_shared<Terms>(terms);
  return txn;
}

TEST(RecordCodecTest, ReturnsEveryFieldOfTheBody) {
  const Txn txn = EveryFieldSet("g1");
  RecordCodec codec;
  std::string bytes;
  codec.EncodeBody(*txn.body, bytes);
  Body body;
  body.gid = "g1";
  ASSERT_TRUE(codec.DecodeBody(bytes, body).ok());
  store_test::ExpectSameBody(body, *txn.body);
}

TEST(RecordCodecTest, ReturnsEveryFieldOfTheTerms) {
  RecordCodec codec;
  std::string bytes;
  codec.EncodeTerms(WithTerms(EveryTermSet()), bytes);
  Terms terms;
  Body listed;
  ASSERT_TRUE(codec.DecodeTerms(bytes, terms, listed).ok());
  store_test::ExpectSameTerms(terms, EveryTermSet());
}

TEST(RecordCodecTest, ReturnsWhatListsShowOfTheBodyWithTheTerms) {
  RecordCodec codec;
  std::string bytes;
  Terms terms;
  Body listed;
  codec.EncodeTerms(EveryFieldSet("g1"), bytes);
  ASSERT_TRUE(codec.DecodeTerms(bytes, terms, listed).ok());
  EXPECT_EQ(listed.protocol, "grpc");
  EXPECT_EQ(listed.query_prepared, "http://bank/query");
  codec.EncodeTerms(WithTerms({}), bytes);
  ASSERT_TRUE(codec.DecodeTerms(bytes, terms, listed).ok());
  EXPECT_EQ(listed.protocol, "http");
  EXPECT_EQ(listed.query_prepared, "");
}

TEST(RecordCodecTest, ReturnsEveryFieldOfARegisteredBranch) {
  RecordCodec codec;
  std::string bytes;
  for (const std::string& payload : {std::string(), std::string("\0;\r\n\xff", 5)}) {
    const Step step{"http://a/confirm", "http://a/cancel", payload, "0101", "\xc3\xa4"};
    codec.EncodeStep(step, bytes);
    Step decoded{"old", "old", "old", "old", "old"};
    ASSERT_TRUE(codec.DecodeStep(bytes, decoded).ok());
    EXPECT_EQ(decoded, step);
  }
  codec.EncodeStep({}, bytes);
  EXPECT_EQ(bytes, "");
  Step decoded{"old", "old", "old", "old", "old"};
  ASSERT_TRUE(codec.DecodeStep(bytes, decoded).ok());
  EXPECT_EQ(decoded, Step());
}

TEST(RecordCodecTest, ReturnsEveryFieldOfTheState) {
  const Txn txn = EveryFieldSet("g1");
  RecordCodec codec;
  std::string bytes;
  codec.EncodeState(txn, bytes);
  Txn decoded;
  ASSERT_TRUE(codec.DecodeState(bytes, decoded).ok());
  EXPECT_EQ(decoded.branches, txn.branches);
  EXPECT_EQ(decoded.rollback_reason, txn.rollback_reason);
  EXPECT_EQ(decoded.result, txn.result);
  EXPECT_EQ(decoded.backoff, txn.backoff);
  EXPECT_EQ(decoded.due, txn.due);
  EXPECT_EQ(decoded.force, txn.force);
  EXPECT_EQ(decoded.deaths, txn.deaths);
  EXPECT_EQ(decoded.last_outcome, txn.last_outcome);
}

// Older programs did not store who was called with all that they parked.
TEST(RecordCodecTest, ARecordOfAnOlderProgramDoesNotNameTheCalled) {
  RecordCodec codec;
  Txn decoded;
  ASSERT_TRUE(codec.DecodeState("", decoded).ok());
  EXPECT_FALSE(decoded.names_called);
  Txn txn = MakeTxn("g1");
  for (const bool names : {true, false}) {
    txn.names_called = names;
    std::string bytes;
    codec.EncodeState(txn, bytes);
    ASSERT_TRUE(codec.DecodeState(bytes, decoded).ok());
    EXPECT_EQ(decoded.names_called, names);
  }
}

TEST(RecordCodecTest, CarriesNothingOverFromTheRecordBefore) {
  RecordCodec codec;
  std::string bytes;
  codec.EncodeState(EveryFieldSet("g1"), bytes);
  codec.EncodeTerms(WithTerms(EveryTermSet()), bytes);
  codec.EncodeTerms(WithTerms({}), bytes);
  Terms terms = EveryTermSet();
  Body listed;
  ASSERT_TRUE(codec.DecodeTerms(bytes, terms, listed).ok());
  store_test::ExpectSameTerms(terms, Terms());

  codec.EncodeState(MakeTxn("g2", TxnStatus::kSubmitted, 1), bytes);
  Txn txn = EveryFieldSet("g1");
  ASSERT_TRUE(codec.DecodeState(bytes, txn).ok());
  EXPECT_EQ(txn.branches, std::vector<Branch>(1));
  EXPECT_EQ(txn.force, Force());
  EXPECT_EQ(txn.rollback_reason, "");
}

TEST(RecordCodecTest, DefaultsTakeNoRoom) {
  RecordCodec codec;
  std::string bytes = "old";
  codec.EncodeTerms(WithTerms({}), bytes);
  EXPECT_EQ(bytes, "");
}

// Field 99, a number of one byte: what a newer program might have written.
TEST(RecordCodecTest, RefusesFieldsThatItDoesNotKnow) {
  const std::string unknown("\x98\x06\x01", 3);
  RecordCodec codec;
  Body body;
  Terms terms;
  Body listed;
  Txn txn;
  EXPECT_EQ(codec.DecodeBody(unknown, body).code(), Code::kDataLoss);
  EXPECT_EQ(codec.DecodeTerms(unknown, terms, listed).code(), Code::kDataLoss);
  EXPECT_EQ(codec.DecodeState(unknown, txn).code(), Code::kDataLoss);
  Step step;
  EXPECT_EQ(codec.DecodeStep(unknown, step).code(), Code::kDataLoss);
  // Inside a step, a header, a branch and a force.
  const std::string nested = std::string("\x03") + unknown;
  EXPECT_EQ(codec.DecodeBody("\x1a" + nested, body).code(), Code::kDataLoss);
  EXPECT_EQ(codec.DecodeTerms("\x42" + nested, terms, listed).code(), Code::kDataLoss);
  EXPECT_EQ(codec.DecodeTerms("\x62" + nested, terms, listed).code(), Code::kDataLoss);
  EXPECT_EQ(codec.DecodeState("\x0a" + nested, txn).code(), Code::kDataLoss);
  EXPECT_EQ(codec.DecodeState("\x32" + nested, txn).code(), Code::kDataLoss);
}

TEST(RecordCodecTest, RefusesEnumeratorsThatItDoesNotKnow) {
  RecordCodec codec;
  Terms terms;
  Body listed;
  Txn txn;
  EXPECT_EQ(codec.DecodeTerms("\x38\x07", terms, listed).code(), Code::kDataLoss);
  EXPECT_EQ(codec.DecodeState("\x0a\x02\x08\x07", txn).code(), Code::kDataLoss);
  EXPECT_EQ(codec.DecodeState("\x0a\x02\x10\x07", txn).code(), Code::kDataLoss);
}

TEST(RecordCodecTest, RefusesEveryTruncationOrReadsItWithoutHarm) {
  RecordCodec codec;
  std::string bytes;
  codec.EncodeBody(*EveryFieldSet("g1").body, bytes);
  int refused = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Body body;
    refused += codec.DecodeBody(bytes.substr(0, size), body).ok() ? 0 : 1;
  }
  EXPECT_GT(refused, static_cast<int>(bytes.size()) / 2);
}

TEST(RecordCodecTest, SurvivesRandomBytes) {
  std::mt19937 random(7);
  RecordCodec codec;
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 64, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    Body body;
    Terms terms;
    Body listed;
    Txn txn;
    refused += codec.DecodeBody(bytes, body).ok() ? 0 : 1;
    refused += codec.DecodeTerms(bytes, terms, listed).ok() ? 0 : 1;
    refused += codec.DecodeState(bytes, txn).ok() ? 0 : 1;
  }
  EXPECT_GT(refused, 50'000);
}

TEST(RecordCodecTest, RefusesPartsThatDoNotBelongTogether) {
  Txn txn = EveryFieldSet("g1");
  EXPECT_TRUE(CheckRecord(txn).ok());
  txn.branches.pop_back();
  EXPECT_EQ(CheckRecord(txn).code(), Code::kDataLoss);

  txn = EveryFieldSet("g1");
  Terms terms = EveryTermSet();
  terms.after = {{}, {BranchIndex{2}}};
  txn.terms = std::make_shared<Terms>(terms);
  EXPECT_EQ(CheckRecord(txn).code(), Code::kDataLoss);
  terms.after = {{}};
  txn.terms = std::make_shared<Terms>(terms);
  EXPECT_EQ(CheckRecord(txn).code(), Code::kDataLoss);
}

TEST(RecordCodecTest, RefusesRecipientsOfNoStepOrWithoutABranch) {
  Txn txn = EveryFieldSet("g1");
  Body body = *txn.body;
  body.recipients[1].step = 2;
  txn.body = std::make_shared<Body>(body);
  EXPECT_EQ(CheckRecord(txn).code(), Code::kDataLoss);
  body.recipients.pop_back();
  txn.body = std::make_shared<Body>(body);
  EXPECT_EQ(CheckRecord(txn).code(), Code::kDataLoss);
  txn.branches.pop_back();
  EXPECT_TRUE(CheckRecord(txn).ok());
}

TEST(RecordCodecTest, RefusesBranchesThatAreNotAllThere) {
  for (const Model model : {Model::kTcc, Model::kXa, Model::kWorkflow}) {
    Txn txn = MakeTxn("g1", TxnStatus::kPrepared, 0);
    auto body = std::make_shared<Body>(*txn.body);
    body->model = model;
    txn.body = body;
    EXPECT_TRUE(CheckRecord(txn).ok());
    txn.branches.resize(2);
    txn.registered.push_back(std::make_shared<Step>());
    EXPECT_EQ(CheckRecord(txn).code(), Code::kDataLoss);
    txn.registered.push_back(std::make_shared<Step>());
    EXPECT_TRUE(CheckRecord(txn).ok());
  }
}

}  // namespace
}  // namespace treaty
