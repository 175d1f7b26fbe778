// The routes and the wording of their replies, over the real engine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api/api_world.h"

namespace treaty::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr char kSuccess[] = R"({"dtm_result":"SUCCESS"})";

// Two steps: http://a/a1 and a2, with compensations c1 and c2.
std::string TwoSteps(const std::string& gid, const std::string& more = "") {
  return R"({"gid":")" + gid +
         R"(","trans_type":"saga","steps":[{"action":"http://a/a1","compensate":"http://a/c1"},)"
         R"({"action":"http://a/a2","compensate":"http://a/c2"}],"payloads":["{\"n\":1}","{}"])" +
         more + "}";
}

TEST(Handlers, AnswerThePlainRoutes) {
  ApiWorld api;
  EXPECT_EQ(api.Get("/api/ping").body, R"({"msg":"pong"})");
  EXPECT_EQ(api.Call({"POST", "/api/ping", {}, "x"}).body, R"({"msg":"pong"})");
  EXPECT_EQ(api.Get("/api/dtmsvr/version").body, R"({"version":"1.2.3"})");
  EXPECT_EQ(api.Get("/livez").status, 200);
  EXPECT_EQ(api.Get("/readyz").status, 200);
}

// Load balancers and command lines look with HEAD first.
TEST(Handlers, AnswerHeadAsTheyAnswerGet) {
  for (const char* target :
       {"/api/ping", "/livez", "/readyz", "/api/metrics", "/api/dtmsvr/version",
        "/api/dtmsvr/query?gid=g", "/api/dtmsvr/query", "/api/dtmsvr/all?limit=0",
        "/api/dtmsvr/all", "/api/dtmsvr/queryKV", "/api/dtmsvr/scanKV?cat=topics", "/nowhere"}) {
    ApiWorld with_get;
    ApiWorld with_head;
    const auto get = with_get.Get(target);
    const auto head = with_head.Call({"HEAD", target, {}, ""});
    EXPECT_EQ(head.status, get.status) << target;
    EXPECT_EQ(head.body, get.body) << target;
  }
  ApiWorld api;
  EXPECT_EQ(api.Call({"HEAD", "/api/dtmsvr/newGid", {}, ""}).status, 200);
}

// What is taken as it stands would be called malformed, which helps nobody.
TEST(Handlers, RefuseACodedBodyByTheNameOfItsHeader) {
  ApiWorld api;
  const Headers coded[] = {{{"Content-Encoding", "gzip"}},
                           {{"content-encoding", "GZIP"}},
                           {{"Content-Encoding", "deflate"}},
                           {{"Content-Encoding", "gzip, br"}},
                           {{"Content-Encoding", "identity"}, {"Content-Encoding", "zstd"}}};
  for (const Headers& headers : coded) {
    for (const char* path : {"/api/dtmsvr/submit", "/api/dtmsvr/abort", "/api/json-rpc"}) {
      const auto reply = api.Call({"POST", path, headers, TwoSteps("g")});
      EXPECT_EQ(reply.status, 415) << path;
      EXPECT_THAT(reply.body, HasSubstr("Content-Encoding '" + headers.back().second)) << path;
    }
  }
  EXPECT_EQ(api.world.store->size(), 0u);
  EXPECT_EQ(api.Post("submit", TwoSteps("g"), {{"Content-Encoding", "Identity"}}).status, 200);
  EXPECT_EQ(api.Post("submit", TwoSteps("g"), {{"Content-Encoding", ""}}).status, 200);
  EXPECT_EQ(api.Call({"GET", "/livez", {{"Content-Encoding", "gzip"}}, ""}).status, 200);
}

TEST(Handlers, FindAPathHoweverItIsWritten) {
  ApiWorld api;
  for (const char* target : {"/api/%70ing", "//api//ping/", "/api/ping?", "http://h/api/ping",
                             "HTTP://h/api/ping", "https://h:1/api/%70ing?x"}) {
    EXPECT_EQ(api.Get(target).status, 200) << target;
  }
  for (const char* target : {"/api%2Fping", "/api/%7", "/api/pin%67%00", "http://h", "http:///",
                             "ftp://h/api/ping", "/api/ping;x", "", "*"}) {
    EXPECT_EQ(api.Get(target).status, 404) << target;
  }
}

