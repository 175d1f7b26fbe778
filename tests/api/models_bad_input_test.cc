// What a client can get wrong with TCC, XA, message and workflow: refused with what to change,
// and the store stays as it is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api/api_world.h"

namespace treaty::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Bad {
  std::string path;
  std::string body;
  const char* says;  // Part of the message.
};

std::string Request(const std::string& type, const std::string& more) {
  return R"({"gid":"g","trans_type":")" + type + "\"" + (more.empty() ? "" : "," + more) + "}";
}

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string Message(const std::string& more) {
  return Request("msg", R"("steps":[{"action":"http://a/m"}],"payloads":["{}"])" +
                            (more.empty() ? "" : "," + more));
}

std::string Delayed(const std::string& custom) {
  return Message(R"("query_prepared":"http://a/q","custom_data":")" + Escaped(custom) + "\"");
}

std::string Asking(const std::string& url) { return R"("query_prepared":")" + url + "\""; }

// A workflow with `custom` as the text of custom_data.
std::string Workflow(const std::string& custom) {
  return Request("workflow",
                 Asking("http://a/wf") + R"(,"custom_data":")" + Escaped(custom) + "\"");
}

std::string Ended(const std::string& extra) {
  return Request("workflow", R"("req_extra":)" + extra);
}

// A registration of a branch of `type` with `more`.
std::string Branch(const std::string& type, const std::string& more) {
  return Request(type, R"("branch_id":"01")" + (more.empty() ? "" : "," + more));
}

std::string Recorded(const std::string& op, const std::string& status) {
  return Branch("workflow", R"("op":)" + op + R"(,"status":)" + status);
}

std::string Text(std::size_t size) { return "\"" + std::string(size, 'x') + "\""; }

