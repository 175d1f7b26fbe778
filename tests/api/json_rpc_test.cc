// The JSON-RPC entrance (protocol §2): methods, ids, batches, and the wording of replies.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/api_world.h"

namespace treaty::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr char kOk[] = R"({"error":null,"id":"1","jsonrpc":"2.0","result":null})";

std::string Request(const std::string& method, const std::string& params,
                    const std::string& id = R"("1")") {
  return R"({"jsonrpc":"2.0","method":")" + method + R"(","params":)" + params + R"(,"id":)" + id +
         "}";
}

std::string Saga(const std::string& gid, const std::string& more = "") {
  return R"({"gid":")" + gid +
         R"(","trans_type":"saga","steps":[{"action":"http://a/a1","compensate":"http://a/c1"}],)"
         R"("payloads":["{\"n\":1}"])" +
         more + "}";
}

class RpcWorld : public ApiWorld {
 public:
  using ApiWorld::ApiWorld;
  api::HttpReply Send(const std::string& body, Headers headers = {}) {
    return Call({"POST", "/api/json-rpc", std::move(headers), body});
  }
  // The body of a reply, whose status is always 200.
  std::string Ask(const std::string& body) {
    const auto reply = Send(body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.body;
  }
};

// The error of a reply to a request with the id "1".
std::string Error(int code, const std::string& message) {
  return R"({"error":{"code":)" + std::to_string(code) + R"(,"message":")" + message +
         R"("},"id":"1","jsonrpc":"2.0"})";
}

TEST(JsonRpc, MakesGids) {
  RpcWorld api;
  const std::string form =
      R"(\{"error":null,"id":"1","jsonrpc":"2.0","result":\{"gid":"[0-9a-z]{26}"\}\})";
  const std::string first = api.Ask(Request("newGid", "{}"));
  EXPECT_THAT(first, MatchesRegex(form));
  EXPECT_NE(first, api.Ask(Request("newGid", "{}")));
  for (const char* params : {"[]", "null", "7", "\"x\"", "[{}]"}) {
    EXPECT_THAT(api.Ask(Request("newGid", params)), MatchesRegex(form)) << params;
  }
  EXPECT_THAT(api.Ask(R"({"id":"1","jsonrpc":"2.0","method":"newGid"})"), MatchesRegex(form));
}

TEST(JsonRpc, SubmitsTheSagaThatHttpWouldSubmit) {
  RpcWorld api;
  EXPECT_EQ(api.Ask(Request("submit", Saga("g", R"(,"wait_result":true)"))), kOk);
  EXPECT_THAT(api.Get("/api/dtmsvr/query?gid=g").body, HasSubstr(R"("status":"succeed")"));
  EXPECT_EQ(api.Post("submit", Saga("g")).status, 200) << "the same content";
}

TEST(JsonRpc, PreparesAndSubmits) {
  RpcWorld api;
  EXPECT_EQ(api.Ask(Request("prepare", Saga("g"))), kOk);
  EXPECT_TRUE(api.world.participant.calls.empty());
  EXPECT_EQ(api.Ask(Request("submit", Saga("g"))), kOk);
  EXPECT_EQ(api.world.participant.Count("01/action"), 1u);
}