TEST(Handlers, ReadinessEndsWhenTheEngineStops) {
  ApiWorld api;
  api.world.engine->Stop(Duration(0), [] {});
  EXPECT_EQ(api.Get("/readyz").status, 503);
  EXPECT_EQ(api.Get("/livez").status, 200);
}

TEST(Handlers, MakeGidsThatDiffer) {
  ApiWorld api;
  const auto first = api.Get("/api/dtmsvr/newGid");
  EXPECT_THAT(first.body, MatchesRegex(R"(\{"dtm_result":"SUCCESS","gid":"[0-9a-z]{26}"\})"));
  EXPECT_NE(first.body, api.Get("/api/dtmsvr/newGid").body);
}

TEST(Handlers, AnswerUnknownPathsAndMethodsWith404) {
  ApiWorld api;
  for (const auto& [method, target] : {std::pair{"GET", "/"},
                                       {"GET", "/api/dtmsvr/submit"},
                                       {"PUT", "/api/dtmsvr/submit"},
                                       {"POST", "/api/dtmsvr/query?gid=g"},
                                       {"HEAD", "/api/dtmsvr/submit"},
                                       {"HEAD", "/api/dtmsvr/topic/t"},
                                       {"head", "/api/dtmsvr/version"},
                                       {"post", "/api/dtmsvr/submit"},
                                       {"POST", "/api/dtmsvr/Submit"},
                                       {"GET", "/api/dtmsvr"},
                                       {"GET", "*"},
                                       {"GET", ""}}) {
    SCOPED_TRACE(std::string(method) + " " + target);
    const auto reply = api.Call({method, target, {}, TwoSteps("g")});
    EXPECT_EQ(reply.status, 404);
    EXPECT_THAT(reply.body, HasSubstr("\"message\""));
  }
  EXPECT_EQ(api.world.store->size(), 0u);
}

TEST(Handlers, AcceptDoubledAndTrailingSlashes) {
  ApiWorld api;
  EXPECT_EQ(api.Get("//api//dtmsvr///version/").status, 200);
  EXPECT_EQ(api.Call({"POST", "/api/dtmsvr//submit/", {}, TwoSteps("g")}).body, kSuccess);
}

