// Everything a client can get wrong: refused with what to change, and nothing is stored.

#include <gtest/gtest.h>

#include <string>

#include "api/api_world.h"

namespace treaty::testing {
namespace {

struct Bad {
  std::string body;
  const char* says;  // Part of the message.
};

// A saga of one step with `more` members added.
std::string Saga(const std::string& more) {
  return R"({"gid":"g","trans_type":"saga","steps":[{"action":"http://a/x"}],"payloads":["{}"])" +
         (more.empty() ? "" : "," + more) + "}";
}

std::string WithGid(const std::string& json) {
  return R"({"trans_type":"saga","gid":)" + json + "}";
}

std::string WithUrl(const std::string& url) {
  return R"({"gid":"g","trans_type":"saga","payloads":[""],"steps":[{"action":")" + url + R"("}]})";
}

std::string WithSteps(const std::string& steps) {
  return R"({"gid":"g","trans_type":"saga","payloads":["","","",""],"steps":)" + steps + "}";
}

// A saga of three steps with `custom` as the text of custom_data.
std::string WithCustom(const std::string& custom) {
  std::string escaped;
  for (const char c : custom) escaped += c == '"' ? std::string("\\\"") : std::string(1, c);
  return R"({"gid":"g","trans_type":"saga","payloads":["","",""],"steps":[{"action":""},)"
         R"({"action":""},{"action":""}],"custom_data":")" +
         escaped + R"("})";
}

std::string Orders(const std::string& orders) {
  return WithCustom(R"({"concurrent":true,"orders":)" + orders + "}");
}

std::string Repeat(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

std::string ManySteps(int count) {
  return R"({"gid":"g","trans_type":"saga","steps":[)" + Repeat(R"({"action":""},)", count - 1) +
         R"({"action":""}],"payloads":[)" + Repeat(R"("",)", count - 1) + R"(""]})";
}

std::string ManyHeaders(int count, int length) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    all +=
        (i > 0 ? ",\"" : "\"") + ("H" + std::to_string(i)) + "\":\"" + Repeat("x", length) + "\"";
  }
  return R"("branch_headers":{)" + all + "}";
}

