// What the tests of the reference show of its behaviour (protocol §15), shown of this one. Each
// test bears the name of the reference's; tests/README.md says where the others are.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api/api_world.h"

namespace treaty::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr char kSuccess[] = R"({"dtm_result":"SUCCESS"})";
const Script kYes{};
const Script kNo{Outcome::kFailure, "Insufficient balance"};
const Script kBusy{Outcome::kOngoing, ""};
const Script kError{Outcome::kUnknown, "status 500"};

class ReferenceTest : public ::testing::Test {
 protected:
  // Two steps, out and in, with their compensations.
  static std::string Saga(const std::string& more = "") {
    return R"({"gid":"g","trans_type":"saga","steps":[)"
           R"({"action":"http://a/out","compensate":"http://a/out-undo"},)"
           R"({"action":"http://a/in","compensate":"http://a/in-undo"}],"payloads":["{}","{}"])" +
           more + "}";
  }
  static std::string Message(const std::string& more = "") {
    return R"({"gid":"g","trans_type":"msg","query_prepared":"http://a/asked","steps":[)"
           R"({"action":"http://a/out"},{"action":"http://a/in"}],"payloads":["{}","{}"])" +
           more + "}";
  }
  static std::string Of(const std::string& type, const std::string& more = "") {
    return R"({"gid":"g","trans_type":")" + type + "\"" + more + "}";
  }
  static std::string Tcc(const std::string& id) {
    return Of("tcc", R"(,"branch_id":")" + id + R"(","confirm":"http://a/yes)" + id +
                         R"(","cancel":"http://a/no)" + id + "\"");
  }
  static std::string Xa(const std::string& id) {
    return Of("xa", R"(,"branch_id":")" + id + R"(","url":"http://a/xa)" + id + "\"");
  }

  void Answer(const std::string& path, std::vector<Script> scripts) {
    api_.world.participant.scripts["http://a/" + path] = std::move(scripts);
  }
  api::HttpReply Post(const std::string& route, const std::string& body) {
    return api_.Post(route, body);
  }
  void Pass(seconds time) { api_.world.Run(time); }

  // "succeed [prepared,succeed,prepared,succeed]": the branches in stored order.
  std::string State() {
    const std::string body = api_.Get("/api/dtmsvr/query?gid=g").body;
    const std::size_t txn = body.find(R"("transaction":)");
    std::string branches;
    for (std::size_t at = body.find(kStatus); at < txn; at = body.find(kStatus, at + 1)) {
      branches += (branches.empty() ? "" : ",") + Value(body, at);
    }
    return Value(body, body.find(kStatus, txn)) + " [" + branches + "]";
  }
  std::string Reason() { return api_.world.Stored("g").txn.rollback_reason; }

  ApiWorld api_;

 private:
  static constexpr char kStatus[] = R"("status":")";
  static std::string Value(const std::string& body, std::size_t at) {
    const std::size_t begin = at + sizeof(kStatus) - 1;
    return body.substr(begin, body.find('"', begin) - begin);
  }
};

// --- saga_test.go, saga_options_test.go, saga_concurrent_test.go ---------------------------------

TEST_F(ReferenceTest, SagaNormal) {
  Post("submit", Saga());
  EXPECT_EQ(State(), "succeed [prepared,succeed,prepared,succeed]");
  EXPECT_EQ(Reason(), "");
}

TEST_F(ReferenceTest, SagaRollback) {
  Answer("in", {kNo});
  Post("submit", Saga());
  EXPECT_EQ(State(), "failed [succeed,succeed,succeed,failed]");
  EXPECT_THAT(Reason(), HasSubstr("Insufficient balance"));
}

TEST_F(ReferenceTest, SagaOngoingSucceed) {
  Answer("out", {kBusy, kYes});
  Post("submit", Saga());
  EXPECT_EQ(State(), "submitted [prepared,prepared,prepared,prepared]");
  Pass(seconds(15));
  EXPECT_EQ(State(), "succeed [prepared,succeed,prepared,succeed]");
}