TEST(JsonRpc, RegistersAndAbortsBranchesOfTcc) {
  RpcWorld api;
  EXPECT_EQ(api.Ask(Request("prepare", R"({"gid":"t","trans_type":"tcc"})")), kOk);
  EXPECT_EQ(api.Ask(Request("registerBranch",
                            R"({"gid":"t","trans_type":"tcc","branch_id":"01","data":"x",)"
                            R"("confirm":"http://a/ok","cancel":"http://a/no"})")),
            kOk);
  EXPECT_EQ(api.Ask(Request("abort", R"({"gid":"t","trans_type":"tcc"})")), kOk);
  EXPECT_EQ(api.world.participant.Count("01/cancel"), 1u);
}

TEST(JsonRpc, PreparesWorkflows) {
  RpcWorld api;
  const std::string reply =
      api.Ask(Request("prepareWorkflow", R"({"gid":"w","trans_type":"workflow",)"
                                         R"("query_prepared":"http://a/resume",)"
                                         R"("custom_data":"{\"name\":\"n\",\"data\":null}"})"));
  EXPECT_THAT(reply, HasSubstr(R"("id":"1","jsonrpc":"2.0","result":{"transaction":{)"));
  EXPECT_THAT(reply, HasSubstr(R"("progresses":[])"));
  EXPECT_EQ(api.Ask(Request("submit", R"({"gid":"w","trans_type":"workflow",)"
                                      R"("query_prepared":"http://a/resume",)"
                                      R"("req_extra":{"status":"succeed"}})")),
            kOk);
}

TEST(JsonRpc, AWorkflowMayBeLeftToItsClient) {
  RpcWorld api;
  for (const char* url : {"", R"("query_prepared":null,)", R"("query_prepared":"",)"}) {
    const std::string gid = "w" + std::to_string(std::string(url).size());
    const std::string prepare =
        Request("prepareWorkflow", R"({"gid":")" + gid + R"(","trans_type":"workflow",)" + url +
                                       R"("protocol":"json-rpc",)"
                                       R"("custom_data":"{\"name\":\"n\"}"})");
    EXPECT_THAT(api.Ask(prepare), HasSubstr(R"("status":"prepared")"));
    EXPECT_EQ(api.Ask(Request("registerBranch",
                              R"({"gid":")" + gid + R"(","trans_type":"workflow","op":"action",)" +
                                  R"("branch_id":"01","status":"succeed","data":"r"})")),
              kOk);
    EXPECT_THAT(api.Ask(prepare), HasSubstr(R"("bin_data":"cg==","branch_id":"01")"));
  }
  api.world.Run(std::chrono::hours(1));
  EXPECT_TRUE(api.world.participant.calls.empty());
}

TEST(JsonRpc, TellsFailuresWithTheirReason) {
  RpcWorld api;
  api.world.participant.scripts["http://a/a1"] = {{Outcome::kFailure, "no money"}};
  const std::string failure = Error(-32901, "url:http://a/a1 return failed: no money FAILURE");
  EXPECT_EQ(api.Ask(Request("submit", Saga("g", R"(,"wait_result":true)"))), failure);
  api.world.Run();
  EXPECT_EQ(api.Ask(Request("submit", Saga("g"))), failure);
}

TEST(JsonRpc, TellsAWaitingClientThatItGoesOnWithoutEitherWord) {
  RpcWorld api;
  api.world.participant.scripts["http://a/a1"] = {{Outcome::kOngoing, "FAILURE SUCCESS"}};
  EXPECT_EQ(api.Ask(Request("submit", Saga("g", R"(,"wait_result":true)"))),
            Error(-32902, "the transaction is still running; query it later"));
}

TEST(JsonRpc, GivesTheOldAnswerToAWaitWhenAskedTo) {
  auto config = ApiWorld::DefaultConfig();
  config.wait_result_409 = true;
  RpcWorld api(config);
  api.world.participant.scripts["http://a/a1"] = {{Outcome::kOngoing, ""}};
  EXPECT_EQ(api.Ask(Request("submit", Saga("g", R"(,"wait_result":true)"))),
            Error(-32901, "wait result not return success: FAILURE"));
}

TEST(JsonRpc, TellsMistakesFromAllElse) {
  RpcWorld api;
  EXPECT_EQ(api.Ask(Request("abort", R"({"gid":"none","trans_type":"tcc"})")),
            Error(-32602, "no TransGlobal with gid: none found"));
  const std::string step =
      R"({"gid":"w","trans_type":"workflow","branch_id":"01","op":"action","status":"succeed"})";
  api.Ask(Request("prepareWorkflow", R"({"gid":"w","trans_type":"workflow",)"
                                     R"("query_prepared":"http://a/resume",)"
                                     R"("custom_data":"{\"name\":\"n\"}"})"));
  EXPECT_EQ(api.Ask(Request("registerBranch", step)), kOk);
  const std::string recorded = api.Ask(Request("registerBranch", step));
  EXPECT_THAT(recorded, HasSubstr(R"({"error":{"code":-32603,"data":{"status":412},"message":)"));
  api.world.engine->Stop(Duration(0), [] {});
  EXPECT_THAT(api.Ask(Request("submit", Saga("g"))),
              HasSubstr(R"("code":-32603,"data":{"retry_after":1,"status":503},"message":)"));
}

TEST(JsonRpc, IdsComeBackUntouched) {
  RpcWorld api;
  for (const char* id : {R"("1")", R"("no-use")", R"(" ")", R"("\u00e4\/\"<")", "\"\xc3\xa4\"",
                         R"("null")", "0", "-0", "1.50", "1e5", "-1E+2",
                         "123456789012345678901234567890", "0.1000000000000000000001", "1e400"}) {
    EXPECT_EQ(api.Ask(Request("submit", Saga("g"), id)),
              R"({"error":null,"id":)" + std::string(id) + R"(,"jsonrpc":"2.0","result":null})");
    EXPECT_THAT(api.Ask(Request("nonsense", "{}", id)),
                HasSubstr(R"("id":)" + std::string(id) + R"(,"jsonrpc":"2.0"})"));
  }
}

TEST(JsonRpc, ReadsEnvelopesLeniently) {
  RpcWorld api;
  const std::string params = Saga("g");
  for (const std::string& body : {
           R"({"JSONRPC":"2.0","Method":"submit","PARAMS":)" + params + R"(,"ID":"1"})",
           " \n" + Request("submit", params) + "\r\n",
           Request("submit", params) + "x",
           Request("submit", params) + Request("submit", Saga("other")),
           R"({"id":7,"id":"1","jsonrpc":"2.0","method":"submit","params":)" + params + "}",
           R"({"id":"1","id":null,"jsonrpc":"2.0","method":"submit","params":)" + params + "}",
           R"({"jsonrpc":"2.0","method":"submit","params":)" + params +
               R"(,"id":"1","context":[],"extra":{"a":[1e999,{}]}})",
           R"({"jsonrpc":"\u0032.0","m\u0065thod":"s\u0075bmit","params":)" + params +
               R"(,"id":"1"})",
       }) {
    EXPECT_EQ(api.Ask(body), kOk) << body;
  }
  EXPECT_EQ(api.world.store->size(), 1u);
}

TEST(JsonRpc, PassesHeadersOfTheRequestOn) {
  RpcWorld api;
  api.Send(Request("submit", Saga("g", R"(,"passthrough_headers":["X-Token"])")),
           {{"x-token", "secret"}, {"X-Other", "y"}});
  EXPECT_EQ(api.world.Stored("g").txn.terms->passed_headers,
            (std::vector<Header>{{"X-Token", "secret"}}));
}

TEST(JsonRpc, IsRefusedToPagesOfOtherSites) {
  RpcWorld api;
  EXPECT_EQ(api.Send(Request("submit", Saga("g")), {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(api.world.store->size(), 0u);
  EXPECT_EQ(api.Get("/api/json-rpc").status, 404);
}

TEST(JsonRpcBatch, IsAnsweredInItsOrder) {
  RpcWorld api;
  api.world.participant.scripts["http://a/a1"] = {{Outcome::kSuccess, "", Duration(50)}};
  const std::string reply =
      api.Ask("[" + Request("submit", Saga("g1", R"(,"wait_result":true)"), "1") + "," +
              Request("newGid", "[]", "2") + ",7," + Request("nonsense", "{}", "3") + ", " +
              Request("abort", R"({"gid":"x","trans_type":"tcc"})", R"("4")") + "]");
  EXPECT_THAT(reply,
              MatchesRegex(R"(\[\{"error":null,"id":1,.*"result":null\},)"
                           R"(\{"error":null,"id":2,.*"result":\{"gid":".*"\}\},)"
                           R"(\{"error":\{"code":-32600,.*\},"id":null,"jsonrpc":"2.0"\},)"
                           R"(\{"error":\{"code":-32601,.*\},"id":3,"jsonrpc":"2.0"\},)"
                           R"(\{"error":\{"code":-32602,.*\},"id":"4","jsonrpc":"2.0"\}\])"));
}

TEST(JsonRpcBatch, OfOneIsAListOfOne) {
  RpcWorld api;
  EXPECT_EQ(api.Ask("[" + Request("submit", Saga("g")) + "]"), "[" + std::string(kOk) + "]");
}

TEST(JsonRpcBatch, BeginsItsRequestsInTheirOrder) {
  RpcWorld api;
  const std::string ok = kOk;
  EXPECT_EQ(api.Ask("[" + Request("prepare", R"({"gid":"t","trans_type":"tcc"})") + "," +
                    Request("registerBranch",
                            R"({"gid":"t","trans_type":"tcc","branch_id":"01","data":"",)"
                            R"("confirm":"http://a/ok","cancel":"http://a/no"})") +
                    "," + Request("submit", R"({"gid":"t","trans_type":"tcc"})") + "]"),
            "[" + ok + "," + ok + "," + ok + "]");
  EXPECT_EQ(api.world.participant.Count("01/confirm"), 1u);
}

// The topic has to be read first; what comes after the prepare does not overtake it.
TEST(JsonRpcBatch, KeepsTheOrderOfOneGidWhereATopicIsRead) {
  RpcWorld api;
  const KvEdit topic{
      .cat = "topics", .key = "t", .value = R"([{"url":"http://a/m1","remark":""}])"};
  const Write write{.kind = Write::Kind::kEdit, .write_id = 1, .edit = &topic};
  Verdict verdict = Verdict::kStale;
  ASSERT_TRUE(api.world.store->Commit({&write, 1}, {&verdict, 1}).ok());
  const std::string prepare = R"({"gid":"g","trans_type":"msg","query_prepared":"http://a/q",)"
                              R"("steps":[{"action":"topic://t"}],"payloads":["{}"]})";
  const std::string submit = R"({"gid":"g","trans_type":"msg","wait_result":true})";
  EXPECT_EQ(api.Ask("[" + Request("prepare", prepare) + "," + Request("submit", submit) + "]"),
            "[" + std::string(kOk) + "," + kOk + "]");
  EXPECT_EQ(api.world.participant.Count("01/action"), 1u);
}

TEST(JsonRpcBatch, IsBoundedAndRefusedAsAWhole) {
  auto config = ApiWorld::DefaultConfig();
  config.max_rpc_batch = 3;
  RpcWorld api(config);
  const auto batch = [](int count) {
    std::string all;
    for (int i = 0; i < count; ++i) {
      all += (i > 0 ? "," : "[") + Request("submit", Saga("g" + std::to_string(i)));
    }
    return all + "]";
  };
  EXPECT_THAT(api.Ask(batch(4)),
              MatchesRegex(R"(\{"error":\{"code":-32600,"message":".*at most 3 .*)"
                           R"("\},"id":null,"jsonrpc":"2.0"\})"));
  EXPECT_EQ(api.world.store->size(), 0u);
  EXPECT_THAT(api.Ask(batch(3)), Not(HasSubstr("code")));
  EXPECT_EQ(api.world.store->size(), 3u);
}

TEST(JsonRpcPort, ServesNothingElseButProbes) {
  auto config = ApiWorld::DefaultConfig();
  config.json_rpc_only = true;
  RpcWorld api(config);
  EXPECT_EQ(api.Ask(Request("prepare", Saga("g"))), kOk);
  EXPECT_EQ(api.Call({"POST", "/", {}, Request("prepare", Saga("g"))}).body, kOk);
  EXPECT_EQ(api.Get("/api/ping").status, 200);
  EXPECT_EQ(api.Get("/readyz").status, 200);
  EXPECT_EQ(api.Get("/").status, 404);
  EXPECT_EQ(api.Post("submit", Saga("g")).status, 404);
  EXPECT_EQ(api.Get("/api/dtmsvr/query?gid=g").status, 404);
  EXPECT_EQ(RpcWorld().Call({"POST", "/", {}, Request("newGid", "{}")}).status, 404);
}

// --- What a batch's reply may take -------------------------------------------------------------

constexpr char kWorkflow[] = R"({"gid":"w","trans_type":"workflow","query_prepared":"http://a/q",)"
                             R"("custom_data":"{\"name\":\"n\",\"data\":\"aW4=\"}"})";

class RecordsInBatches : public ::testing::Test {
 protected:
  static api::HandlerConfig Config(std::size_t most) {
    api::HandlerConfig config = ApiWorld::DefaultConfig();
    config.max_rpc_reply_bytes = most;
    config.memory = std::make_shared<MemoryBudget>(8 << 20);
    return config;
  }

  // Asks for a record of some 270 KB `count` times at once.
  static std::string Ask(RpcWorld& api, std::size_t count) {
    api.Ask(Request("prepareWorkflow", kWorkflow));
    api.Ask(Request("registerBranch",
                    R"({"gid":"w","trans_type":"workflow","branch_id":"01","op":"action",)"
                    R"("status":"succeed","data":")" +
                        std::string(200'000, 'r') + R"("})"));
    std::string batch;
    for (std::size_t i = 0; i < count; ++i) {
      batch += (i == 0 ? "[" : ",") + Request("prepareWorkflow", kWorkflow);
    }
    return api.Ask(batch + "]");
  }

  static std::size_t Count(const std::string& text, const std::string& word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
    return count;
  }
};

TEST_F(RecordsInBatches, AreBoundedTogetherAndTheOthersAreToldToComeAlone) {
  RpcWorld api(Config(3'500'000));  // A record counts twice: by itself, and in the reply.
  const std::string reply = Ask(api, 20);
  EXPECT_EQ(Count(reply, R"("jsonrpc":"2.0")"), 20u);
  EXPECT_EQ(Count(reply, R"("progresses")"), 3u);
  EXPECT_EQ(Count(reply, "Limits.RpcReplyBytes"), 17u);
  EXPECT_EQ(Count(reply, R"("status":503)"), 17u);
}

TEST_F(RecordsInBatches, TakeFromTheBudgetOfAllReplies) {
  api::HandlerConfig config = Config(100'000'000);
  RpcWorld api(config);
  const std::string reply = Ask(api, 50);
  EXPECT_EQ(Count(reply, R"("jsonrpc":"2.0")"), 50u);
  EXPECT_LE(reply.size(), config.memory->most());
  EXPECT_GT(Count(reply, "too many large replies at once"), 10u);
  EXPECT_EQ(config.memory->taken(), 0u);  // Given back with the reply.
}

// --- What a batch keeps while one of its requests waits ------------------------------------------

// One that waits for an hour beside three that ask for records, as a connection would hand it in.
class HeldBatches : public RecordsInBatches, public ::testing::WithParamInterface<const char*> {
 protected:
  HeldBatches() {
    api.world.participant.scripts["http://a/a1"] = {
        {Outcome::kSuccess, "", std::chrono::minutes(30)}};
    Ask(api, 1);
    api.Post("prepare", R"({"gid":"t","trans_type":"tcc","wait_result":true})");
    api.Post("registerBranch", R"({"gid":"t","trans_type":"tcc","branch_id":"01","data":"",)"
                               R"("confirm":"http://a/ok","cancel":"http://a/a1"})");
    const std::string record = Request("prepareWorkflow", kWorkflow);
    const std::string alone =
        Request(GetParam(), GetParam() == std::string("submit")
                                ? Saga("g", R"(,"wait_result":true,"request_timeout":3600)")
                                : R"({"gid":"t","trans_type":"tcc"})");
    api::HttpRequest request{"POST",
                             "/api/json-rpc",
                             {},
                             "[" + record + "," + alone + "," + record + "," + record + "]"};
    request.keep = [this](std::shared_ptr<api::HeldReply> kept) { held = std::move(kept); };
    reply = api.Begin(std::move(request));
    api.world.Run(std::chrono::seconds(1));
  }

  api::HandlerConfig config = Config(100'000'000);
  RpcWorld api{config};
  std::shared_ptr<api::HeldReply> held;
  std::shared_ptr<std::optional<api::HttpReply>> reply;
};

TEST_P(HeldBatches, EndWithTheirConnection) {
  EXPECT_FALSE(reply->has_value());
  EXPECT_GT(config.memory->taken(), 1'000'000u);
  const std::weak_ptr<api::HeldReply> nobody = std::exchange(held, nullptr);
  EXPECT_TRUE(nobody.expired());
  EXPECT_EQ(config.memory->taken(), 0u);
  api.world.Run(std::chrono::hours(1));
  EXPECT_FALSE(reply->has_value());
}

TEST_P(HeldBatches, KeepNoRecordsForLong) {
  held->Shed();
  EXPECT_EQ(config.memory->taken(), 0u);
  held->Shed();
  api.world.Run(std::chrono::hours(1));
  ASSERT_TRUE(reply->has_value());
  const std::string& body = (*reply)->body;
  EXPECT_EQ(Count(body, R"("jsonrpc":"2.0")"), 4u);
  EXPECT_EQ(Count(body, R"("status":503)"), 3u);
  EXPECT_EQ(Count(body, "send this request again alone"), 3u);
  EXPECT_EQ(Count(body, R"("result":null)"), 1u);
  held->Shed();  // It may come late.
}

TEST_P(HeldBatches, AnsweredInTimeHaveTheirRecords) {
  api.world.Run(std::chrono::hours(1));
  ASSERT_TRUE(reply->has_value());
  EXPECT_EQ(Count((*reply)->body, R"("progresses")"), 3u);
  reply.reset();
  held.reset();
  EXPECT_EQ(config.memory->taken(), 0u);
}

INSTANTIATE_TEST_SUITE_P(BesideOneThatWaits, HeldBatches, ::testing::Values("submit", "abort"));

TEST_F(RecordsInBatches, OneThatComesAloneIsOnlyBoundByTheBudget) {
  RpcWorld api(Config(100'000));
  Ask(api, 1);
  const std::string reply = api.Ask(Request("prepareWorkflow", kWorkflow));
  EXPECT_EQ(Count(reply, R"("progresses")"), 1u);
}

}  // namespace
}  // namespace treaty::testing
