// Everything a client can get wrong over JSON-RPC, and about JSON-RPC participants: the code and
// what to change, always with status 200, and nothing is stored or called.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "api/api_world.h"
#include "wire/json_parts.h"

namespace treaty::testing {
namespace {

const std::string kSagaParams =
    R"({"gid":"g","trans_type":"saga","steps":[{"action":"http://a/x"}],"payloads":["{}"]})";

// A good request with the members of `envelope`, then its method and params.
std::string With(const std::string& envelope) {
  return "{" + envelope + R"("method":"submit","params":)" + kSagaParams + "}";
}

std::string Params(const std::string& method, const std::string& params) {
  return R"({"jsonrpc":"2.0","id":"1","method":")" + method + R"(","params":)" + params + "}";
}

struct Bad {
  std::string body;
  int code;
  const char* id;    // JSON text of the reply's.
  const char* says;  // Part of the message.
};

const Bad kBad[] = {
    // No JSON.
    {"", -32700, "null", "empty"},
    {" \n", -32700, "null", "empty"},
    {"nonsense", -32700, "null", "not valid JSON"},
    {"{", -32700, "null", "at byte 1"},
    {"[", -32700, "null", "not valid JSON"},
    {"[1,", -32700, "null", "not valid JSON"},
    {"\xEF\xBB\xBF" + Params("newGid", "{}"), -32700, "null", "not valid JSON"},
    {"{\"id\":\"\xff\"}", -32700, "null", "UTF-8"},
    {"{'id':1}", -32700, "null", "not valid JSON"},
    {R"({"jsonrpc":"2.0","method":"newGid","id":01})", -32700, "null", "not valid JSON"},
    {R"({"id":"7","jsonrpc":"2.0","method":)", -32700, R"("7")", "not valid JSON"},
    {R"({"id":7,"jsonrpc":"2.0","method":"newGid","params":{]})", -32700, "7", "not valid JSON"},
    {"[" + Params("submit", kSagaParams) + ",{]", -32700, "null", "not valid JSON"},
    {"[" + Params("submit", kSagaParams) + "", -32700, "null", "not valid JSON"},
    {Params("submit", std::string(100'000, '[')), -32700, R"("1")", "nested too deep"},
    {std::string(100'000, '['), -32700, "null", "nested too deep"},
    // No request.
    {"1", -32600, "null", "an object"},
    {"null", -32600, "null", "an object"},
    {"\"submit\"", -32600, "null", "an object"},
    {"{}", -32600, "null", "id is missing"},
    {"[]", -32600, "null", "batch is empty"},
    {" [ ] ", -32600, "null", "batch is empty"},
    // The id: there are no notifications.
    {With(R"("jsonrpc":"2.0",)"), -32600, "null", "id is missing"},
    {With(R"("jsonrpc":"2.0","id":null,)"), -32600, "null", "id is missing"},
    {With(R"("jsonrpc":"2.0","id":"",)"), -32600, "null", "not empty"},
    {With(R"("jsonrpc":"2.0","id":true,)"), -32600, "null", "id must be"},
    {With(R"("jsonrpc":"2.0","id":[],)"), -32600, "null", "id must be"},
    {With(R"("jsonrpc":"2.0","id":{"a":1},)"), -32600, "null", "id must be"},
    {With(R"("jsonrpc":"2.0","id":"1","id":"",)"), -32600, "null", "id must be"},
    // The version.
    {With(R"("id":"1",)"), -32600, R"("1")", "jsonrpc"},
    {With(R"("id":"1","jsonrpc":null,)"), -32600, R"("1")", "jsonrpc"},
    {With(R"("id":"1","jsonrpc":"1.0",)"), -32600, R"("1")", "jsonrpc"},
    {With(R"("id":"1","jsonrpc":2.0,)"), -32600, R"("1")", "jsonrpc"},
    {With(R"("id":1.50,"jsonrpc":"2",)"), -32600, "1.50", "jsonrpc"},
    // The method.
    {R"({"id":"1","jsonrpc":"2.0"})", -32600, R"("1")", "method must be"},
    {R"({"id":"1","jsonrpc":"2.0","method":null,"params":{}})", -32600, R"("1")", "method"},
    {R"({"id":"1","jsonrpc":"2.0","method":1,"params":{}})", -32600, R"("1")", "method must be"},
    {Params("", "{}"), -32601, R"("1")", "Method not found"},
    {Params("Submit", "{}"), -32601, R"("1")", "'Submit'"},
    {Params("query", "{}"), -32601, R"("1")", "'query'"},
    {Params("forceStop", "{}"), -32601, R"("1")", "'forceStop'"},
    {Params("SUCCESS FAILURE ONGOING", "{}"), -32601, R"("1")", "success failure ongoing"},
    {Params(std::string(5'000, 'm'), "{}"), -32601, R"("1")", "mmm..."},
    // The parameters.
    {R"({"id":"1","jsonrpc":"2.0","method":"submit"})", -32602, R"("1")", "params is missing"},
    {Params("submit", "null"), -32602, R"("1")", "params is missing"},
    {Params("submit", "[]"), -32602, R"("1")", "params must be a JSON object"},
    {Params("submit", "[" + kSagaParams + "]"), -32602, R"("1")", "params must be a JSON object"},
    {Params("submit", "\"x\""), -32602, R"("1")", "params must be a JSON object"},
    {Params("submit", "{}"), -32602, R"("1")", "gid is missing"},
    {Params("submit", R"({"gid":"a b","trans_type":"saga"})"), -32602, R"("1")", "printable"},
    {Params("submit", R"({"gid":"a;b","trans_type":"saga"})"), -32602, R"("1")", "printable"},
    {Params("submit", R"({"gid":"g"})"), -32602, R"("1")", "trans_type is missing"},
    {Params("submit", R"({"gid":"g","trans_type":"saga","x":1e999})"), -32602, R"("1")", "number"},
    {Params("submit", R"({"gid":"g","trans_type":"saga","x":"\ud800"})"), -32602, R"("1")",
     "params is not valid JSON"},
    {Params("submit", R"({"gid":"g","trans_type":"saga","timeout_to_fail":-1})"), -32602, R"("1")",
     "from 0"},
    {Params("submit", R"({"gid":"g","trans_type":"saga","protocol":"soap"})"), -32602, R"("1")",
     "json-rpc"},
    {Params("submit", R"({"gid":"g","trans_type":"workflow"})"), -32602, R"("1")", "req_extra"},
    {Params("submit", R"({"gid":"g","trans_type":"saga","x":)" + std::string(64, '[') +
                          std::string(64, ']') + "}"),
     -32602, R"("1")", "too deep"},
    {Params("prepare", "[]"), -32602, R"("1")", "params must be a JSON object"},
    {Params("prepare", R"({"gid":"g","trans_type":"workflow"})"), -32602, R"("1")",
     "prepareWorkflow"},
    {Params("prepareWorkflow", R"({"gid":"g","trans_type":"saga"})"), -32602, R"("1")", "workflow"},
    {Params("abort", "{}"), -32602, R"("1")", "gid is missing"},
    {Params("abort", R"({"gid":1})"), -32602, R"("1")", "gid must be a string"},
    {Params("abort", R"({"gid":"g","trans_type":"tccc"})"), -32602, R"("1")", "unknown"},
    {Params("registerBranch", "[]"), -32602, R"("1")", "params must be a JSON object"},
    {Params("registerBranch", R"({"gid":"g"})"), -32602, R"("1")", "registers no branches"},
    {Params("registerBranch", R"({"gid":"g","trans_type":"tcc"})"), -32602, R"("1")",
     "branch_id is missing"},
    {Params("registerBranch", R"({"gid":"g","trans_type":"tcc","branch_id":1})"), -32602, R"("1")",
     "branch_id must be a string"},
};

TEST(JsonRpcBadInput, IsToldWithItsCodeAndStoresNothing) {
  ApiWorld api;
  for (const Bad& bad : kBad) {
    SCOPED_TRACE(bad.body.substr(0, 160));
    const auto reply = api.Call({"POST", "/api/json-rpc", {}, bad.body});
    EXPECT_EQ(reply.status, 200);
    EXPECT_TRUE(reply.body.starts_with(R"({"error":{"code":)" + std::to_string(bad.code) +
                                       R"(,"message":")"))
        << reply.body;
    EXPECT_TRUE(reply.body.ends_with(R"("},"id":)" + std::string(bad.id) + R"(,"jsonrpc":"2.0"})"))
        << reply.body;
    EXPECT_NE(reply.body.find(bad.says), std::string::npos) << reply.body;
    for (const char* absent : {"SUCCESS", "FAILURE", "ONGOING", "\"result\""}) {
      EXPECT_EQ(reply.body.find(absent), std::string::npos) << reply.body;
    }
    EXPECT_LT(reply.body.size(), 600u);
    EXPECT_EQ(api.world.store->size(), 0u);
  }
  EXPECT_TRUE(api.world.participant.calls.empty());
  EXPECT_EQ(api.world.engine->counts().live_txns, 0u);
}

// A saga of one step in a transaction called by JSON-RPC.
std::string RpcSaga(const std::string& url, const std::string& payload) {
  std::string escaped;
  for (const char c : payload) escaped.append(c == '"' ? "\\" : "") += c;
  return R"({"gid":"g","trans_type":"saga","protocol":"json-rpc",)"
         R"("steps":[{"action":"","compensate":")" +
         url + R"("}],"payloads":[")" + escaped + R"("]})";
}

struct BadTarget {
  std::string url;
  std::string payload;
  const char* says;
};

// Replaces, removes or doubles a few bytes of `text`.
std::string Mutated(std::string text, std::mt19937& random) {
  constexpr std::string_view kBytes = "{}[]\",:\\u0d8-1e.null\x01\x80\xff ";
  for (unsigned i = 0; i <= random() % 4; ++i) {
    const std::size_t at = random() % text.size();
    switch (random() % 4) {
      case 0:
        text.erase(at, 1 + random() % 8);
        break;
      case 1:
        text.insert(at, text.substr(random() % text.size(), random() % 16));
        break;
      default:
        text[at] = kBytes[random() % kBytes.size()];
    }
    if (text.empty()) text = " ";
  }
  return text;
}

// Whether the text is one JSON value and nothing else.
bool IsJson(const std::string& text) {
  wire::JsonParts parts(text, 80);
  while (parts.Next()) {
  }
  return parts.mistake().empty() && parts.rest().empty();
}

TEST(JsonRpcBadInput, MutatedRequestsAreAnsweredInJsonWhateverTheyAre) {
  std::vector<std::string> seeds = {Params("newGid", "[]")};
  for (const char* method : {"submit", "prepare", "abort", "registerBranch"}) {
    seeds.push_back(Params(method, kSagaParams));
  }
  seeds.push_back("[" + seeds[0] + "," + seeds[1] + "," + seeds[2] + "]");
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    ApiWorld api;
    for (int i = 0; i < 500; ++i) {
      const std::string body = Mutated(seeds[random() % seeds.size()], random);
      const auto reply = api.Call({"POST", "/api/json-rpc", {}, body});
      ASSERT_EQ(reply.status, 200) << body;
      ASSERT_TRUE(IsJson(reply.body)) << body << "\n" << reply.body;
      ASSERT_EQ(reply.body.find(R"("status":500)"), std::string::npos) << body;
    }
  }
}

TEST(JsonRpcBadInput, OfTransactionsForJsonRpcParticipantsIsRefused) {
  const BadTarget kBadTargets[] = {
      {"http://a/method", "{}", "steps[0].compensate: a URL that contains the text"},
      {"http://a/?method=", "{}", "needs a parameter ?method="},
      {"http://method/x", "{}", "needs a parameter ?method="},
      {"ftp://a/?method=m", "{}", "http://"},
      {"a:1/b.C", "{}", "host:port/package.Service/Method"},
      {"http://a/?method=m", "[]", "payloads[0]: the payload of a JSON-RPC target"},
      {"http://a/?method=m", "1", "must be a JSON object"},
      {"http://a/?method=m", "text", "must be a JSON object"},
      {"http://a/?method=m", "{} x", "must be a JSON object"},
      {"http://a/?method=m", R"({"a":})", "must be a JSON object"},
  };
  ApiWorld api;
  for (const BadTarget& bad : kBadTargets) {
    SCOPED_TRACE(bad.url + " " + bad.payload);
    for (const char* path : {"submit", "prepare"}) {
      const auto reply = api.Post(path, RpcSaga(bad.url, bad.payload));
      EXPECT_EQ(reply.status, 400);
      EXPECT_NE(reply.body.find(bad.says), std::string::npos) << reply.body;
    }
  }
  EXPECT_EQ(api.world.store->size(), 0u);
}

TEST(JsonRpcBadInput, TheTargetsTheTableVariesAreGoodThemselves) {
  const std::pair<std::string, std::string> kGood[] = {
      {"a:1/b.C/method", "by gRPC, whatever the payload"},
      {"http://a/?method=m", "{}"},
      {"http://a/?method=m", ""},
      {"http://a/?method=m", "null"},
      {"https://a/rpc?x=1&method=b.c", R"({"n":{"a":[1]}})"},
      {"http://a/x", "text"},
      {"", "text"},
  };
  for (const auto& [url, payload] : kGood) {
    SCOPED_TRACE(::testing::Message() << url << " " << payload);
    ApiWorld api;
    const auto reply = api.Post("prepare", RpcSaga(url, payload));
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_NE(api.Get("/api/dtmsvr/query?gid=g").body.find(R"("protocol":"json-rpc")"),
              std::string::npos);
  }
}

TEST(JsonRpcBadInput, OfBranchesIsRefusedWhereTheTransactionIsForJsonRpc) {
  struct Branch {
    std::string more;
    const char* says;  // Null: good.
  };
  const Branch kBranches[] = {
      {R"("confirm":"http://a/?method=m","cancel":"http://a/c","data":"[]")", "data: the payload"},
      {R"("confirm":"http://a/c","cancel":"http://a/?method=m","data":"x")", "data: the payload"},
      {R"("confirm":"http://a/method","cancel":"","data":"{}")", "needs a parameter ?method="},
      {R"("confirm":"http://a/c","cancel":"http://a/c","data":"x")", nullptr},
      {R"("confirm":"http://a/?method=m","cancel":"http://a/?method=n","data":"{}")", nullptr},
      {R"("confirm":"http://a/?method=m","cancel":"")", nullptr},
  };
  for (const char* protocol : {"http", "json-rpc"}) {
    for (const Branch& branch : kBranches) {
      SCOPED_TRACE(std::string(protocol) + " " + branch.more);
      ApiWorld api;
      api.Post("prepare",
               R"({"gid":"t","trans_type":"tcc","protocol":")" + std::string(protocol) + R"("})");
      const auto reply =
          api.Post("registerBranch",
                   R"({"gid":"t","trans_type":"tcc","branch_id":"01",)" + branch.more + "}");
      const bool good = branch.says == nullptr || protocol == std::string("http");
      EXPECT_EQ(reply.status, good ? 200 : 400) << reply.body;
      if (good) continue;
      EXPECT_NE(reply.body.find(branch.says), std::string::npos) << reply.body;
    }
  }
}

TEST(JsonRpcBadInput, OfXaBranchesIsAMatterOfTheUrlAlone) {
  ApiWorld api;
  api.Post("prepare", R"({"gid":"x","trans_type":"xa","protocol":"json-rpc"})");
  const auto branch = [&api](const std::string& id, const std::string& url) {
    return api.Post("registerBranch", R"({"gid":"x","trans_type":"xa","data":"x","branch_id":")" +
                                          id + R"(","url":")" + url + R"("})");
  };
  EXPECT_EQ(branch("01", "http://a/?method=m").status, 200);
  EXPECT_EQ(branch("02", "http://a/methods").status, 400);
}

TEST(JsonRpcBadInput, OfWhatTheClientIsAskedByIsRefused) {
  ApiWorld api;
  const auto workflow = [&api](const std::string& gid, const std::string& base64) {
    return api.Post("prepareWorkflow", R"({"gid":")" + gid +
                                           R"(","trans_type":"workflow","protocol":"json-rpc",)"
                                           R"("query_prepared":"http://a/?method=resume",)"
                                           R"("custom_data":"{\"name\":\"n\",\"data\":)" +
                                           base64 + R"(}"})");
  };
  EXPECT_EQ(workflow("w1", "null").status, 200);
  EXPECT_EQ(workflow("w2", R"(\"e30=\")").status, 200) << "{}";
  const auto refused = workflow("w3", R"(\"W10=\")");
  EXPECT_EQ(refused.status, 400) << "[]";
  EXPECT_NE(refused.body.find("custom_data: data: the payload"), std::string::npos) << refused.body;
  EXPECT_EQ(workflow("w4", R"(\"/w==\")").status, 400) << "not UTF-8";
  EXPECT_EQ(api.Post("prepare", R"({"gid":"m","trans_type":"msg","protocol":"json-rpc",)"
                                R"("query_prepared":"http://a/method"})")
                .status,
            400);
  EXPECT_EQ(api.world.store->size(), 2u);
}

}  // namespace
}  // namespace treaty::testing