const Bad kBad[] = {
    // Models and routes that do not fit.
    {"prepare", Request("workflow", Asking("http://a/wf")), "prepareWorkflow"},
    {"prepareWorkflow", Request("tcc", ""), "trans_type"},
    {"prepareWorkflow", Request("saga", ""), "trans_type"},
    {"prepareWorkflow", Request("", ""), "trans_type is missing"},
    {"prepareWorkflow", "", "empty"},
    {"prepareWorkflow", "[]", "object"},
    {"prepareWorkflow", R"({"trans_type":"workflow"})", "gid is missing"},
    {"prepare", Request("tcc", R"("protocol":"soap")"), "protocol"},
    {"prepare", Request("tcc", R"("timeout_to_fail":-1)"), "from 0"},
    {"prepare", Request("xa", R"("retry_interval":1.5)"), "whole number"},
    {"prepare", Request("tcc", R"("branch_headers":{"Host":"x"})"), "branch_headers"},
    {"prepare", Request("tcc", R"("custom_data":{})"), "custom_data must be a string"},
    {"prepare", Request("tcc", Asking(std::string(1'025, 'q'))), "1024"},
    // Messages.
    {"prepare", Message(""), "query_prepared is missing"},
    {"prepare", Message(R"("query_prepared":"")"), "query_prepared is missing"},
    {"prepare", Message(R"("query_prepared":null)"), "query_prepared is missing"},
    {"prepare", Message(R"("query_prepared":7)"), "query_prepared must be a string"},
    {"prepare", Message(Asking("ftp://a/q")), "query_prepared"},
    {"submit", Message(Asking("http://169.254.169.254/q")), "query_prepared"},
    {"submit", Message(Asking("http://a/q?gid=1")), "'gid'"},
    {"submit", Request("msg", R"("steps":[{"action":"http://a/m"}])"), "payloads"},
    {"submit", Request("msg", R"("steps":[{}],"payloads":[""])"), "neither"},
    {"submit", Request("msg", R"("steps":[{"action":"gopher://a"}],"payloads":[""])"), "action"},
    {"submit", Request("msg", R"("steps":[{"action":""}],"payloads":[""])"), "[0].action is empty"},
    {"submit", Request("msg", R"("steps":[{"compensate":"http://a/m"}],"payloads":[""])"),
     "[0].action is empty"},
    {"submit", Message(R"("payloads":[{}])"), "payloads[0]"},
    {"prepare", Delayed("x"), "custom_data"},
    {"submit", Delayed("x"), "custom_data"},
    {"submit", Delayed("[]"), "custom_data must be a JSON object"},
    {"submit", Delayed("nul"), "custom_data"},
    {"submit", Delayed("null null"), "custom_data"},
    {"submit", Delayed("\"null\""), "custom_data must be a JSON object"},
    {"submit", Delayed(" "), "custom_data"},
    {"submit", Delayed(R"({"delay":-1})"), "delay must be from 0 to 31536000"},
    {"submit", Delayed(R"({"delay":31536001})"), "delay must be from 0"},
    {"submit", Delayed(R"({"delay":1.5})"), "delay must be a whole number"},
    {"submit", Delayed(R"({"delay":1e3})"), "delay must be a whole number"},
    {"submit", Delayed(R"({"delay":"9"})"), "delay must be a whole number"},
    {"submit", Delayed(R"({"delay":true})"), "delay must be a whole number"},
    {"submit", Delayed(R"({"delay":99999999999999999999})"), "custom_data"},
    {"submit", Delayed(R"({"delay":9} x)"), "custom_data"},
    // Workflows.
    {"prepareWorkflow", Request("workflow", R"("query_prepared":7)"), "query_prepared must be"},
    {"prepareWorkflow", Request("workflow", Asking("")), "custom_data is missing"},
    {"prepareWorkflow", Request("workflow", Asking("a/wf")), "query_prepared"},
    {"prepareWorkflow", Request("workflow", Asking("http://a/wf?op=x")), "'op'"},
    {"prepareWorkflow", Request("workflow", Asking("http://a/wf")), "custom_data is missing"},
    {"prepareWorkflow", Workflow("null"), "custom_data is missing"},
    {"prepareWorkflow", Workflow("x"), "custom_data"},
    {"prepareWorkflow", Workflow("[]"), "custom_data must be a JSON object"},
    {"prepareWorkflow", Workflow("{}"), "name is missing"},
    {"prepareWorkflow", Workflow(R"({"name":null})"), "name is missing"},
    {"prepareWorkflow", Workflow(R"({"name":""})"), "1 to 128"},
    {"prepareWorkflow", Workflow(R"({"name":1})"), "name must be a string"},
    {"prepareWorkflow", Workflow(R"({"name":"a\nb"})"), "control"},
    {"prepareWorkflow", Workflow(R"({"name":)" + Text(129) + "}"), "1 to 128"},
    {"prepareWorkflow", Workflow(R"({"name":"n","data":1})"), "data must be a string"},
    {"prepareWorkflow", Workflow(R"({"name":"n","data":{}})"), "data must be a string"},
    {"prepareWorkflow", Workflow(R"({"name":"n","data":"%%%%"})"), "base64"},
    {"prepareWorkflow", Workflow(R"({"name":"n","data":"abc"})"), "base64"},
    {"prepareWorkflow", Workflow(R"({"name":"n","data":"ab=c"})"), "base64"},
    {"prepareWorkflow", Workflow(R"({"name":"n","data":"a-_b"})"), "base64"},
    {"submit", Request("workflow", ""), "req_extra is missing"},
    {"submit", Ended("null"), "req_extra is missing"},
    {"submit", Ended("[]"), "req_extra"},
    {"submit", Ended("\"succeed\""), "req_extra"},
    {"submit", Ended("{}"), "req_extra.status"},
    {"submit", Ended(R"({"status":""})"), "req_extra.status"},
    {"submit", Ended(R"({"status":1})"), "req_extra.status must be a string"},
    {"submit", Ended(R"({"status":"prepared"})"), "succeed or failed"},
    {"submit", Ended(R"({"status":"Succeed"})"), "succeed or failed"},
    {"submit", Ended(R"({"status":"succeed","result":1})"), "req_extra.result must be a string"},
    {"submit", Ended(R"({"status":"failed","rollback_reason":[]})"), "rollback_reason"},
    {"submit", Ended(R"({"status":"succeed","result":)" + Text((64 << 10) + 1) + "}"), "65536"},
    // Registrations.
    {"registerBranch", "", "empty"},
    {"registerBranch", "[]", "object"},
    {"registerBranch", "\"x\"", "object"},
    {"registerBranch", "{}", "gid is missing"},
    {"registerBranch", R"({"gid":"a b","trans_type":"tcc","branch_id":"01"})", "printable ASCII"},
    {"registerBranch", R"({"gid":1,"trans_type":"tcc","branch_id":"01"})", "gid must be a string"},
    {"registerBranch", Branch("", ""), "registers no branches"},
    {"registerBranch", Branch("saga", ""), "registers no branches"},
    {"registerBranch", Branch("msg", ""), "registers no branches"},
    {"registerBranch", Branch("TCC", ""), "registers no branches"},
    {"registerTccBranch", Branch("saga", ""), "registers no branches"},
    {"registerXaBranch", R"({"gid":"g"})", "branch_id is missing"},
    {"registerBranch", Request("tcc", ""), "branch_id is missing"},
    {"registerBranch", Request("tcc", R"("branch_id":"")"), "branch_id is missing"},
    {"registerBranch", Request("tcc", R"("branch_id":null)"), "branch_id is missing"},
    {"registerBranch", Request("tcc", R"("branch_id":1)"), "branch_id must be a string"},
    {"registerBranch", Request("tcc", R"("branch_id":)" + Text(129)), "at most 128"},
    {"registerBranch", Request("xa", R"("branch_id":"0'1")"), "printable ASCII"},
    {"registerBranch", Branch("tcc", R"("data":{})"), "data must be a string"},
    {"registerBranch", Branch("tcc", R"("data":[1])"), "data must be a string"},
    {"registerBranch", Branch("tcc", R"("data":1)"), "data must be a string"},
    {"registerBranch", Branch("tcc", R"("data":)" + Text((1 << 20) + 1)), "data is too large"},
    {"registerBranch", Branch("tcc", R"("confirm":1)"), "confirm must be a string"},
    {"registerBranch", Branch("tcc", R"("cancel":{})"), "cancel must be a string"},
    {"registerBranch", Branch("xa", R"("url":[])"), "url must be a string"},
    {"registerBranch", Recorded("\"\"", "\"succeed\""), "op"},
    {"registerBranch", Recorded("null", "\"succeed\""), "op"},
    {"registerBranch", Recorded("1", "\"succeed\""), "op must be a string"},
    {"registerBranch", Recorded("\"a\\u0000b\"", "\"succeed\""), "op"},
    {"registerBranch", Recorded(Text(46), "\"succeed\""), "1 to 45"},
    {"registerBranch", Recorded("\"action\"", "\"\""), "succeed or failed"},
    {"registerBranch", Recorded("\"action\"", "\"prepared\""), "succeed or failed"},
    {"registerBranch", Recorded("\"action\"", "1"), "status must be a string"},
    {"registerBranch", Branch("tcc", "") + "x", "not valid JSON"},
    // Aborts.
    {"abort", R"({"gid":"g","trans_type":1})", "trans_type must be a string"},
    {"abort", R"({"gid":"g","trans_type":{}})", "trans_type must be a string"},
    {"abort", R"({"gid":"g","trans_type":"Tcc"})", "unknown"},
    {"abort", R"({"gid":"g","trans_type":"tcc","rollback_reason":1})", "must be a string"},
    {"abort", R"({"gid":"g","trans_type":"tcc","wait_result":1})", "true or false"},
    {"abort", R"({"gid":"g","trans_type":"tcc","wait_result":"true"})", "true or false"},
    {"abort", R"({"trans_type":"tcc"})", "gid is missing"},
};

void ExpectRefusal(const api::HttpReply& reply, const std::string& says) {
  EXPECT_EQ(reply.status, 400) << reply.body;
  EXPECT_THAT(reply.body, StartsWith(R"({"message":")"));
  EXPECT_THAT(reply.body, HasSubstr(says));
  for (const char* word : {"SUCCESS", "FAILURE", "ONGOING"}) {
    EXPECT_EQ(reply.body.find(word), std::string::npos) << reply.body;
  }
  EXPECT_LT(reply.body.size(), 600u);
}

TEST(ModelsBadInput, IsRefusedWithWhatToChangeAndStoresNothing) {
  ApiWorld api;
  for (const Bad& bad : kBad) {
    SCOPED_TRACE(bad.path + " " + bad.body.substr(0, 160));
    ExpectRefusal(api.Post(bad.path, bad.body), bad.says);
    EXPECT_EQ(api.world.store->size(), 0u);
  }
  EXPECT_TRUE(api.world.participant.calls.empty());
  EXPECT_EQ(api.world.engine->counts().live_txns, 0u);
}

// URLs are looked at after the state and the model, so these need a transaction to be refused.
TEST(ModelsBadInput, OfABranchsUrlsIsRefusedAndRegistersNothing) {
  ApiWorld api;
  ASSERT_EQ(api.Post("prepare", Request("tcc", "")).status, 200);
  ASSERT_EQ(api.Post("prepare", R"({"gid":"x","trans_type":"xa"})").status, 200);
  const std::string urls[] = {"a/x",
                              "ftp://a/x",
                              "http://",
                              "http://u:p@a/x",
                              "http://a/x#y",
                              "http://a/x?branch_id=1",
                              "http://a/x?op=1",
                              "http://a/x y",
                              "http://169.254.169.254/",
                              "http://0x7f.1/",
                              "http://a/" + std::string(1'024, 'u')};
  for (const std::string& url : urls) {
    SCOPED_TRACE(url.substr(0, 80));
    ExpectRefusal(api.Post("registerBranch", Branch("tcc", R"("confirm":")" + url + "\"")),
                  "confirm: ");
    ExpectRefusal(api.Post("registerTccBranch", Branch("tcc", R"("cancel":")" + url + "\"")),
                  "cancel: ");
    ExpectRefusal(
        api.Post("registerXaBranch", R"({"gid":"x","branch_id":"01","url":")" + url + "\"}"),
        "url: ");
  }
  // A key that is misspelt, or another model's, would leave a branch that is done at once.
  const std::string both[] = {"",
                              R"("Confrim":"http://a/x")",
                              R"("url":"http://a/x")",
                              R"("confirm":null)",
                              R"("confirm":null,"Cansel":null)",
                              R"("cancel":null)"};
  for (const std::string& keys : both) {
    ExpectRefusal(api.Post("registerBranch", Branch("tcc", keys)), "neither confirm nor cancel");
  }
  for (const char* keys : {"", R"(,"confirm":"http://a/x")", R"(,"url":"")", R"(,"url":null)"}) {
    ExpectRefusal(
        api.Post("registerXaBranch", R"({"gid":"x","branch_id":"01")" + std::string(keys) + "}"),
        "url is missing");
  }
  EXPECT_EQ(api.world.Stored("g").txn.version, 1u);
  EXPECT_EQ(api.world.Stored("x").txn.version, 1u);
}

TEST(ModelsBadInput, TheRequestsTheTableVariesAreGoodThemselves) {
  const std::pair<std::string, std::string> good[] = {
      {"prepare", Request("tcc", R"("custom_data":"any text")")},
      {"prepare", Request("xa", Asking("any text"))},
      {"prepare", Message(Asking("http://a/q"))},
      {"submit", Message("")},
      {"submit", Delayed(R"({"delay":31536000})")},
      {"submit", Delayed(R"({"Delay":0,"other":[]})")},
      {"submit", Delayed(R"({"delay":null})")},
      {"submit", Delayed("null")},
      {"submit", Delayed(" null ")},
      {"submit", Request("saga", R"("custom_data":"null")")},
      {"prepare", Request("saga", R"("custom_data":"null")")},
      {"prepare", Request("tcc", R"("custom_data":"null")")},
      {"prepare", Request("xa", R"("custom_data":"null")")},
      {"prepareWorkflow", Workflow(R"({"name":"n"})")},
      {"prepareWorkflow", Workflow(R"({"name":"n","data":null})")},
      {"prepareWorkflow", Workflow(R"({"name":"n","data":""})")},
      {"prepareWorkflow", Workflow(R"({"Name":"n m","DATA":"+/8="})")},
      {"prepareWorkflow", Workflow(R"({"name":)" + Text(128) + "}")},
  };
  for (const auto& [path, body] : good) {
    SCOPED_TRACE(path + " " + body.substr(0, 160));
    ApiWorld api;
    EXPECT_EQ(api.Post(path, body).status, 200);
    EXPECT_EQ(api.world.store->size(), 1u);
  }
}

// An XA's ids become part of SQL at its participants, whatever the others' may hold.
TEST(ModelsBadInput, IdsOfAnXaAreAsciiAlsoWhereOthersNeedNotBe) {
  auto config = ApiWorld::DefaultConfig();
  config.gid_charset_utf8 = true;
  ApiWorld api(config);
  EXPECT_EQ(api.Post("prepare", R"({"gid":"ä;'","trans_type":"tcc"})").status, 200);
  EXPECT_EQ(api.Post("prepare", R"({"gid":"x","trans_type":"xa"})").status, 200);
  const std::string tcc = R"({"gid":"ä;'","trans_type":"tcc","branch_id":"ö","confirm":""})";
  EXPECT_EQ(api.Post("registerBranch", tcc).status, 200);
  ExpectRefusal(api.Post("prepare", R"({"gid":"ä","trans_type":"xa"})"), "printable ASCII");
  ExpectRefusal(api.Post("prepare", R"({"gid":"a'b","trans_type":"xa"})"), "printable ASCII");
  ExpectRefusal(api.Post("registerXaBranch", R"({"gid":"x","branch_id":"0';","url":"http://a"})"),
                "printable ASCII");
  EXPECT_EQ(api.world.store->size(), 2u);
  EXPECT_TRUE(api.world.Stored("x").txn.registered.empty());
}

}  // namespace
}  // namespace treaty::testing