TEST(Handlers, RunASubmittedSagaAndShowIt) {
  ApiWorld api;
  EXPECT_EQ(api.Post("submit", TwoSteps("g1", R"(,"wait_result":true)")).body, kSuccess);
  const auto reply = api.Get("/api/dtmsvr/query?gid=g1");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr(R"("trans_type":"saga","steps":[{"action":"http://a/a1",)"
                                    R"("compensate":"http://a/c1"},)"));
  EXPECT_THAT(reply.body, HasSubstr(R"("payloads":["{\"n\":1}","{}"],"status":"succeed")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("protocol":"http","finish_time":")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("options":"{\"wait_result\":true,\"concurrent\":false}")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("url":"http://a/c1","bin_data":"eyJuIjoxfQ==",)"
                                    R"("branch_id":"01","op":"compensate","status":"prepared"},)"));
  EXPECT_THAT(reply.body, HasSubstr(R"("branch_id":"02","op":"action","status":"succeed",)"));
}

TEST(Handlers, AnswerARolledBackSagaWithItsReason) {
  ApiWorld api;
  api.world.participant.scripts["http://a/a2"] = {{Outcome::kFailure, "no money"}};
  const auto reply = api.Post("submit", TwoSteps("g2", R"(,"wait_result":true)"));
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(reply.body, R"({"dtm_result":"FAILURE","message":)"
                        R"("url:http://a/a2 return failed: no money FAILURE"})");
  api.world.Run();
  EXPECT_EQ(api.Post("submit", TwoSteps("g2")).body, reply.body);
  const auto query = api.Get("/api/dtmsvr/query?gid=g2");
  EXPECT_THAT(query.body, HasSubstr(R"("status":"failed")"));
  EXPECT_THAT(query.body, HasSubstr(R"("rollback_time":")"));
}

TEST(Handlers, TellAWaitingClientThatItGoesOnWithoutEitherWord) {
  ApiWorld api;
  api.world.participant.scripts["http://a/a1"] = {{Outcome::kOngoing, "FAILURE SUCCESS"}};
  const auto reply = api.Post("submit", TwoSteps("g3", R"(,"wait_result":true)"));
  EXPECT_EQ(reply.status, 425);
  EXPECT_THAT(reply.body, HasSubstr(R"("dtm_result":"ONGOING")"));
  EXPECT_THAT(reply.body, Not(HasSubstr("FAILURE")));
  EXPECT_THAT(reply.body, Not(HasSubstr("SUCCESS")));
}

TEST(Handlers, GiveTheOldAnswerToAWaitWhenAskedTo) {
  auto config = ApiWorld::DefaultConfig();
  config.wait_result_409 = true;
  ApiWorld api(config);
  api.world.participant.scripts["http://a/a1"] = {{Outcome::kOngoing, ""}};
  const auto reply = api.Post("submit", TwoSteps("g3", R"(,"wait_result":true)"));
  EXPECT_EQ(reply.status, 409);
  EXPECT_THAT(reply.body, HasSubstr("wait result not return success: FAILURE"));
}

TEST(Handlers, ReadLeniently) {
  const std::string lenient[] = {
      R"({"GID":"g","Trans_Type":"saga","STEPS":[{"ACTION":"http://a/a1"}],"Payloads":["x"]})",
      R"({"gid":"other","gid":"g","trans_type":"saga","steps":[{"action":"http://a/a1"}],)"
      R"("payloads":["x"]})",
      R"({"gid":"g","trans_type":"saga","steps":[{"action":"http://a/a1","data":"x"}]})",
      R"({"gid":"g","trans_type":"saga","steps":[{"action":"http://a/a1"}],"payloads":["x"],)"
      R"("branch_headers":[],"custom_data":null,"wait_result":null,"timeout_to_fail":null,)"
      R"("context":{"a":1},"unknown":[1.5],"id":"x","status":7,"owner":3,"retry_count":0})",
      " \n\t{\"gid\":\"g\",\"trans_type\":\"saga\",\"steps\":[{\"action\":\"http://a/a1\"}],"
      "\"payloads\":[\"x\"],\"custom_data\":\"{\\\"orders\\\":null,\\\"Concurrent\\\":true}\"}\r\n",
  };
  for (const std::string& body : lenient) {
    SCOPED_TRACE(body);
    ApiWorld api;
    EXPECT_EQ(api.Post("submit", body).body, kSuccess);
    EXPECT_EQ(api.world.Stored("g").txn.body->steps, (std::vector<Step>{{"http://a/a1", "", "x"}}));
    EXPECT_EQ(api.world.Status("g"), TxnStatus::kSucceed);
  }
}

TEST(Handlers, KeepTheTermsOfARequest) {
  ApiWorld api;
  const auto body = TwoSteps(
      "g", R"(,"timeout_to_fail":7,"request_timeout":2,"retry_interval":3,"retry_limit":4,)"
           R"("update_branch_sync":0,"branch_headers":{"X-A":"1","X-B":"2"},"concurrent":true,)"
           R"("passthrough_headers":["x-trace","absent"],)"
           R"("custom_data":"{\"orders\":{\"1\":[0]},\"concurrent\":true}")");
  ASSERT_EQ(api.Post("prepare", body, {{"X-Trace", "t1"}, {"Other", "o"}}).body, kSuccess);
  const StoredTxn stored = api.world.Stored("g");
  const Terms& terms = *stored.txn.terms;
  EXPECT_EQ(terms.timeout_to_fail.count(), 7);
  EXPECT_EQ(terms.request_timeout.count(), 2);
  EXPECT_EQ(terms.retry_interval.count(), 3);
  EXPECT_EQ(terms.retry_limit, 4u);
  EXPECT_EQ(terms.progress, ProgressMode::kBehind);
  EXPECT_EQ(terms.branch_headers, (std::vector<Header>{{"X-A", "1"}, {"X-B", "2"}}));
  EXPECT_EQ(terms.passed_headers, (std::vector<Header>{{"x-trace", "t1"}}));
  EXPECT_TRUE(terms.concurrent_option);
  EXPECT_TRUE(terms.concurrent);
  EXPECT_EQ(terms.after, (std::vector<std::vector<BranchIndex>>{{}, {{0}}}));
}

// Every reply that shows a transaction, of every model.
TEST(Handlers, ShowNamesOfHeadersButNoValues) {
  ApiWorld api;
  const std::string terms = R"(,"branch_headers":{"Authorization":"Bearer s3cret","X-Empty":""},)"
                            R"("passthrough_headers":["X-Token"])";
  const Headers passed = {{"X-Token", "s3cret"}};
  api.Post("prepare", TwoSteps("saga", terms), passed);
  for (const char* model : {"tcc", "xa"}) {
    const std::string body =
        R"({"gid":")" + std::string(model) + R"(","trans_type":")" + model + "\"" + terms + "}";
    ASSERT_EQ(api.Post("prepare", body, passed).body, kSuccess);
  }
  const std::string workflow =
      R"({"gid":"w","trans_type":"workflow","query_prepared":"http://a/w",)"
      R"("custom_data":"{\"name\":\"w\",\"data\":\"\"}")" +
      terms + "}";
  const std::string prepared = api.Post("prepareWorkflow", workflow, passed).body;
  EXPECT_EQ(api.world.Stored("saga").txn.terms->branch_headers.at(0).second, "Bearer s3cret");

  const std::string rpc =
      R"({"jsonrpc":"2.0","id":1,"method":"prepareWorkflow","params":)" + workflow + "}";
  for (const std::string& shown :
       {api.Get("/api/dtmsvr/all").body, api.Get("/api/dtmsvr/query?gid=saga").body,
        api.Get("/api/dtmsvr/query?gid=tcc").body, api.Get("/api/dtmsvr/query?gid=xa").body,
        prepared, api.Call({"POST", "/api/json-rpc", passed, rpc}).body}) {
    EXPECT_THAT(shown, Not(HasSubstr("s3cret")));
    EXPECT_THAT(shown, HasSubstr(R"("branch_headers":{"Authorization":"***","X-Empty":"***"})"));
    EXPECT_THAT(shown, HasSubstr(R"(\"Authorization\":\"***\")")) << "options";
  }
}

// Fields that a submit names replace those of its prepare; all others stay (design §6).
TEST(Handlers, ASubmitReplacesTheTermsThatItNames) {
  ApiWorld api;
  api.world.participant.scripts["http://a/a1"] = {{Outcome::kOngoing, ""}};
  const auto prepared = TwoSteps("g", R"(,"timeout_to_fail":600,"retry_limit":4)");
  ASSERT_EQ(api.Post("prepare", prepared).body, kSuccess);
  const auto submit = [&](const std::string& fields) {
    return api.Post("submit", R"({"gid":"g","trans_type":"saga",)" + fields + "}");
  };
  const auto wrong = submit(R"("custom_data":"{\"orders\":{\"2\":[0]},\"concurrent\":true}")");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, HasSubstr("step 2"));
  EXPECT_EQ(api.world.Status("g"), TxnStatus::kPrepared);

  EXPECT_EQ(
      submit(R"("retry_interval":7,"custom_data":"{\"orders\":{\"1\":[0]},\"concurrent\":true}")")
          .body,
      kSuccess);
  const StoredTxn stored = api.world.Stored("g");
  const Terms& terms = *stored.txn.terms;
  EXPECT_EQ(terms.timeout_to_fail.count(), 600);
  EXPECT_EQ(terms.retry_limit, 4u);
  EXPECT_EQ(terms.retry_interval.count(), 7);
  EXPECT_EQ(terms.after, (std::vector<std::vector<BranchIndex>>{{}, {{0}}}));
}

TEST(Handlers, OrdersNeedSteps) {
  ApiWorld api;
  const auto reply = api.Post(
      "submit", R"({"gid":"g","trans_type":"saga","custom_data":"{\"orders\":{\"1\":[0]}}"})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("orders"));
  EXPECT_EQ(api.world.store->Load("g")->has_value(), false);
}

TEST(Handlers, AnswerRepeatsByTheTable) {
  ApiWorld api;
  EXPECT_EQ(api.Post("prepare", TwoSteps("g")).body, kSuccess);
  EXPECT_EQ(api.Post("prepare", TwoSteps("g")).body, kSuccess);
  EXPECT_EQ(api.Post("submit", R"({"gid":"g","trans_type":"saga"})").body, kSuccess);
  EXPECT_EQ(api.Post("submit", TwoSteps("g")).body, kSuccess);
  const auto prepare = api.Post("prepare", TwoSteps("g"));
  EXPECT_EQ(prepare.status, 409);
  EXPECT_THAT(prepare.body, HasSubstr("cannot prepare. FAILURE\""));
  EXPECT_EQ(api.Post("abort", R"({"gid":"g","trans_type":"saga"})").status, 409);
}

TEST(Handlers, AnswerUnknownGids) {
  ApiWorld api;
  for (const char* path : {"abort", "forceStop", "resetNextCronTime"}) {
    const auto reply = api.Post(path, R"({"gid":"nobody"})");
    EXPECT_EQ(reply.status, 404);
    EXPECT_EQ(reply.body, R"({"message":"no TransGlobal with gid: nobody found"})");
  }
  const auto named = api.Post("abort", R"({"gid":"FAILURE"})");
  EXPECT_THAT(named.body, Not(HasSubstr("FAILURE")));
  EXPECT_EQ(api.Get("/api/dtmsvr/query?gid=nobody").body, R"({"branches":[],"transaction":null})");
}

TEST(Handlers, ShowQuarantineUntilTheOperatorReleases) {
  ApiWorld api;
  api.Post("prepare", TwoSteps("g"));
  api.world.Run(std::chrono::seconds(5));
  EXPECT_THAT(api.Get("/api/dtmsvr/query?gid=g").body, Not(HasSubstr("quarantined")));
  api.world.WriteAsAnother("g", [](Txn& txn) { txn.deaths = kMostDeaths; });
  EXPECT_THAT(api.Get("/api/dtmsvr/query?gid=g").body, HasSubstr(R"("quarantined":true)"));
  EXPECT_EQ(api.Post("submit", TwoSteps("g")).status, 503);
  EXPECT_EQ(api.Post("resetNextCronTime", R"({"gid":"g"})").body, kSuccess);
  EXPECT_THAT(api.Get("/api/dtmsvr/query?gid=g").body, Not(HasSubstr("quarantined")));
  EXPECT_EQ(api.Post("submit", TwoSteps("g")).body, kSuccess);
}

// As a transaction that somebody looks after (protocol §20, 17).
TEST(Handlers, ShowATimeForAPreparedSaga) {
  ApiWorld api;
  api.Post("prepare", TwoSteps("g", R"(,"retry_interval":60)"));
  EXPECT_THAT(api.Get("/api/dtmsvr/query?gid=g").body,
              HasSubstr(R"("next_cron_time":"2019-12-20T00:01:00.000Z")"));
}

TEST(Handlers, ShowWhoForcedAnEnd) {
  ApiWorld api;
  api.Post("prepare", TwoSteps("g"));
  EXPECT_EQ(api.Post("forceStop", R"({"gid":"g","reason":"stuck <b>"})").body, kSuccess);
  EXPECT_THAT(api.Get("/api/dtmsvr/query?gid=g").body,
              HasSubstr(R"("forced_by":"192.0.2.7","forced_reason":"stuck \u003cb\u003e",)"
                        R"("forced_time":"2019-12-)"));
  const auto again = api.Post("forceStop", R"({"gid":"g"})");
  api.Post("prepare", TwoSteps("long"));
  std::string reason = "x";
  while (reason.size() < 10'000) reason += "\u00e4";
  api.Post("forceStop", R"({"gid":"long","reason":")" + reason + R"("})");
  const std::string kept = api.world.Stored("long").txn.force.why;
  EXPECT_LE(kept.size(), 4'096u);
  EXPECT_THAT(kept, ::testing::EndsWith("\u00e4 [truncated]"));
  EXPECT_EQ(again.status, 409);
  EXPECT_THAT(again.body, HasSubstr("status: failed. error: FAILURE\""));
}

TEST(Handlers, ListPagesWithFilters) {
  ApiWorld api;
  for (const char* gid : {"g1", "g2", "g3"}) api.Post("prepare", TwoSteps(gid));
  const auto page = api.Get("/api/dtmsvr/all?limit=2&status=prepared&transType=saga");
  EXPECT_THAT(page.body, HasSubstr(R"("gid":"g3")"));
  EXPECT_THAT(page.body, HasSubstr(R"("gid":"g2")"));
  EXPECT_THAT(page.body, Not(HasSubstr(R"("gid":"g1")")));
  EXPECT_THAT(page.body, Not(HasSubstr(R"("next_position":"")")));
  EXPECT_THAT(api.Get("/api/dtmsvr/all?gid=g1").body, HasSubstr(R"("gid":"g1")"));
}

// Clients walk through what they get: only what one gid asked for can be "no such thing".
TEST(Handlers, ListsThatAreEmptyAreListsAndAnUnknownGidIsNull) {
  ApiWorld api;
  constexpr char kNothing[] = R"({"next_position":"","transactions":[]})";
  EXPECT_EQ(api.Get("/api/dtmsvr/all").body, kNothing);
  EXPECT_EQ(api.Get("/api/dtmsvr/all?gid=").body, kNothing);
  api.Post("prepare", TwoSteps("g1"));
  for (const char* query : {"status=failed", "transType=tcc", "createTimeEnd=1",
                            "createTimeStart=253402300799999", "status=failed&limit=1"}) {
    EXPECT_EQ(api.Get(std::string("/api/dtmsvr/all?") + query).body, kNothing) << query;
  }
  EXPECT_EQ(api.Get("/api/dtmsvr/all?gid=none&position=7&limit=x").body,
            R"({"next_position":"7","transactions":null})");
  EXPECT_EQ(api.Get("/api/dtmsvr/query?gid=none").body, R"({"branches":[],"transaction":null})");
  EXPECT_EQ(api.Get("/api/dtmsvr/queryKV?cat=topics&key=none").body, R"({"kv":[]})");
  EXPECT_EQ(api.Get("/api/dtmsvr/scanKV?cat=topics").body, R"({"kv":[],"next_position":""})");
  EXPECT_THAT(api.Post("prepareWorkflow", R"({"gid":"w","trans_type":"workflow","query_prepared":)"
                                          R"("http://a/q","custom_data":"{\"name\":\"n\"}"})")
                  .body,
              HasSubstr(R"("progresses":[])"));
  api.Post("prepare", R"({"gid":"t","trans_type":"tcc"})");
  EXPECT_THAT(api.Get("/api/dtmsvr/query?gid=t").body, HasSubstr(R"({"branches":[],)"));
}

TEST(Handlers, CountWhatWasMadeDue) {
  ApiWorld api;
  EXPECT_EQ(api.Get("/api/dtmsvr/resetCronTime?timeout=10").body,
            R"({"has_remaining":false,"succeed_count":0})");
}

TEST(Handlers, RefuseChangesFromPagesOfOtherSites) {
  ApiWorld api;
  const Headers foreign[] = {
      {{"Sec-Fetch-Site", "cross-site"}},
      {{"Host", "treaty:36789"}, {"Origin", "http://evil.example"}},
      {{"Host", "treaty:36789"}, {"Origin", "http://treaty"}},
      {{"Host", "treaty:36789"}, {"Origin", "null"}},
  };
  for (const Headers& headers : foreign) {
    EXPECT_EQ(api.Post("submit", TwoSteps("g"), headers).status, 403);
    EXPECT_EQ(api.Call({"GET", "/api/dtmsvr/resetCronTime", headers, ""}).status, 403);
    EXPECT_EQ(api.Call({"GET", "/api/dtmsvr/all", headers, ""}).status, 200);
  }
  EXPECT_EQ(api.world.store->size(), 0u);
  const Headers own[] = {
      {{"Sec-Fetch-Site", "same-origin"}},
      {{"Host", "treaty:36789"}, {"Origin", "http://Treaty:36789"}},
      {{"host", "treaty"}, {"origin", "http://treaty:80"}},
  };
  for (const Headers& headers : own) {
    EXPECT_EQ(api.Post("submit", TwoSteps("g"), headers).body, kSuccess);
  }
}

TEST(Handlers, AnswerWithRetryAfterWhenTheEngineIsStopping) {
  ApiWorld api;
  api.world.engine->Stop(Duration(0), [] {});
  const auto reply = api.Post("submit", TwoSteps("g"));
  EXPECT_EQ(reply.status, 503);
  ASSERT_TRUE(reply.retry_after.has_value());
  EXPECT_EQ(reply.retry_after->count(), 1);
  EXPECT_EQ(api.world.store->size(), 0u);
}

}  // namespace
}  // namespace treaty::testing
