// TCC, XA, message and workflow through HTTP: what clients send and what they read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "api/api_world.h"

namespace treaty::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kSuccess[] = R"({"dtm_result":"SUCCESS"})";

// {"gid":…,"trans_type":…} with `more` members.
std::string Request(const std::string& gid, const std::string& type, const std::string& more = "") {
  return R"({"gid":")" + gid + R"(","trans_type":")" + type + "\"" +
         (more.empty() ? "" : "," + more) + "}";
}

std::string Message(const std::string& gid, const std::string& more = "") {
  return Request(gid, "msg",
                 R"("steps":[{"action":"http://a/m1"},{"action":"http://a/m2"}],)"
                 R"("payloads":["{\"n\":1}",""],"query_prepared":"http://a/q")" +
                     (more.empty() ? "" : "," + more));
}

std::string Workflow(const std::string& gid) {
  return Request(gid, "workflow",
                 R"("query_prepared":"http://a/wf","protocol":"http",)"
                 R"("custom_data":"{\"name\":\"transfer\",\"data\":\"aW4=\"}")");
}

std::string Tcc(const std::string& gid, const std::string& id) {
  return Request(gid, "tcc",
                 R"("branch_id":")" + id + R"(","confirm":"http://a/y)" + id +
                     R"(","cancel":"http://a/n)" + id + R"(","data":"{\"a\":1}","try":"t")");
}

std::string Xa(const std::string& gid, const std::string& id) {
  return Request(gid, "xa", R"("branch_id":")" + id + R"(","url":"http://a/x)" + id + "\"");
}

std::string Recorded(const std::string& gid, const std::string& id, const std::string& data) {
  return Request(
      gid, "workflow",
      R"("branch_id":")" + id + R"(","op":"action","status":"succeed","data":")" + data + "\"");
}

std::string Ended(const std::string& gid, const std::string& extra) {
  return Request(gid, "workflow", R"("req_extra":{)" + extra + "}");
}

std::string Between(const std::string& text, const std::string& from, std::size_t& at) {
  const std::size_t begin = text.find(from, at) + from.size();
  at = text.find('"', begin);
  return text.substr(begin, at - begin);
}

// The branches that a reply shows, in its order: "01 cancel prepared".
std::vector<std::string> Rows(const std::string& body) {
  std::vector<std::string> rows;
  std::size_t at = 0;
  while (body.find(R"("branch_id":")", at) != std::string::npos) {
    const std::string id = Between(body, R"("branch_id":")", at);
    const std::string op = Between(body, R"("op":")", at);
    rows.push_back(id + " " + op + " " + Between(body, R"("status":")", at));
  }
  return rows;
}

class ModelsTest : public ::testing::Test {
 protected:
  std::string Query(const std::string& gid) {
    return api_.Get("/api/dtmsvr/query?gid=" + gid).body;
  }
  void Expect(int status, const std::string& path, const std::string& body) {
    const auto reply = api_.Post(path, body);
    EXPECT_EQ(reply.status, status) << path << " " << body << "\n" << reply.body;
    const bool refused = status == 409;
    EXPECT_EQ(reply.body == kSuccess, status == 200);
    EXPECT_EQ(reply.body.starts_with(R"({"dtm_result":"FAILURE",)"), refused);
    EXPECT_EQ(reply.body.ends_with(R"(FAILURE"})"), refused);
    EXPECT_EQ(reply.body.find("FAILURE") != std::string::npos, refused);
  }

  ApiWorld api_;
};

TEST_F(ModelsTest, ATccShowsCancelThenConfirmOfEachBranch) {
  Expect(200, "prepare", Request("g", "tcc", R"("wait_result":true)"));
  Expect(200, "registerBranch", Tcc("g", "01"));
  Expect(200, "registerBranch", Tcc("g", "02"));
  EXPECT_THAT(Rows(Query("g")), ElementsAre("01 cancel prepared", "01 confirm prepared",
                                            "02 cancel prepared", "02 confirm prepared"));
  EXPECT_THAT(Query("g"), HasSubstr(R"("gid":"g","url":"http://a/n01","bin_data":"eyJhIjoxfQ==",)"
                                    R"("branch_id":"01","op":"cancel","status":"prepared"},)"));
  EXPECT_THAT(Query("g"), HasSubstr(R"("url":"http://a/y02","bin_data":"eyJhIjoxfQ==",)"
                                    R"("branch_id":"02","op":"confirm","status":"prepared"}])"));
  Expect(200, "submit", Request("g", "tcc", R"("wait_result":true)"));
  EXPECT_THAT(Rows(Query("g")), ElementsAre("01 cancel prepared", "01 confirm succeed",
                                            "02 cancel prepared", "02 confirm succeed"));
  EXPECT_THAT(Query("g"), HasSubstr(R"("trans_type":"tcc","status":"succeed")"));
}

TEST_F(ModelsTest, AnXaShowsRollbackThenCommitOfEachBranch) {
  Expect(200, "prepare", Request("g", "xa"));
  Expect(200, "registerBranch", Xa("g", "01"));
  Expect(200, "registerBranch", Xa("g", "02"));
  EXPECT_THAT(Query("g"), HasSubstr(R"("gid":"g","url":"http://a/x01","branch_id":"01",)"
                                    R"("op":"rollback","status":"prepared"},)"));
  Expect(200, "abort", Request("g", "xa", R"("rollback_reason":"no stock","wait_result":true)"));
  EXPECT_THAT(Rows(Query("g")), ElementsAre("01 rollback succeed", "01 commit prepared",
                                            "02 rollback succeed", "02 commit prepared"));
  EXPECT_THAT(Query("g"), HasSubstr(R"("rollback_reason":"no stock")"));
}

TEST_F(ModelsTest, AMessageShowsActionsOnly) {
  Expect(200, "submit", Message("g", R"("wait_result":true)"));
  EXPECT_THAT(Rows(Query("g")), ElementsAre("01 action succeed", "02 action succeed"));
  EXPECT_THAT(Query("g"), HasSubstr(R"("trans_type":"msg","steps":[{"action":"http://a/m1"},)"
                                    R"({"action":"http://a/m2"}],"payloads":["{\"n\":1}",""],)"
                                    R"("status":"succeed","query_prepared":"http://a/q",)"));
}

TEST_F(ModelsTest, AWorkflowShowsWhatItsClientRecorded) {
  const auto prepared = api_.Post("prepareWorkflow", Workflow("g"));
  EXPECT_EQ(prepared.status, 200);
  EXPECT_THAT(prepared.body, StartsWith(R"({"transaction":{"id":0,"create_time":"2019-)"));
  EXPECT_THAT(prepared.body, HasSubstr(R"("gid":"g","trans_type":"workflow","status":"prepared",)"
                                       R"("query_prepared":"http://a/wf","protocol":"http",)"));
  EXPECT_THAT(prepared.body, ::testing::EndsWith(R"(},"progresses":[]})"));

  Expect(200, "registerBranch", Recorded("g", "01", "\\u0000;\\r\\n\\u00e4"));
  Expect(200, "registerBranch",
         Request("g", "workflow", R"("branch_id":"02","op":"saga commit","status":"failed")"));
  const auto again = api_.Post("prepareWorkflow", Workflow("g"));
  const std::string rows = again.body.substr(again.body.find("progresses"));
  EXPECT_THAT(Rows(rows), ElementsAre("01 action succeed", "02 saga commit failed"));
  EXPECT_THAT(rows, HasSubstr(R"("gid":"g","bin_data":"ADsNCsOk","branch_id":"01",)"));
  EXPECT_EQ(Rows(Query("g")), Rows(rows));

  Expect(200, "submit", Ended("g", R"("status":"failed","rollback_reason":"no","result":"cmVz")"));
  const auto last = api_.Post("prepareWorkflow", Workflow("g"));
  EXPECT_EQ(last.status, 200);
  EXPECT_THAT(last.body, HasSubstr(R"("status":"failed")"));
  EXPECT_THAT(last.body, HasSubstr(R"("result":"cmVz","rollback_reason":"no")"));
  EXPECT_THAT(Rows(last.body), ElementsAre("01 action succeed", "02 saga commit failed"));
}

TEST_F(ModelsTest, AWorkflowIsResumedWithItsNameAndInput) {
  api_.Post("prepareWorkflow", Workflow("g"));
  api_.world.Run(seconds(11));
  ASSERT_EQ(api_.world.participant.calls.size(), 1u);
  EXPECT_EQ(api_.world.participant.calls[0].second, "00/transfer");
  EXPECT_EQ(api_.world.Stored("g").txn.terms->workflow_input, "in");
}

// The part of a record that has neither steps nor payloads, in the order of a reply.
std::string Head(std::string body) {
  const std::size_t begin = body.find(R"({"id":0,"create_time")", body.find("transaction"));
  body.erase(0, begin);
  const std::size_t steps = body.find(R"("steps":)");
  if (steps == std::string::npos) return body.substr(0, body.find("}"));
  return body.erase(steps, body.find(R"("status":)") - steps).substr(0, body.find("}"));
}

// C#'s SDK leaves the URL out: null, or an empty text.
TEST_F(ModelsTest, AWorkflowMayBeLeftToItsClient) {
  for (const char* url : {"", R"("query_prepared":null,)", R"("query_prepared":"",)"}) {
    const std::string gid = "g" + std::to_string(std::string(url).size());
    const std::string body = Request(
        gid, "workflow", url + std::string(R"("custom_data":"{\"name\":\"n\",\"data\":null}")"));
    EXPECT_EQ(api_.Post("prepareWorkflow", body).status, 200) << url;
    Expect(200, "registerBranch", Recorded(gid, "01", "one"));
    api_.world.Run(std::chrono::hours(1));
    EXPECT_THAT(Rows(api_.Post("prepareWorkflow", body).body), ElementsAre("01 action succeed"));
    EXPECT_THAT(Query(gid), Not(HasSubstr("next_cron_time")));
    EXPECT_THAT(api_.Get("/api/dtmsvr/all?transType=workflow&status=prepared").body,
                HasSubstr("\"gid\":\"" + gid + "\""));
    EXPECT_EQ(Head(api_.Get("/api/dtmsvr/all?gid=" + gid).body), Head(Query(gid)));
    Expect(200, "submit", Ended(gid, R"("status":"succeed")"));
    EXPECT_THAT(Query(gid), HasSubstr(R"("status":"succeed")"));
  }
  EXPECT_TRUE(api_.world.participant.calls.empty());
}

TEST_F(ModelsTest, RepeatsOfAPrepareAreAnsweredByTheTable) {
  for (const char* type : {"tcc", "xa"}) {
    const std::string gid = type;
    Expect(200, "prepare", Request(gid, type));
    Expect(200, "prepare", Request(gid, type, R"("steps":[],"payloads":null,"protocol":"")"));
    Expect(409, "prepare", Request(gid, type, R"("query_prepared":"http://a/q")"));
    Expect(409, "prepare", Message(gid));
    EXPECT_EQ(api_.Post("prepareWorkflow", Workflow(gid)).status, 409);
    Expect(200, "abort", Request(gid, type));
    Expect(409, "prepare", Request(gid, type));
  }
  Expect(200, "prepare", Message("m"));
  Expect(200, "prepare", Message("m"));
  Expect(409, "prepare", Request("m", "msg", R"("query_prepared":"http://a/q")"));
}

TEST_F(ModelsTest, RepeatsOfASubmitAreAnsweredByTheTable) {
  for (const char* type : {"tcc", "xa"}) {
    const std::string gid = type;
    Expect(409, "submit", Request(gid, type));
    EXPECT_EQ(api_.world.store->size(), type == std::string("tcc") ? 0u : 2u);
    Expect(200, "prepare", Request(gid, type));
    Expect(200, "prepare", Request(gid + "-no", type));
    Expect(409, "submit", Request(gid, type == std::string("tcc") ? "xa" : "tcc"));
    Expect(409, "submit", Request(gid, "saga"));
    Expect(200, "submit", Request(gid, type));
    Expect(200, "submit", Request(gid, type));  // Succeed by now.
    Expect(200, "abort", Request(gid + "-no", type, R"("rollback_reason":"why")"));
    Expect(409, "submit", Request(gid + "-no", type));
    EXPECT_THAT(api_.Post("submit", Request(gid + "-no", type)).body,
                HasSubstr(R"("message":"why FAILURE")"));
  }
  Expect(200, "prepare", Message("m"));
  Expect(409, "submit", Request("m", "msg", R"("query_prepared":"http://a/other")"));
  Expect(200, "submit", Request("m", "msg"));
  Expect(200, "submit", Message("m"));
  Expect(200, "submit", Message("direct"));
  Expect(200, "submit", Message("direct"));
  Expect(409, "submit", Request("direct", "msg", R"("query_prepared":"http://a/q")"));
  EXPECT_EQ(api_.world.participant.calls.size(), 4u);
}

TEST_F(ModelsTest, AWaitedSubmitThatGoesOnIsOngoing) {
  api_.world.participant.scripts["http://a/y01"] = {{Outcome::kFailure, "SUCCESS"}};
  Expect(200, "prepare", Request("g", "tcc"));
  Expect(200, "registerBranch", Tcc("g", "01"));
  const auto submit = api_.Post("submit", Request("g", "tcc", R"("wait_result":true)"));
  EXPECT_EQ(submit.status, 425);
  EXPECT_THAT(submit.body, HasSubstr(R"("dtm_result":"ONGOING")"));
  EXPECT_EQ(api_.Post("submit", Request("g", "tcc", R"("wait_result":true)")).body, submit.body);
  Expect(200, "submit", Request("g", "tcc"));
  Expect(409, "abort", Request("g", "tcc"));
  EXPECT_EQ(api_.world.participant.calls.size(), 1u);
}

TEST_F(ModelsTest, AnAbortOfAnotherModelIsRefused) {
  for (const char* type : {"tcc", "xa"}) Expect(200, "prepare", Request(type, type));
  Expect(200, "prepare", Message("msg"));
  ASSERT_EQ(api_.Post("prepareWorkflow", Workflow("workflow")).status, 200);
  Expect(200, "prepare", Request("saga", "saga"));
  for (const char* gid : {"tcc", "xa", "msg", "workflow", "saga"}) {
    for (const char* type : {"tcc", "xa", "msg", "workflow", "saga"}) {
      if (gid == std::string(type)) continue;
      Expect(409, "abort", Request(gid, type));
    }
    EXPECT_EQ(api_.world.Status(gid), TxnStatus::kPrepared);
  }
  EXPECT_THAT(api_.Post("abort", Request("tcc", "xa")).body,
              HasSubstr("trans type: 'tcc' current status 'prepared', cannot abort. trans_type is "
                        "'xa' FAILURE"));
  for (const std::string gid : {"workflow", "saga"}) {
    Expect(409, "abort", Request(gid, gid));
    Expect(409, "abort", R"({"gid":")" + gid + "\"}");
  }
  for (const char* gid : {"tcc", "xa", "msg"}) {
    Expect(200, "abort", Request(gid, gid));
    Expect(200, "abort", Request(gid, gid));
    EXPECT_EQ(api_.world.Status(gid), TxnStatus::kFailed);
  }
  for (const char* type : {"tcc", "xa", "msg"}) Expect(404, "abort", Request("nobody", type));
  EXPECT_EQ(api_.world.store->size(), 5u);
}

TEST_F(ModelsTest, AWaitedAbortThatGoesOnIsOngoing) {
  api_.world.participant.scripts["http://a/n01"] = {{Outcome::kOngoing, "FAILURE"}};
  Expect(200, "prepare", Request("g", "tcc"));
  Expect(200, "registerBranch", Tcc("g", "01"));
  const auto abort = api_.Post("abort", Request("g", "tcc", R"("wait_result":true)"));
  EXPECT_EQ(abort.status, 425);
  EXPECT_THAT(abort.body, Not(HasSubstr("FAILURE")));
  Expect(200, "abort", Request("g", "tcc"));
}

TEST_F(ModelsTest, RepeatsOfARegistrationAreAnsweredByTheTable) {
  Expect(409, "registerBranch", Tcc("g", "01"));
  EXPECT_THAT(api_.Post("registerBranch", Tcc("g", "01")).body,
              HasSubstr("no trans with gid: g status: prepared found FAILURE"));
  Expect(200, "prepare", Request("g", "tcc"));
  Expect(200, "registerBranch", Tcc("g", "01"));
  Expect(200, "registerBranch", Tcc("g", "01"));
  Expect(409, "registerBranch", Request("g", "tcc", R"("branch_id":"01","confirm":"http://a/z")"));
  Expect(409, "registerBranch", Xa("g", "02"));
  Expect(409, "registerBranch", Recorded("g", "02", "x"));
  Expect(200, "registerBranch", Request("g", "tcc", R"("branch_id":"0201","cancel":"")"));
  Expect(200, "submit", Request("g", "tcc", R"("wait_result":true)"));
  for (const char* id : {"01", "03"}) Expect(409, "registerBranch", Tcc("g", id));
  // The state comes before the URLs.
  Expect(409, "registerBranch", Request("g", "tcc", R"("branch_id":"09","confirm":"nonsense")"));
  Expect(409, "registerBranch", Request("none", "xa", R"("branch_id":"09","url":"nonsense")"));
  EXPECT_EQ(Rows(Query("g")).size(), 4u);
  EXPECT_THAT(Query("g"), HasSubstr(R"("gid":"g","branch_id":"0201","op":"confirm",)"));
}

TEST_F(ModelsTest, ARecordedStepIsTold412WithNeitherWord) {
  api_.Post("prepareWorkflow", Workflow("g"));
  Expect(404, "registerBranch", Recorded("nobody", "01", "x"));
  Expect(200, "registerBranch", Recorded("g", "01", "one"));
  for (const char* data : {"one", "SUCCESS FAILURE"}) {
    const auto reply = api_.Post("registerBranch", Recorded("g", "01", data));
    EXPECT_EQ(reply.status, 412);
    EXPECT_THAT(reply.body, StartsWith(R"({"message":")"));
    EXPECT_THAT(reply.body, Not(HasSubstr("SUCCESS")));
    EXPECT_THAT(reply.body, Not(HasSubstr("FAILURE")));
  }
  // Another operation of the same branch is another step.
  Expect(200, "registerBranch",
         Request("g", "workflow", R"("branch_id":"01","op":"rollback","status":"failed")"));
  Expect(200, "submit", Ended("g", R"("status":"succeed")"));
  Expect(412, "registerBranch", Recorded("g", "05", "x"));
  Expect(200, "submit", Ended("g", R"("status":"succeed","result":"other")"));
  Expect(409, "submit", Ended("g", R"("status":"failed")"));
  Expect(404, "submit", Ended("nobody", R"("status":"failed")"));
  Expect(200, "prepare", Request("t", "tcc"));
  Expect(409, "submit", Ended("t", R"("status":"failed")"));
  EXPECT_EQ(api_.world.Status("t"), TxnStatus::kPrepared);
}

TEST_F(ModelsTest, TheAliasesStandForTheModel) {
  Expect(200, "prepare", Request("t", "tcc"));
  Expect(200, "prepare", Request("x", "xa"));
  const std::string tcc = R"({"gid":"t","branch_id":"01","confirm":"http://a/y"})";
  const std::string xa = R"({"GID":"x","Branch_ID":"01","URL":"http://a/x","data":null})";
  Expect(400, "registerBranch", tcc);
  Expect(200, "registerTccBranch", tcc);
  Expect(200, "registerXaBranch", xa);
  Expect(200, "registerTccBranch", Tcc("t", "02"));
  Expect(409, "registerXaBranch", R"({"gid":"t","branch_id":"03","url":"http://a/x"})");
  EXPECT_EQ(api_.world.Stored("t").txn.registered.size(), 2u);
  EXPECT_EQ(api_.world.Stored("x").txn.registered.size(), 1u);
}

TEST_F(ModelsTest, TheListIsFilteredByEveryModel) {
  for (const char* type : {"saga", "tcc", "xa"}) Expect(200, "prepare", Request(type, type));
  Expect(200, "prepare", Message("msg"));
  api_.Post("prepareWorkflow", Workflow("workflow"));
  Expect(200, "registerBranch", Tcc("tcc", "01"));
  for (const std::string type : {"saga", "tcc", "xa", "msg", "workflow"}) {
    const std::string page = api_.Get("/api/dtmsvr/all?transType=" + type).body;
    EXPECT_THAT(page, HasSubstr(R"("gid":")" + type + R"(","trans_type":")" + type + "\""));
    for (const std::string other : {"saga", "tcc", "xa", "msg", "workflow"}) {
      EXPECT_EQ(page.find(R"("gid":")" + other + "\"") != std::string::npos, other == type);
    }
  }
}

TEST_F(ModelsTest, BeyondTheLimitABranchIsRefusedByTheLimitsName) {
  Expect(200, "prepare", Request("g", "tcc", R"("timeout_to_fail":3600)"));
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_EQ(api_.Post("registerBranch", Tcc("g", std::to_string(i))).status, 200) << i;
  }
  const auto reply = api_.Post("registerBranch", Tcc("g", "more"));
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("at most 1000 (Limits.Steps)"));
  Expect(200, "registerBranch", Tcc("g", "7"));
  EXPECT_EQ(Rows(Query("g")).size(), 2'000u);
}

TEST_F(ModelsTest, AForcedStopAndAResetServeEveryModel) {
  for (const char* type : {"tcc", "xa"}) Expect(200, "prepare", Request(type, type));
  Expect(200, "prepare", Message("msg"));
  api_.Post("prepareWorkflow", Workflow("workflow"));
  for (const std::string gid : {"tcc", "xa", "msg", "workflow"}) {
    Expect(200, "resetNextCronTime", R"({"gid":")" + gid + "\"}");
    Expect(200, "forceStop", R"({"gid":")" + gid + R"(","reason":"r"})");
    Expect(409, "forceStop", R"({"gid":")" + gid + "\"}");
    EXPECT_EQ(api_.world.Status(gid), TxnStatus::kFailed);
  }
}

// It is the second request of a message whose first one is not known (or is deleted already).
TEST_F(ModelsTest, ASubmitWithoutStepsOfAnUnknownMessageIsRefused) {
  Expect(409, "submit", Request("g", "msg"));
  Expect(409, "submit", Request("g", "msg", R"("steps":[],"payloads":[],"wait_result":true)"));
  EXPECT_THAT(api_.Post("submit", Request("g", "msg")).body, HasSubstr("prepare it first"));
  EXPECT_EQ(api_.world.store->size(), 0u);
  Expect(200, "prepare", Message("g"));
  Expect(200, "submit", Request("g", "msg", R"("wait_result":true)"));
  EXPECT_EQ(api_.world.participant.Count("01/action"), 1u);
}

// It counts as absent everywhere: what was prepared stays.
TEST_F(ModelsTest, CustomDataOfTheTextNullIsNone) {
  Expect(200, "prepare", Message("msg", R"("custom_data":"{\"delay\":60}")"));
  Expect(200, "submit", Message("msg", R"("custom_data":"null")"));
  EXPECT_THAT(Query("msg"), HasSubstr(R"("custom_data":"{\"delay\":60}")"));
  EXPECT_TRUE(api_.world.participant.calls.empty());
  for (const char* type : {"tcc", "xa", "saga"}) {
    Expect(200, "prepare", Request(type, type, R"("custom_data":"null")"));
    EXPECT_THAT(Query(type), Not(HasSubstr("custom_data"))) << type;
  }
}

// A branch that only tries, as serializers write it that leave nothing out.
TEST_F(ModelsTest, ATccBranchWithNullForBothUrlsIsDoneAtOnce) {
  for (const char* end : {"submit", "abort"}) {
    const std::string gid = end;
    Expect(200, "prepare", Request(gid, "tcc"));
    Expect(200, "registerBranch",
           Request(gid, "tcc", R"("branch_id":"01","confirm":null,"cancel":null,"data":null)"));
    Expect(200, "registerTccBranch",
           Request(gid, "tcc", R"("branch_id":"02","Confirm":null,"cancel":"","data":"{}")"));
    Expect(200, end, Request(gid, "tcc"));
    EXPECT_THAT(Query(gid), HasSubstr(gid == "submit" ? R"("status":"succeed","protocol")"
                                                      : R"("status":"failed","protocol")"));
  }
  EXPECT_TRUE(api_.world.participant.calls.empty());
}

// C#'s client takes the word for an error wherever it stands in a reply.
TEST_F(ModelsTest, WhatTreatyItselfWritesOfAnEndBearsNoWordOfFailure) {
  api_.world.participant.scripts["http://a/q"] = {{Outcome::kFailure, "no SUCCESS but FAILURE"}};
  Expect(200, "prepare", Message("denied"));
  api_.world.Run(seconds(60));
  Expect(200, "prepare", Message("aborted"));
  Expect(200, "abort", Request("aborted", "msg", R"("rollback_reason":"FAILURE of mine")"));
  Expect(200, "prepare", Request("forced", "tcc"));
  Expect(200, "forceStop", R"({"gid":"forced","reason":"FAILURE, SUCCESS or ONGOING"})");
  const std::pair<const char*, const char*> shown[] = {
      {"denied", R"("url:http://a/q return failed: no success but failure")"},
      {"aborted", R"("rollback_reason":"failure of mine")"},
      {"forced", R"("forced_reason":"failure, success or ongoing")"}};
  for (const auto& [gid, text] : shown) {
    for (const std::string& reply :
         {Query(gid), api_.Get(std::string("/api/dtmsvr/all?gid=") + gid).body}) {
      EXPECT_THAT(reply, HasSubstr(R"("status":"failed")")) << gid;
      EXPECT_THAT(reply, HasSubstr(text)) << gid;
      EXPECT_THAT(reply, Not(HasSubstr("FAILURE"))) << gid;
    }
  }
  // A definite no still says so.
  EXPECT_THAT(api_.Post("submit", Message("denied")).body, HasSubstr("no success but FAILURE\""));
}

TEST_F(ModelsTest, AGidIsBoundToTheNameOfItsWorkflow) {
  Expect(200, "submit", Message("m"));
  EXPECT_EQ(api_.Post("prepareWorkflow", Workflow("g")).status, 200);
  std::string other = Workflow("g");
  other.replace(other.find("transfer"), 8, "payments");
  Expect(409, "prepareWorkflow", other);
  EXPECT_THAT(api_.Post("prepareWorkflow", other).body, HasSubstr("'transfer'"));
  EXPECT_EQ(api_.Post("prepareWorkflow", Workflow("g")).status, 200);
}

TEST_F(ModelsTest, TheListShowsWhatTheQueryShowsButForTheSteps) {
  Expect(200, "prepare", Message("msg"));
  Expect(200, "prepare", Request("xa", "xa", R"("protocol":"json-rpc")"));
  Expect(200, "prepare", Request("tcc", "tcc", R"("query_prepared":"text","custom_data":"c")"));
  EXPECT_EQ(api_.Post("prepareWorkflow", Workflow("workflow")).status, 200);
  Expect(200, "submit", Request("saga", "saga", R"("protocol":"json-rpc")"));
  for (const std::string gid : {"msg", "xa", "tcc", "workflow", "saga"}) {
    const std::string shown = Head(Query(gid));
    EXPECT_THAT(shown, HasSubstr("\"gid\":\"" + gid + "\""));
    EXPECT_EQ(Head(api_.Get("/api/dtmsvr/all?gid=" + gid).body), shown);
  }
  EXPECT_THAT(api_.Get("/api/dtmsvr/all?gid=msg").body, HasSubstr(R"("query_prepared":"http)"));
  EXPECT_THAT(api_.Get("/api/dtmsvr/all?gid=xa").body, HasSubstr(R"("protocol":"json-rpc")"));
}

TEST_F(ModelsTest, ARegisteredBranchHasTheTimeOfItsRegistration) {
  Expect(200, "prepare", Request("g", "tcc"));
  EXPECT_EQ(api_.Post("prepareWorkflow", Workflow("w")).status, 200);
  api_.world.Run(std::chrono::seconds(1));
  const auto branch = [&](const std::string& gid) { return Query(gid).substr(0, 120); };
  Expect(200, "registerBranch", Tcc("g", "01"));
  Expect(200, "registerBranch", Recorded("w", "01", "r"));
  const std::string whole = Query("g");
  const std::string begun = whole.substr(whole.find("transaction"));
  for (const std::string gid : {"g", "w"}) {
    std::size_t at = 0;
    const std::string created = Between(branch(gid), R"("create_time":")", at);
    EXPECT_EQ(Between(branch(gid), R"("update_time":")", at), created);
    EXPECT_THAT(begun, ::testing::Not(HasSubstr(R"("create_time":")" + created)));
  }
}

TEST_F(ModelsTest, WhatIsUnfinishedShowsWhenItIsLookedAtNext) {
  const std::string delayed = R"("custom_data":"{\"delay\":2}")";
  api_.world.participant.scripts["http://a/m1"] = {kSilent};
  Expect(200, "prepare", Request("tcc", "tcc", R"("timeout_to_fail":60)"));
  Expect(200, "prepare", Request("xa", "xa"));
  Expect(200, "prepare", Message("msg", R"("timeout_to_fail":60)"));
  Expect(200, "submit", Message("delayed", delayed));
  Expect(200, "submit", Message("running"));
  EXPECT_EQ(api_.Post("prepareWorkflow", Workflow("workflow")).status, 200);
  for (const char* gid : {"tcc", "xa", "msg", "delayed", "running", "workflow"}) {
    EXPECT_THAT(Query(gid), HasSubstr(R"("next_cron_time":")")) << gid;
  }
  Expect(200, "forceStop", Request("tcc", "tcc"));
  EXPECT_THAT(Query("tcc"), ::testing::Not(HasSubstr("next_cron_time")));
}

}  // namespace
}  // namespace treaty::testing