const Bad kBad[] = {
    // JSON.
    {"", "empty"},
    {" ", "empty"},
    {"{", "not valid JSON"},
    {"nonsense", "not valid JSON"},
    {"[]", "object"},
    {"null", "object"},
    {"1", "object"},
    {"\"saga\"", "object"},
    {Saga("") + "x", "not valid JSON"},
    {Saga("") + "{}", "not valid JSON"},
    {Saga("") + ",", "not valid JSON"},
    {"\xEF\xBB\xBF" + Saga(""), "byte order mark"},
    {Saga("\"x\":1,"), "not valid JSON"},
    {Saga("'x':1"), "not valid JSON"},
    {Saga("\"x\":tru"), "not valid JSON"},
    {Saga("\"x\":01"), "number"},
    {Saga("\"x\":\"\xff\""), "UTF-8"},
    {Saga("\"x\":\"\n\""), "not valid JSON"},
    {Saga("\"x\":\"\\ud800\""), "not valid JSON"},
    {Saga("\"x\":" + Repeat("[", 64) + Repeat("]", 64)), "too deep"},
    {Saga("\"x\":" + Repeat("[", 100'000)), ""},
    {Repeat("[", 65) + Repeat("]", 65), ""},
    // gid.
    {R"({"trans_type":"saga"})", "gid is missing"},
    {WithGid("\"\""), "gid is missing"},
    {WithGid("null"), "gid is missing"},
    {WithGid("7"), "gid must be a string"},
    {WithGid("[]"), "gid must be a string"},
    {WithGid("{}"), "gid must be a string"},
    {WithGid("true"), "gid must be a string"},
    {WithGid("\"" + std::string(129, 'a') + "\""), "at most 128"},
    {WithGid(R"("a b")"), "printable ASCII"},
    {WithGid(R"("a;b")"), "printable ASCII"},
    {WithGid(R"("a'b")"), "printable ASCII"},
    {WithGid(R"("a\"b")"), "printable ASCII"},
    {WithGid(R"("a`b")"), "printable ASCII"},
    {WithGid(R"("a\\b")"), "printable ASCII"},
    {WithGid(R"("a\nb")"), "printable ASCII"},
    {WithGid(R"("a\rb")"), "printable ASCII"},
    {WithGid(R"("a\u0000b")"), "printable ASCII"},
    {WithGid(R"("a\u007fb")"), "printable ASCII"},
    {WithGid("\"\xc3\xa4\""), "printable ASCII"},
    // trans_type and protocol.
    {R"({"gid":"g"})", "trans_type is missing"},
    {R"({"gid":"g","trans_type":""})", "trans_type is missing"},
    {R"({"gid":"g","trans_type":null})", "trans_type is missing"},
    {R"({"gid":"g","trans_type":"Saga"})", "unknown"},
    {R"({"gid":"g","trans_type":"sagas"})", "unknown"},
    {R"({"gid":"g","trans_type":1})", "must be a string"},
    {Saga(R"("protocol":"soap")"), "protocol"},
    {Saga(R"("protocol":"smtp")"), "protocol"},
    {Saga(R"("protocol":1)"), "protocol must be a string"},
    {Saga(R"("query_prepared":1)"), "query_prepared must be a string"},
    {Saga(R"("query_prepared":")" + std::string(1'025, 'q') + "\""), "1024"},
    // Steps and payloads.
    {WithSteps("{}"), "steps must be a list"},
    {WithSteps("\"x\""), "steps must be a list"},
    {WithSteps("1"), "steps must be a list"},
    {WithSteps("[1]"), "steps[0]"},
    {WithSteps("[[]]"), "steps[0]"},
    {WithSteps("[null]"), "steps[0]"},
    {WithSteps("[{}]"), "neither"},
    {WithSteps(R"([{"action":""},{"x":"y"}])"), "steps[1]"},
    {WithSteps(R"([{"action":null}])"), "neither"},
    {WithSteps(R"([{"data":"x"}])"), "neither"},
    {WithSteps(R"([{"action":1}])"), "steps[0].action must be a string"},
    {WithSteps(R"([{"action":"","compensate":[]}])"), "steps[0].compensate must be a string"},
    {WithSteps(R"([{"action":"","data":{}}])"), "steps[0].data must be a string"},
    {R"({"gid":"g","trans_type":"saga","steps":[{"action":""}]})", "1 steps but only 0 payloads"},
    {R"({"gid":"g","trans_type":"saga","steps":[{"action":""},{"action":"","data":"x"}]})",
     "2 steps but only 1 payloads"},
    {Saga(R"("payloads":[])"), "payloads"},
    {Saga(R"("payloads":{})"), "payloads must be a list"},
    {Saga(R"("payloads":"x")"), "payloads must be a list"},
    {Saga(R"("payloads":[{}])"), "payloads[0]"},
    {Saga(R"("payloads":[1])"), "payloads[0]"},
    {Saga(R"("payloads":[")" + std::string((1 << 20) + 1, 'p') + "\"]"), "too large"},
    {ManySteps(1'001), "at most 1000"},
    // URLs.
    {WithUrl("ftp://a/x"), "steps[0].action"},
    {WithUrl("a/x"), "http://"},
    {WithUrl("file:///etc/passwd"), "http://"},
    {WithUrl("http://"), "steps[0].action"},
    {WithUrl("http://a:b@c/x"), "user"},
    {WithUrl("http://a/x#y"), "fragment"},
    {WithUrl("http://a/x?gid=1"), "'gid'"},
    {WithUrl("http://a/x?%6fp=1"), "'op'"},
    {WithUrl("http://a/x?trans_type=1"), "'trans_type'"},
    {WithUrl("http://a/x?branch_id=1"), "'branch_id'"},
    {WithUrl("http://a/x y"), "blank"},
    {WithUrl("http://a/\\r\\nHost: b"), "blank"},
    {WithUrl("http://a/" + std::string(1'024, 'u')), "1024"},
    {WithUrl("http://169.254.169.254/"), "steps[0].action"},
    {WithUrl("http://0x7f.1/"), "steps[0].action"},
    {WithUrl("http://a:0/"), "port"},
    {WithSteps(R"([{"action":"http://a/x","compensate":"gopher://a"}])"), "steps[0].compensate"},
    // Orders.
    {WithCustom("x"), "custom_data"},
    {WithCustom("[]"), "custom_data must be a JSON object"},
    {WithCustom("{} {}"), "custom_data"},
    {WithCustom(R"({"concurrent":1})"), "true or false"},
    {WithCustom(R"({"orders":1})"), "object of lists"},
    {WithCustom(R"({"orders":[1]})"), "object of lists"},
    {Orders(R"({"3":[0]})"), "from 0 to 2"},
    {Orders(R"({"99999999999999999999":[0]})"), "step's number"},
    {Orders(R"({"-1":[0]})"), "step's number"},
    {Orders(R"({"x":[0]})"), "step's number"},
    {Orders(R"({"":[0]})"), "step's number"},
    {Orders(R"({"01":[0]})"), "step's number"},
    {Orders(R"({"1.0":[0]})"), "step's number"},
    {Orders(R"({"1":[3]})"), "from 0 to 2"},
    {Orders(R"({"1":[-1]})"), "from 0 to 2"},
    {Orders(R"({"1":["0"]})"), "whole numbers"},
    {Orders(R"({"1":[0.5]})"), "whole numbers"},
    {Orders(R"({"1":[1e0]})"), "whole numbers"},
    {Orders(R"({"1":[18446744073709551615]})"), "whole numbers"},
    {Orders(R"({"1":0})"), "list"},
    {Orders(R"({"1":[0,0,0,0]})"), "longer"},
    {Orders(R"({"1":[1]})"), "itself"},
    {Orders(R"({"0":[1],"1":[0]})"), "cycle"},
    {Orders(R"({"0":[2],"1":[0],"2":[1]})"), "cycle"},
    {WithCustom(R"({"orders":{"0":[2]}})"), "cycle"},
    {R"({"gid":"g","trans_type":"saga","custom_data":"{\"orders\":{\"1\":[0]}}"})",
     "orders name step"},
    {Saga(R"("custom_data":{})"), "custom_data must be a string"},
    {Saga(R"("custom_data":")" + std::string((64 << 10) + 1, ' ') + "\""), "65536"},
    // Numbers and switches.
    {Saga(R"("timeout_to_fail":-1)"), "from 0 to 31536000"},
    {Saga(R"("timeout_to_fail":31536001)"), "from 0 to 31536000"},
    {Saga(R"("timeout_to_fail":1.5)"), "whole number"},
    {Saga(R"("timeout_to_fail":3.0)"), "whole number"},
    {Saga(R"("timeout_to_fail":1e1)"), "whole number"},
    {Saga(R"("timeout_to_fail":"3")"), "whole number"},
    {Saga(R"("timeout_to_fail":true)"), "whole number"},
    {Saga(R"("timeout_to_fail":9223372036854775808)"), "from 0"},
    {Saga(R"("timeout_to_fail":99999999999999999999)"), "number"},
    {Saga(R"("request_timeout":-1)"), "from 0 to 3600"},
    {Saga(R"("request_timeout":-3601)"), "from 0 to 3600"},
    {Saga(R"("request_timeout":3601.5)"), "whole number"},
    {Saga(R"("request_timeout":1e9)"), "whole number"},
    {Saga(R"("request_timeout":[])"), "whole number"},
    {Saga(R"("retry_interval":-1)"), "from 0 to 86400"},
    {Saga(R"("retry_interval":86401)"), "from 0 to 86400"},
    {Saga(R"("retry_limit":-1)"), "from 0"},
    {Saga(R"("retry_limit":0.5)"), "whole number"},
    {Saga(R"("retry_limit":4294967297)"), "from 0"},
    {Saga(R"("update_branch_sync":2)"), "from 0 to 1"},
    {Saga(R"("update_branch_sync":true)"), "whole number"},
    {Saga(R"("wait_result":1)"), "true or false"},
    {Saga(R"("wait_result":"true")"), "true or false"},
    {Saga(R"("concurrent":"no")"), "true or false"},
    // Headers.
    {Saga(R"("branch_headers":"x")"), "branch_headers"},
    {Saga(R"("branch_headers":["x"])"), "branch_headers"},
    {Saga(R"("branch_headers":{"A":1})"), "branch_headers"},
    {Saga(R"("branch_headers":{"A":"x\r\ny: z"})"), "branch_headers"},
    {Saga(R"("branch_headers":{"A":"x\u0000"})"), "branch_headers"},
    {Saga(R"("branch_headers":{"A\r\nB":"x"})"), "branch_headers"},
    {Saga(R"("branch_headers":{"":"x"})"), "branch_headers"},
    {Saga(R"("branch_headers":{"A B":"x"})"), "branch_headers"},
    {Saga(R"("branch_headers":{"Host":"x"})"), "branch_headers"},
    {Saga(R"("branch_headers":{"Content-Length":"1"})"), "branch_headers"},
    {Saga(R"("branch_headers":{"Transfer-Encoding":"chunked"})"), "branch_headers"},
    {Saga(R"("branch_headers":{"Connection":"close"})"), "branch_headers"},
    {Saga(R"("branch_headers":{"Metadata-Flavor":"Google"})"), "branch_headers"},
    {Saga(ManyHeaders(33, 1)), "at most 32"},
    {Saga(ManyHeaders(9, 1'000)), "at most 8192"},
    {Saga(R"("passthrough_headers":{})"), "passthrough_headers"},
    {Saga(R"("passthrough_headers":[1])"), "passthrough_headers"},
    {Saga(R"("passthrough_headers":["Host"])"), "passthrough_headers"},
    {Saga(R"("passthrough_headers":["a b"])"), "passthrough_headers"},
};

std::string Short(const std::string& body) { return body.substr(0, 160); }

void ExpectRefusal(const api::HttpReply& reply, const std::string& says) {
  EXPECT_EQ(reply.status, 400) << reply.body;
  EXPECT_TRUE(reply.body.starts_with(R"({"message":")")) << reply.body;
  EXPECT_NE(reply.body.find(says), std::string::npos) << reply.body;
  for (const char* word : {"SUCCESS", "FAILURE", "ONGOING"}) {
    EXPECT_EQ(reply.body.find(word), std::string::npos) << reply.body;
  }
  EXPECT_LT(reply.body.size(), 600u);
}

TEST(BadInput, IsRefusedWithWhatToChangeAndStoresNothing) {
  ApiWorld api;
  for (const Bad& bad : kBad) {
    for (const char* path : {"submit", "prepare"}) {
      SCOPED_TRACE(std::string(path) + " " + Short(bad.body));
      ExpectRefusal(api.Post(path, bad.body), bad.says);
      EXPECT_EQ(api.world.store->size(), 0u);
    }
  }
  EXPECT_TRUE(api.world.participant.calls.empty());
  EXPECT_EQ(api.world.engine->counts().live_txns, 0u);
}

TEST(BadInput, TheSagasTheTableVariesAreGoodThemselves) {
  const std::string good[] = {
      Saga(""),
      WithGid("\"g\""),
      WithUrl("http://a/x"),
      WithSteps(R"([{"action":""}])"),
      WithCustom("{}"),
      Orders(R"({"2":[0,1]})"),
      ManySteps(1'000),
      Saga(ManyHeaders(32, 1)),
      Saga("\"x\":" + Repeat("[", 63) + Repeat("]", 63)),
      WithGid("\"" + std::string(128, 'a') + "\""),
      Saga(R"("timeout_to_fail":31536000,"request_timeout":3600,"retry_interval":86400)"),
  };
  for (const std::string& body : good) {
    SCOPED_TRACE(Short(body));
    ApiWorld api;
    const auto reply = api.Post("prepare", body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(api.world.store->size(), 1u);
  }
}

TEST(BadInput, OfRequestsAboutOneGidIsRefused) {
  ApiWorld api;
  const Bad kBadGid[] = {
      {"", "empty"},
      {"[]", "object"},
      {"{}", "gid is missing"},
      {R"({"gid":1})", "gid must be a string"},
      {R"({"gid":"a b"})", "printable ASCII"},
      {R"({"gid":"g"} x)", "not valid JSON"},
  };
  for (const Bad& bad : kBadGid) {
    for (const char* path : {"abort", "forceStop", "resetNextCronTime"}) {
      SCOPED_TRACE(std::string(path) + " " + bad.body);
      ExpectRefusal(api.Post(path, bad.body), bad.says);
    }
  }
  EXPECT_EQ(api.world.store->size(), 0u);
}

TEST(BadInput, InQueriesIsRefused) {
  ApiWorld api;
  const Bad kBadQueries[] = {
      {"query", "no gid"},
      {"query?gid=", "no gid"},
      {"all?limit=0", "limit"},
      {"all?limit=-1", "limit"},
      {"all?limit=x", "limit"},
      {"all?limit=1.5", "limit"},
      {"all?limit=99999999999999999999", "limit"},
      {"all?status=done", "status"},
      {"all?transType=saaga", "transType"},
      {"all?createTimeStart=x", "createTimeStart"},
      {"all?createTimeEnd=-1", "createTimeEnd"},
      {"all?createTimeEnd=9223372036854775807", "createTimeEnd"},
      {"all?position=%00nonsense", "position"},
      {"resetCronTime?timeout=x", "timeout"},
      {"resetCronTime?timeout=-1", "timeout"},
      {"resetCronTime?limit=0", "limit"},
  };
  for (const Bad& bad : kBadQueries) {
    SCOPED_TRACE(bad.body);
    ExpectRefusal(api.Get("/api/dtmsvr/" + bad.body), bad.says);
  }
}

TEST(BadInput, TextOfTheClientIsCutAndCannotBecomeAVerdict) {
  ApiWorld api;
  const auto reply = api.Post("submit", R"({"gid":"g","trans_type":"SUCCESS FAILURE ONGOING)" +
                                            std::string(500, 'z') + R"("})");
  ExpectRefusal(reply, "success failure ongoing");
  EXPECT_EQ(reply.body.find(std::string(65, 'z')), std::string::npos);
}

}  // namespace
}  // namespace treaty::testing
