// What SDKs of DTM in Go, C# and PHP send by gRPC, byte by byte as they write it, and their replies
// read as they read them: no code of ours writes or reads these messages.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "api/grpc_rig.h"

namespace treaty::testing {
namespace {

using ::testing::HasSubstr;

// A field of wire type 2: a text, bytes or a message (protobuf encoding; texts under 128 bytes).
std::string Field(int number, const std::string& content) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(content.size())} +
         content;
}

// A field of wire type 0: a small number or a flag.
std::string Number(int number, char value) {
  return std::string{static_cast<char>(number << 3), value};
}

// An entry of map<string, string>.
std::string Entry(int number, const std::string& key, const std::string& value) {
  return Field(number, Field(1, key) + Field(2, value));
}

constexpr const char* kSteps = R"([{"action":"a:1/Bank/Out","compensate":"a:1/Bank/Undo"}])";

std::string Head(const std::string& gid, const std::string& type) {
  return Field(1, gid) + Field(2, type);
}

grpc::Status Call(GrpcRig& rig, const char* method, const std::string& message) {
  return rig.CallRaw(std::string("/dtmgimp.Dtm/") + method, message);
}

TEST(GoGrpcSdk, Saga) {
  GrpcRig rig;
  const std::string options = Number(1, 1) + Number(2, 60) + Entry(5, "test_header", "test");
  const std::string saga =
      Head("g", "saga") + Field(3, options) + Field(5, "\x08\x1e") + Field(7, kSteps);
  EXPECT_TRUE(Call(rig, "Submit", saga).ok());
  EXPECT_EQ(rig.Stored("g")->txn.status, TxnStatus::kSucceed);
  EXPECT_EQ(rig.Stored("g")->txn.body->steps[0].payload, "\x08\x1e");
}

// It writes the text null where there are no steps, and shows the message of an abort to its user.
TEST(GoGrpcSdk, Tcc) {
  GrpcRig rig;
  const std::string tcc = Head("g", "tcc") + Field(3, Number(1, 1)) + Field(7, "null");
  EXPECT_TRUE(Call(rig, "Prepare", tcc).ok());
  const std::string branch = Head("g", "tcc") + Field(3, "01") +
                             Entry(5, "confirm", "a:1/Bank/Confirm") +
                             Entry(5, "cancel", "a:1/Bank/Cancel") + Field(6, "\x08\x1e");
  EXPECT_TRUE(Call(rig, "RegisterBranch", branch).ok());
  EXPECT_TRUE(Call(rig, "Submit", tcc).ok());
  EXPECT_EQ(rig.Stored("g")->txn.status, TxnStatus::kSucceed);
  const grpc::Status late = Call(rig, "RegisterBranch", branch);
  EXPECT_EQ(late.error_code(), StatusCode::ABORTED);
  EXPECT_THAT(late.error_message(), HasSubstr("FAILURE"));
}

TEST(GoGrpcSdk, TccAborted) {
  GrpcRig rig;
  const std::string tcc = Head("g", "tcc") + Field(7, "null");
  Call(rig, "Prepare", tcc);
  EXPECT_TRUE(Call(rig, "Abort", tcc + Field(9, "no money")).ok());
  EXPECT_TRUE(
      ServerRig::Eventually([&] { return rig.Stored("g")->txn.status == TxnStatus::kFailed; }));
  EXPECT_EQ(rig.Stored("g")->txn.rollback_reason, "no money");
}

TEST(GoGrpcSdk, Xa) {
  GrpcRig rig;
  const std::string xa = Head("g", "xa") + Field(3, Number(1, 1)) + Field(7, "null");
  EXPECT_TRUE(Call(rig, "Prepare", xa).ok());
  EXPECT_TRUE(
      Call(rig, "RegisterBranch", Head("g", "xa") + Field(3, "01") + Entry(5, "url", "a:1/Bank/Xa"))
          .ok());
  EXPECT_TRUE(Call(rig, "Submit", xa).ok());
  EXPECT_EQ(rig.Stored("g")->txn.status, TxnStatus::kSucceed);
}

// A workflow's submit repeats the whole request.
TEST(GoGrpcSdk, Workflow) {
  GrpcRig rig;
  const std::string workflow = Head("g", "workflow") + Field(4, R"({"data":"aGk=","name":"wf"})") +
                               Field(6, "a:1/workflow.Workflow/Execute") + Field(7, "null");
  EXPECT_TRUE(Call(rig, "PrepareWorkflow", workflow).ok());
  EXPECT_TRUE(Call(rig, "RegisterBranch",
                   Head("g", "workflow") + Field(3, "01") + Entry(5, "op", "action") +
                       Entry(5, "status", "succeed") + Field(6, std::string("\0;", 2)))
                  .ok());
  EXPECT_TRUE(Call(rig, "Submit",
                   workflow + Entry(8, "status", "succeed") + Entry(8, "rollback_reason", "") +
                       Entry(8, "result", "cmVz"))
                  .ok());
  EXPECT_EQ(rig.Stored("g")->txn.status, TxnStatus::kSucceed);
  EXPECT_EQ(rig.Stored("g")->txn.registered[0]->payload, std::string("\0;", 2));
}

// Options are always there, an empty text where there are no steps, ten seconds for every call.
TEST(CsharpGrpcSdk, Tcc) {
  GrpcRig rig;
  const std::string tcc = Head("g", "tcc") + Field(3, "") + Field(7, "");
  EXPECT_TRUE(Call(rig, "Prepare", tcc).ok());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  Empty reply;
  DtmRequest request;
  ASSERT_TRUE(request.ParseFromString(tcc));
  EXPECT_TRUE(rig.stub->Submit(&context, request, &reply).ok());
}

// Options are often absent; else field 4 is there, which newer versions of the contract lack.
TEST(PhpGrpcSdk, Saga) {
  GrpcRig rig;
  const std::string saga = Head("g", "saga") + Field(5, "\x08\x1e") + Field(7, kSteps);
  EXPECT_TRUE(Call(rig, "Submit", saga).ok());
  const std::string options = Number(1, 1) + Field(4, "x-trace") + Field(4, "");
  EXPECT_EQ(
      Call(rig, "Submit", Head("h", "saga") + Field(3, options) + Field(5, "") + Field(7, kSteps))
          .error_code(),
      StatusCode::INVALID_ARGUMENT)
      << "an empty name of a header is a mistake";
  EXPECT_TRUE(Call(rig, "Submit",
                   Head("h", "saga") + Field(3, Number(1, 1) + Field(4, "x-trace")) + Field(5, "") +
                       Field(7, kSteps))
                  .ok());
}

// Fields that are not known yet are skipped.
TEST(GrpcSdk, UnknownFieldsAreSkipped) {
  GrpcRig rig;
  EXPECT_TRUE(
      Call(rig, "Submit", Head("g", "saga") + Field(5, "p") + Field(7, kSteps) + Field(15, "later"))
          .ok());
}

}  // namespace
}  // namespace treaty::testing