TEST_F(ReferenceTest, SagaFailed) {
  Answer("in", {kNo});
  Answer("out-undo", {kError, kYes});
  Post("submit", Saga());
  EXPECT_EQ(State(), "aborting [prepared,succeed,succeed,failed]");
  Pass(seconds(30));
  EXPECT_EQ(State(), "failed [succeed,succeed,succeed,failed]");
}

// A submit after the end is a SUCCESS here, not an error (decisions 9).
TEST_F(ReferenceTest, SagaAbnormal) {
  Answer("out", {kBusy, kYes});
  Post("submit", Saga());
  EXPECT_EQ(Post("submit", Saga()).body, kSuccess);
  Pass(seconds(15));
  EXPECT_EQ(State(), "succeed [prepared,succeed,prepared,succeed]");
  EXPECT_EQ(Post("submit", Saga()).body, kSuccess);
}

TEST_F(ReferenceTest, SagaEmptyUrl) {
  Post("submit",
       R"({"gid":"g","trans_type":"saga","steps":[{"action":"http://a/out","compensate":""},)"
       R"({"action":"","compensate":""}],"payloads":["{}","{}"]})");
  EXPECT_THAT(State(), HasSubstr("succeed ["));
}

TEST_F(ReferenceTest, SagaCompatibleNormal) {
  Post("submit",
       R"({"gid":"g","trans_type":"saga","steps":[)"
       R"({"action":"http://a/out","compensate":"http://a/out-undo","data":"{\"n\":1}"}]})");
  EXPECT_EQ(State(), "succeed [prepared,succeed]");
  EXPECT_EQ(api_.world.Stored("g").txn.body->steps[0].payload, R"({"n":1})");
}

TEST_F(ReferenceTest, OptionsRetryOngoing) {
  Answer("out", {kBusy, kYes});
  Post("submit", Saga(R"(,"retry_interval":150)"));
  Pass(seconds(110));
  EXPECT_THAT(State(), HasSubstr("submitted"));
  Pass(seconds(80));
  EXPECT_THAT(State(), HasSubstr("succeed"));
}

TEST_F(ReferenceTest, OptionsRetryError) {
  Answer("out", {kError, kYes});
  Post("submit", Saga(R"(,"retry_interval":150)"));
  Pass(seconds(180));
  EXPECT_THAT(State(), HasSubstr("submitted"));
  Pass(seconds(180));
  EXPECT_THAT(State(), HasSubstr("succeed"));
}

TEST_F(ReferenceTest, OptionsTimeout) {
  Answer("out", {kBusy});
  Post("submit", Saga(R"(,"timeout_to_fail":1800)"));
  Pass(seconds(3600));
  EXPECT_EQ(State(), "failed [succeed,prepared,prepared,prepared]");
  EXPECT_EQ(Reason(), "Timeout after 1800 seconds");
}

TEST_F(ReferenceTest, OptionsNormalWait) {
  EXPECT_EQ(Post("submit", Saga(R"(,"wait_result":true,"request_timeout":6)")).body, kSuccess);
  EXPECT_EQ(State(), "succeed [prepared,succeed,prepared,succeed]");
}

// A client that waits hears 425 while it goes on (departures).
TEST_F(ReferenceTest, OptionsCommittedOngoingWait) {
  Answer("in", {kBusy, kYes});
  EXPECT_EQ(Post("submit", Saga(R"(,"wait_result":true)")).status, 425);
  EXPECT_THAT(State(), HasSubstr("submitted"));
  Pass(seconds(15));
  EXPECT_THAT(State(), HasSubstr("succeed"));
}

TEST_F(ReferenceTest, OptionsRollbackWait) {
  Answer("in", {kNo});
  const auto reply = Post("submit", Saga(R"(,"wait_result":true)"));
  EXPECT_EQ(reply.status, 409);
  EXPECT_THAT(reply.body, HasSubstr("Insufficient balance"));
  EXPECT_EQ(State(), "failed [succeed,succeed,succeed,failed]");
}

TEST_F(ReferenceTest, RetryLimitYes) {
  Answer("in", {kError, kError, kError, kYes});
  Post("submit", Saga(R"(,"retry_limit":3)"));
  Pass(seconds(60));
  EXPECT_EQ(State(), "succeed [prepared,succeed,prepared,succeed]");
}

TEST_F(ReferenceTest, RetryLimitNo) {
  Answer("in", {kError});
  Post("submit", Saga(R"(,"retry_limit":1)"));
  Pass(seconds(60));
  EXPECT_EQ(State(), "failed [succeed,succeed,succeed,prepared]");
  EXPECT_EQ(Reason(), "RetryCount is greater than RetryLimit, RetryLimit: 1");
}

TEST_F(ReferenceTest, ConNormal) {
  Post("submit", Saga(R"(,"custom_data":"{\"concurrent\":true}")"));
  EXPECT_EQ(State(), "succeed [prepared,succeed,prepared,succeed]");
}

TEST_F(ReferenceTest, ConRollbackNormal) {
  Answer("out", {kNo});
  Answer("in-undo", {kBusy, kYes});
  Post("submit", Saga(R"(,"custom_data":"{\"concurrent\":true}")"));
  EXPECT_THAT(State(), HasSubstr("aborting"));
  Pass(seconds(30));
  EXPECT_THAT(State(), HasSubstr("failed ["));
}

TEST_F(ReferenceTest, ConRollbackOrder) {
  Answer("out", {kNo});
  Post("submit", Saga(R"(,"custom_data":"{\"concurrent\":true,\"orders\":{\"1\":[0]}}")"));
  EXPECT_EQ(State(), "failed [succeed,failed,prepared,prepared]");
}

TEST_F(ReferenceTest, ConRollbackOrder2) {
  Answer("in", {kNo});
  Post("submit", Saga(R"(,"custom_data":"{\"concurrent\":true,\"orders\":{\"1\":[0]}}")"));
  EXPECT_EQ(State(), "failed [succeed,succeed,succeed,failed]");
}

TEST_F(ReferenceTest, ConCommittedOngoing) {
  Answer("out", {kBusy, kYes});
  Post("submit", Saga(R"(,"custom_data":"{\"concurrent\":true}")"));
  EXPECT_EQ(State(), "submitted [prepared,prepared,prepared,succeed]");
  Pass(seconds(15));
  EXPECT_EQ(State(), "succeed [prepared,succeed,prepared,succeed]");
}

// --- msg_test.go, msg_options_test.go, msg_delay_test.go -----------------------------------------

TEST_F(ReferenceTest, MsgNormal) {
  Post("submit", Message());
  EXPECT_EQ(State(), "succeed [succeed,succeed]");
}

TEST_F(ReferenceTest, MsgTimeoutSuccess) {
  Answer("asked", {kBusy, kYes});
  Answer("out", {kBusy, kYes});
  Post("prepare", Message());
  Pass(seconds(40));
  EXPECT_THAT(State(), HasSubstr("prepared ["));
  Pass(seconds(12));
  EXPECT_THAT(State(), HasSubstr("submitted ["));
  Pass(seconds(15));
  EXPECT_EQ(State(), "succeed [succeed,succeed]");
}

TEST_F(ReferenceTest, MsgTimeoutFailed) {
  Answer("asked", {kBusy, kNo});
  Post("prepare", Message());
  Pass(seconds(40));
  EXPECT_THAT(State(), HasSubstr("prepared ["));
  Pass(seconds(15));
  EXPECT_EQ(State(), "failed [prepared,prepared]");
}

TEST_F(ReferenceTest, MsgAbnormal) {
  EXPECT_EQ(Post("prepare", Message()).body, kSuccess);
  EXPECT_EQ(Post("prepare", Message()).body, kSuccess);
  EXPECT_EQ(Post("submit", Message()).body, kSuccess);
  EXPECT_EQ(Post("prepare", Message()).status, 409);
}

TEST_F(ReferenceTest, MsgOptionsTimeoutCustom) {
  Post("prepare", Message(R"(,"timeout_to_fail":120)"));
  Pass(seconds(60));
  EXPECT_THAT(State(), HasSubstr("prepared ["));
  Pass(seconds(120));
  EXPECT_EQ(State(), "succeed [succeed,succeed]");
}

TEST_F(ReferenceTest, MsgOptionsTimeoutFailed) {
  Answer("asked", {kNo});
  Post("prepare", Message(R"(,"timeout_to_fail":120)"));
  Pass(seconds(180));
  EXPECT_EQ(State(), "failed [prepared,prepared]");
}

TEST_F(ReferenceTest, MsgConcurrent) {
  Post("submit", Message(R"(,"concurrent":true)"));
  EXPECT_EQ(State(), "succeed [succeed,succeed]");
}

TEST_F(ReferenceTest, MsgDelayNormal) {
  Post("submit", Message(R"(,"custom_data":"{\"delay\":10}")"));
  EXPECT_EQ(State(), "submitted [prepared,prepared]");
  Pass(seconds(8));
  EXPECT_EQ(State(), "submitted [prepared,prepared]");
  Pass(seconds(4));
  EXPECT_EQ(State(), "succeed [succeed,succeed]");
}

// --- tcc_test.go, xa tests -----------------------------------------------------------------------

TEST_F(ReferenceTest, TccNormal) {
  Post("prepare", Of("tcc"));
  for (const char* id : {"01", "02"}) Post("registerBranch", Tcc(id));
  Post("submit", Of("tcc"));
  EXPECT_EQ(State(), "succeed [prepared,succeed,prepared,succeed]");
}

TEST_F(ReferenceTest, TccRollback) {
  Answer("no02", {kBusy, kYes});
  Post("prepare", Of("tcc"));
  for (const char* id : {"01", "02"}) Post("registerBranch", Tcc(id));
  Post("abort", Of("tcc", R"(,"rollback_reason":"FAILURE")"));
  EXPECT_THAT(State(), HasSubstr("aborting"));
  Pass(seconds(15));
  EXPECT_EQ(State(), "failed [succeed,prepared,succeed,prepared]");
  EXPECT_THAT(Reason(), HasSubstr("FAILURE"));
}

TEST_F(ReferenceTest, TccTimeout) {
  Post("prepare", Of("tcc"));
  Post("registerBranch", Tcc("01"));
  Pass(seconds(300));
  EXPECT_EQ(Post("registerBranch", Tcc("02")).status, 409);
  EXPECT_EQ(State(), "failed [succeed,prepared]");
  EXPECT_EQ(Reason(), "Timeout after 35 seconds");
}

TEST_F(ReferenceTest, TccNested) {
  Post("prepare", Of("tcc"));
  for (const char* id : {"01", "0101", "02"}) Post("registerBranch", Tcc(id));
  Post("submit", Of("tcc"));
  EXPECT_EQ(State(), "succeed [prepared,succeed,prepared,succeed,prepared,succeed]");
}

TEST_F(ReferenceTest, XaNormal) {
  Post("prepare", Of("xa"));
  for (const char* id : {"01", "02"}) Post("registerBranch", Xa(id));
  Post("submit", Of("xa"));
  EXPECT_EQ(State(), "succeed [prepared,succeed,prepared,succeed]");
}

TEST_F(ReferenceTest, XaRollback) {
  Post("prepare", Of("xa"));
  Post("registerBranch", Xa("01"));
  Post("abort", Of("xa"));
  EXPECT_EQ(State(), "failed [succeed,prepared]");
}

TEST_F(ReferenceTest, XaTimeout) {
  Post("prepare", Of("xa"));
  Pass(seconds(300));
  EXPECT_EQ(Post("submit", Of("xa")).status, 409);
  EXPECT_EQ(State(), "failed []");
  EXPECT_EQ(Reason(), "Timeout after 35 seconds");
}

TEST_F(ReferenceTest, XaNotTimeout) {
  Answer("xa01", {kBusy, kYes});
  Post("prepare", Of("xa"));
  Post("registerBranch", Xa("01"));
  EXPECT_THAT(State(), HasSubstr("prepared ["));
  Post("submit", Of("xa"));
  EXPECT_THAT(State(), HasSubstr("submitted"));
  Pass(seconds(15));
  EXPECT_EQ(State(), "succeed [prepared,succeed]");
}

// --- api_test.go, store_test.go ------------------------------------------------------------------

TEST_F(ReferenceTest, APIQuery) {
  Post("submit", Message());
  EXPECT_EQ(State(), "succeed [succeed,succeed]");
  EXPECT_EQ(api_.Get("/api/dtmsvr/query?gid=").status, 400);  // The reference's 500.
  EXPECT_EQ(api_.Get("/api/dtmsvr/query?gid=none").body, R"({"branches":[],"transaction":null})");
}

TEST_F(ReferenceTest, APIForceStopped) {
  Answer("in", {kBusy});
  Post("submit", Saga());
  EXPECT_EQ(Post("forceStop", R"({"gid":"g"})").body, kSuccess);
  EXPECT_THAT(State(), HasSubstr("failed ["));
  EXPECT_EQ(Post("forceStop", R"({"gid":"g"})").status, 409);
}

TEST_F(ReferenceTest, StoreResetCronTime) {
  std::vector<Script> answers(11, kBusy);
  answers.push_back(kSilent);  // What was reset is being called, and sleeps no more.
  Answer("out", answers);
  for (int i = 0; i < 11; ++i) {
    std::string saga = Saga(R"(,"retry_interval":)" + std::to_string(i < 10 ? 3'600 : 60));
    saga.replace(saga.find("\"g\""), 3, "\"g" + std::to_string(i) + "\"");
    Post("submit", saga);
  }
  const auto reset = [&](const std::string& timeout, const std::string& limit) {
    return api_.Get("/api/dtmsvr/resetCronTime?timeout=" + timeout + "&limit=" + limit).body;
  };
  EXPECT_EQ(reset("600", "9"), R"({"has_remaining":true,"succeed_count":9})");
  EXPECT_EQ(reset("600", "9"), R"({"has_remaining":false,"succeed_count":1})");
  EXPECT_EQ(reset("30", "9"), R"({"has_remaining":false,"succeed_count":1})");
  EXPECT_EQ(reset("30", "9"), R"({"has_remaining":false,"succeed_count":0})");
}

// --- workflow tests ------------------------------------------------------------------------------

TEST_F(ReferenceTest, WorkflowBranchConflict) {
  const std::string step =
      Of("workflow", R"(,"branch_id":"01","op":"action","status":"succeed","data":"r")");
  Post("prepareWorkflow",
       Of("workflow", R"(,"query_prepared":"http://a/resume","custom_data":"{\"name\":\"w\"}")"));
  EXPECT_EQ(Post("registerBranch", step).body, kSuccess);
  EXPECT_EQ(Post("registerBranch", step).status, 412);
}

TEST_F(ReferenceTest, WorkflowResumeSkip) {
  const std::string start =
      Of("workflow", R"(,"query_prepared":"http://a/resume","custom_data":"{\"name\":\"w\"}")");
  EXPECT_THAT(Post("prepareWorkflow", start).body, HasSubstr(R"("progresses":[])"));
  Post("registerBranch",
       Of("workflow", R"(,"branch_id":"01","op":"action","status":"succeed","data":"r")"));
  Pass(seconds(15));
  EXPECT_EQ(api_.world.participant.Count("00/w"), 1u);
  EXPECT_THAT(Post("prepareWorkflow", start).body, HasSubstr(R"("branch_id":"01")"));
  Post("submit", Of("workflow", R"(,"req_extra":{"status":"succeed"})"));
  EXPECT_THAT(State(), HasSubstr("succeed ["));
}

TEST_F(ReferenceTest, WorkflowRollback) {
  Post("prepareWorkflow",
       Of("workflow", R"(,"query_prepared":"http://a/resume","custom_data":"{\"name\":\"w\"}")"));
  Post("submit",
       Of("workflow", R"(,"req_extra":{"status":"failed","rollback_reason":"no money"})"));
  EXPECT_THAT(State(), HasSubstr("failed ["));
  EXPECT_EQ(Reason(), "no money");
}

}  // namespace
}  // namespace treaty::testing
