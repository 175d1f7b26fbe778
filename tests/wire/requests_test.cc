// What the readers of requests make of a text; the refusals of the door are in tests/api.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "wire/custom_data.h"
#include "wire/txn_request.h"

namespace treaty::wire {
namespace {

TEST(Base64Test, DecodesTheVectorsOfRfc4648AndEveryByte) {
  EXPECT_EQ(DecodeBase64(""), "");
  EXPECT_EQ(DecodeBase64("Zg=="), "f");
  EXPECT_EQ(DecodeBase64("Zm8="), "fo");
  EXPECT_EQ(DecodeBase64("Zm9v"), "foo");
  EXPECT_EQ(DecodeBase64("Zm9vYg=="), "foob");
  EXPECT_EQ(DecodeBase64("Zm9vYmE="), "fooba");
  EXPECT_EQ(DecodeBase64("Zm9vYmFy"), "foobar");
  EXPECT_EQ(DecodeBase64("AAECAw=="), std::string("\0\1\2\3", 4));
  EXPECT_EQ(DecodeBase64("+/+/"), "\xfb\xff\xbf");
  EXPECT_EQ(DecodeBase64("/////w=="), "\xff\xff\xff\xff");
}

TEST(Base64Test, RefusesEverythingElse) {
  for (const char* text :
       {"Z",      "Zg",    "Zg=",     "Zg===",    "=",        "==",   "===",  "====",
        "A===",   "Z=g=",  "=Zg=",    "Zm8=Zm8=", "Zg==Zg==", "Zm9-", "Zm9_", "Zm 9",
        "Zm9v\n", "Zm9v ", "Zm9\xc3", "Zm9%",     "AAAAA===", "AA=A"}) {
    EXPECT_FALSE(DecodeBase64(text).has_value()) << text;
  }
  EXPECT_FALSE(DecodeBase64(std::string("AA\0A", 4)).has_value());
}

Status Read(Model model, const std::string& text, Terms& terms) {
  terms = Terms();
  terms.custom_data = text;
  return ReadCustomData(model, 3, terms);
}

TEST(CustomDataTest, OfAMessageIsItsDelay) {
  Terms terms;
  EXPECT_TRUE(Read(Model::kMessage, "", terms).ok());
  EXPECT_TRUE(Read(Model::kMessage, "{}", terms).ok());
  EXPECT_EQ(terms.delay.count(), 0);
  EXPECT_TRUE(Read(Model::kMessage, R"({"delay":9,"delay":null,"x":{}})", terms).ok());
  EXPECT_EQ(terms.delay.count(), 9);
  for (const char* text : {"9", "[9]", R"({"delay":-1})", R"({"delay":0.5})", R"({"delay":"1"})",
                           R"({"delay":[]})", R"({"delay":31536001})", "{", "{}{}"}) {
    const Status status = Read(Model::kMessage, text, terms);
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << text;
    EXPECT_EQ(status.message().find("custom_data"), 0u) << status.message();
    EXPECT_EQ(terms.delay.count(), 0) << text;
  }
}

TEST(CustomDataTest, OfAWorkflowIsItsNameAndInput) {
  Terms terms;
  EXPECT_TRUE(Read(Model::kWorkflow, R"({"NAME":"n \u00e4","data":"AP8="})", terms).ok());
  EXPECT_EQ(terms.workflow_name, "n \xc3\xa4");
  EXPECT_EQ(terms.workflow_input, std::string("\0\xff", 2));
  EXPECT_TRUE(Read(Model::kWorkflow, R"({"name":"n","data":null})", terms).ok());
  EXPECT_EQ(terms.workflow_input, "");
  for (const char* text : {"", "{}", R"({"name":""})", R"({"name":"\u0007"})", R"({"name":[]})",
                           R"({"name":"n","data":"A"})", R"({"name":"n","data":0})"}) {
    EXPECT_EQ(Read(Model::kWorkflow, text, terms).code(), Code::kInvalidArgument) << text;
  }
}

TEST(CustomDataTest, OfTccAndXaIsAnyText) {
  Terms terms;
  for (const Model model : {Model::kTcc, Model::kXa}) {
    for (const char* text : {"", "x", "{", R"({"delay":-1})"}) {
      EXPECT_TRUE(Read(model, text, terms).ok()) << text;
    }
  }
}

RegisterRequest Registered(const std::string& json, std::string_view type = "") {
  const auto request = ParseRegisterRequest(json, {}, type);
  EXPECT_TRUE(request.ok()) << request.status().message();
  if (request.ok()) return *request;
  return {"", Model::kTcc, std::make_shared<Step>()};
}

TEST(RegisterRequestTest, OfTccHasBothUrlsAndItsPayload) {
  const auto request =
      Registered(R"({"gid":"g","trans_type":"tcc","branch_id":"01","confirm":"http://a/y",)"
                 R"("cancel":"http://a/n","data":"\u0000;\r\n","status":"x","try":"t","op":"o"})");
  EXPECT_EQ(request.gid, "g");
  EXPECT_EQ(request.model, Model::kTcc);
  EXPECT_EQ(*request.step, (Step{"http://a/y", "http://a/n", std::string("\0;\r\n", 4), "01", ""}));
  EXPECT_TRUE(request.url_trouble.ok());
}

TEST(RegisterRequestTest, OfXaHasOneUrlForBoth) {
  const auto request = Registered(R"({"GID":"g","Branch_Id":"0101","URL":"http://a/x"})", "xa");
  EXPECT_EQ(request.model, Model::kXa);
  EXPECT_EQ(*request.step, (Step{"http://a/x", "http://a/x", "", "0101", ""}));
}

TEST(RegisterRequestTest, OfAWorkflowHasTheOutcomeAndTheResult) {
  const auto request =
      Registered(R"({"gid":"g","trans_type":"workflow","branch_id":"01","op":"saga rollback",)"
                 R"("status":"failed","data":"\u00e4","sync":"1","url":"ignored"})");
  EXPECT_EQ(*request.step, (Step{"", "", "\xc3\xa4", "01", "saga rollback"}));
  EXPECT_EQ(request.outcome, BranchStatus::kFailed);
}

TEST(RegisterRequestTest, KeepsTroubleWithUrlsForLater) {
  const auto request = Registered(R"({"gid":"g","branch_id":"01","cancel":"nonsense"})", "tcc");
  EXPECT_EQ(request.url_trouble.code(), Code::kInvalidArgument);
  EXPECT_EQ(request.url_trouble.message().find("cancel: "), 0u);
}

// A bare gRPC target is right or wrong by the transaction that it is registered with.
TEST(RegisterRequestTest, KnowsWhatIsTroubleForWhichProtocol) {
  const auto bare = Registered(
      R"({"gid":"g","branch_id":"01","confirm":"a:1/b.B/Y","cancel":"grpc://a:1/b.B/N"})", "tcc");
  EXPECT_FALSE(bare.TroubleWith("http").ok());
  EXPECT_TRUE(bare.TroubleWith("grpc").ok());
  EXPECT_TRUE(bare.TroubleWith("json-rpc").ok());
  RequestRules utf8;
  utf8.gid_charset_utf8 = true;
  const auto odd = ParseRegisterRequest(
      R"({"gid":"g","branch_id":"\u00e4","confirm":"http://a/y"})", utf8, "tcc");
  ASSERT_TRUE(odd.ok());
  EXPECT_TRUE(odd->TroubleWith("http").ok());
  EXPECT_FALSE(odd->TroubleWith("grpc").ok()) << "it would be metadata";
}

TEST(RegisterRequestTest, WhereAUrlIsGrpcItsIdsAreMetadataWhateverTheProtocol) {
  RequestRules utf8;
  utf8.gid_charset_utf8 = true;
  for (const std::string ids :
       {R"("gid":"g","branch_id":"\u00e4")", R"("gid":"\u00e4","branch_id":"01")"}) {
    const auto request =
        ParseRegisterRequest("{" + ids + R"(,"confirm":"grpc://a:1/b.B/Y"})", utf8, "tcc");
    ASSERT_TRUE(request.ok());
    EXPECT_FALSE(request->TroubleWith("http").ok()) << ids;
  }
}

TEST(TxnRequestTest, WhatItsGrpcCallsCannotCarryIsRefused) {
  RequestRules utf8;
  utf8.gid_charset_utf8 = true;
  const auto none = [](std::string_view) { return std::string_view(); };
  const std::string odd =
      R"({"gid":"\u00e4","trans_type":"saga","payloads":[""],"steps":[{"action":")";
  const auto accepted = [&](const std::string& url) {
    return ParseTxnRequest(odd + url + R"("}]})", utf8, none).ok();
  };
  EXPECT_TRUE(accepted("http://a/x"));
  EXPECT_FALSE(accepted("grpc://a:1/b.B/C"));
}

TEST(RegisterRequestTest, TheRequestsOwnModelCounts) {
  const std::string json = R"({"gid":"g","trans_type":"xa","branch_id":"01"})";
  EXPECT_EQ(Registered(json, "tcc").model, Model::kXa);
  EXPECT_EQ(ParseRegisterRequest(R"({"gid":"g","branch_id":"01"})", {}, "").status().code(),
            Code::kInvalidArgument);
}

TEST(AbortRequestTest, ReadsEveryField) {
  const auto request = ParseAbortRequest(
      R"({"gid":"g","Trans_Type":"xa","rollback_reason":"why","wait_result":true,"steps":7})", {});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->gid, "g");
  EXPECT_EQ(request->model, Model::kXa);
  EXPECT_EQ(request->reason, "why");
  EXPECT_TRUE(request->wait_result);
}

TEST(AbortRequestTest, WithoutAModelAbortsNone) {
  for (const char* json : {R"({"gid":"g"})", R"({"gid":"g","trans_type":""})",
                           R"({"gid":"g","trans_type":null,"wait_result":null})"}) {
    const auto request = ParseAbortRequest(json, {});
    ASSERT_TRUE(request.ok()) << json;
    EXPECT_FALSE(request->model.has_value());
    EXPECT_FALSE(request->wait_result);
  }
  EXPECT_EQ(ParseAbortRequest(R"({"gid":"g","trans_type":"TCC"})", {}).status().code(),
            Code::kInvalidArgument);
}

}  // namespace
}  // namespace treaty::wire
