// A broken store, at every route of HTTP and every method of JSON-RPC: clients are told what they
// can do, the log what the database said.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "api/api_world.h"
#include "api/database_words.h"

namespace treaty::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

// A request that nobody knows the outcome of keeps its gid busy: each has one of its own.
std::string NextGid() {
  static int count = 0;
  return "g" + std::to_string(++count);
}

std::string Txn(const std::string& type, const std::string& more = "") {
  return R"({"gid":")" + NextGid() + R"(","trans_type":")" + type + "\"" + more + "}";
}

constexpr char kStep[] = R"(,"steps":[{"action":"http://a/a1"}],"payloads":["{}"])";
constexpr char kTopicStep[] = R"(,"steps":[{"action":"topic://t"}],"payloads":["{}"])";
constexpr char kBranch[] = R"(,"branch_id":"01","confirm":"http://a/c","cancel":"http://a/d")";
constexpr char kWorkflow[] =
    R"(,"query_prepared":"http://a/w","custom_data":"{\"name\":\"n\",\"data\":\"aW4=\"}")";
constexpr char kEnd[] = R"(,"req_extra":{"status":"succeed"})";

// One request for each route that reads or writes the store, and method of JSON-RPC.
std::vector<api::HttpRequest> Requests() {
  const auto post = [](const std::string& path, const std::string& body) {
    return api::HttpRequest{"POST", "/api/dtmsvr/" + path, {}, body};
  };
  const auto get = [](const std::string& target) {
    return api::HttpRequest{"GET", target, {}, ""};
  };
  const auto rpc = [](const std::string& method, const std::string& params) {
    return api::HttpRequest{
        "POST",
        "/api/json-rpc",
        {},
        R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":)" + params + "}"};
  };
  return {post("submit", Txn("saga", kStep)),
          post("submit", Txn("msg", kTopicStep)),
          post("submit", Txn("tcc")),
          post("submit", Txn("workflow", kEnd)),
          post("prepare", Txn("tcc")),
          post("prepareWorkflow", Txn("workflow", kWorkflow)),
          post("abort", Txn("tcc")),
          post("registerBranch", Txn("tcc", kBranch)),
          post("registerTccBranch", Txn("tcc", kBranch)),
          post("registerXaBranch", Txn("xa", R"(,"branch_id":"01","url":"http://a/x")")),
          post("forceStop", Txn("tcc")),
          post("resetNextCronTime", Txn("tcc")),
          get("/api/dtmsvr/resetCronTime"),
          get("/api/dtmsvr/query?gid=g1"),
          get("/api/dtmsvr/all"),
          get("/api/dtmsvr/all?gid=g1"),
          get("/api/dtmsvr/subscribe?topic=t&url=http://a/u"),
          get("/api/dtmsvr/unsubscribe?topic=t&url=http://a/u"),
          {"DELETE", "/api/dtmsvr/topic/t", {}, ""},
          get("/api/dtmsvr/queryKV?cat=topics&key=t"),
          get("/api/dtmsvr/scanKV?cat=topics"),
          get("/readyz"),
          rpc("submit", Txn("saga", kStep)),
          rpc("submit", Txn("tcc")),
          rpc("prepare", Txn("tcc")),
          rpc("prepareWorkflow", Txn("workflow", kWorkflow)),
          rpc("abort", Txn("tcc")),
          rpc("registerBranch", Txn("tcc", kBranch))};
}

class StoreWordsTest : public ::testing::TestWithParam<Status> {};

TEST_P(StoreWordsTest, ReachTheLogAndNoClient) {
  ApiWorld api;
  api.world.failing.FailWith(GetParam());
  for (const api::HttpRequest& request : Requests()) {
    const auto reply = api.Begin(request);
    api.world.Run(std::chrono::seconds(20));
    const std::string asked = request.method + " " + request.target + " " + request.body;
    ASSERT_TRUE(reply->has_value()) << asked;
    const std::string& text = (*reply)->body;
    EXPECT_THAT(text, HasNoWordsOfTheDatabase()) << asked;
    const bool is_rpc = request.target == "/api/json-rpc";
    if (is_rpc) {
      EXPECT_THAT(text, HasSubstr("\"error\":{")) << asked;
    }
    if (!is_rpc) {
      EXPECT_THAT((*reply)->status, AnyOf(500, 503)) << asked << "\n" << text;
    }
    EXPECT_THAT(text, AnyOf(HasSubstr("the store"), HasSubstr("log says"))) << asked;
  }
  const auto& lines = api.world.log.lines;
  EXPECT_TRUE(std::ranges::any_of(lines, [](const std::string& line) {
    return line.find(GetParam().message()) != std::string::npos;
  }));
}

INSTANTIATE_TEST_SUITE_P(AllTroubles, StoreWordsTest, ::testing::ValuesIn(DatabaseTroubles()));

// To come again does not help, so it is named.
TEST(DamagedRecordTest, IsNamedByItsGid) {
  ApiWorld api;
  api.world.failing.FailWith({Code::kDataLoss, "transaction g1 cannot be read: its body is gone"});
  for (const api::HttpReply& reply : {api.Get("/api/dtmsvr/query?gid=g1"),
                                      api.Post("abort", R"({"gid":"g1","trans_type":"tcc"})")}) {
    EXPECT_EQ(reply.status, 500);
    EXPECT_THAT(reply.body, HasSubstr("transaction g1 is damaged"));
  }
}

// Many ask while a database is away.
TEST(StoreWordsLogTest, SaysTheSameOnceForAWhile) {
  ApiWorld api;
  api.world.failing.FailWith({Code::kUnavailable, "gone away (2006)"});
  const auto asked = [&](int times) {
    api.world.log.lines.clear();
    for (int i = 0; i < times; ++i) api.Get("/api/dtmsvr/query?gid=g" + std::to_string(i));
    return std::ranges::count(api.world.log.lines, "store: gone away (2006)");
  };
  EXPECT_EQ(asked(50), 1);
  api.world.Run(std::chrono::seconds(11));
  EXPECT_EQ(asked(50), 1);
}

}  // namespace
}  // namespace treaty::testing
