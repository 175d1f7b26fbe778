// What a scrape sees: well-formed, right after what was done, and bounded whatever clients send.

#include <gtest/gtest.h>

#include "metrics/metered_world.h"

namespace treaty::metrics {
namespace {

constexpr char kSaga[] = R"({"gid":"a-secret-gid","trans_type":"saga","steps":[
    {"action":"http://127.0.0.1:1/out","compensate":"http://127.0.0.1:1/out-undo"},
    {"action":"http://127.0.0.1:1/in","compensate":"http://127.0.0.1:1/in-undo"}],
    "payloads":["{}","{}"]})";

TEST(PageTest, IsTextOfTheFormatThatScrapersAskFor) {
  MeteredWorld world;
  const api::HttpReply reply = world.Get("/api/metrics");
  EXPECT_EQ(reply.status, 200);
  EXPECT_STREQ(reply.content_type, "text/plain; version=0.0.4");
  const Page page = ParsePage(reply.body);
  EXPECT_EQ(page.Value("treaty_build_info{version=\"1.2.3\"}"), 1);
  EXPECT_EQ(page.Value("treaty_http_connections"), 7);
  EXPECT_EQ(page.types.at("dtm_server_response_duration"), "histogram");
}

TEST(PageTest, ShowsASagaEverywhereItWasCounted) {
  MeteredWorld world;
  const Page before = world.Scrape();
  ASSERT_EQ(world.Post("submit", kSaga).status, 200);
  const Page after = world.Scrape();
  const auto grew = [&](const std::string& name) { return after.Value(name) - before.Value(name); };

  EXPECT_EQ(grew(R"(dtm_server_process_total{type="http",api="submit",status="ok"})"), 1);
  EXPECT_EQ(grew(R"(dtm_server_response_duration_count{type="http",api="submit"})"), 1);
  EXPECT_EQ(grew(R"(dtm_transaction_process_total{model="saga",status="ok"})"), 1);
  EXPECT_EQ(grew(R"(dtm_transaction_handled_duration_count{model="saga"})"), 1);
  EXPECT_EQ(grew("dtm_branch_process_total{model=\"saga\",branchid=\"\",branchtype=\"action\","
                 "status=\"ok\"}"),
            2);
  EXPECT_EQ(grew(R"(treaty_branch_call_duration_seconds_count{outcome="success"})"), 2);
  EXPECT_GE(grew("treaty_commit_writes_sum"), 3);
  EXPECT_EQ(grew("treaty_commit_failures_total"), 0);
  EXPECT_EQ(after.Value("treaty_live_transactions"), 0);
}

TEST(PageTest, HistogramsRiseToTheirCount) {
  MeteredWorld world;
  world.Post("submit", kSaga);
  const Page page = world.Scrape();
  const std::string name = "dtm_transaction_handled_duration";
  double last = 0;
  for (const char* bound :
       {"0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"}) {
    const std::string bucket = name + "_bucket{model=\"saga\",le=\"" + bound + "\"}";
    ASSERT_TRUE(page.series.contains(bucket)) << bucket;
    EXPECT_GE(page.Value(bucket), last);
    last = page.Value(bucket);
  }
  EXPECT_EQ(last, page.Value(name + "_count{model=\"saga\"}"));
}

TEST(PageTest, CountsRefusalsAsFailures) {
  MeteredWorld world;
  ASSERT_EQ(world.Post("submit", "no JSON").status, 400);
  EXPECT_EQ(
      world.Scrape().Value(R"(dtm_server_process_total{type="http",api="submit",status="fail"})"),
      1);
}

TEST(PageTest, ManyBadPathsMakeNoSeries) {
  MeteredWorld world;
  const std::size_t before = world.Scrape().series.size();
  for (int i = 0; i < 1'000; ++i) world.Get("/api/no-such-path-" + std::to_string(i));
  const Page after = world.Scrape();
  EXPECT_EQ(after.series.size(), before);
  EXPECT_EQ(after.Value(R"(dtm_server_process_total{type="http",api="other",status="fail"})"),
            1'000);
}

TEST(PageTest, TextOfClientsIsInNoLabel) {
  MeteredWorld world;
  world.Post("submit", kSaga);
  world.Get("/api/dtmsvr/query?gid=a-secret-gid&x=a-secret-parameter");
  world.Call({"A-SECRET-METHOD", "/api/dtmsvr/submit", {}, ""});
  const api::HttpReply prepared =
      world.Post("prepareWorkflow",
                 R"({"gid":"a-secret-flow","trans_type":"workflow","query_prepared":
          "http://127.0.0.1:1/a-secret-path",
          "custom_data":"{\"name\":\"a-secret-name\",\"data\":\"\"}"})");
  ASSERT_EQ(prepared.status, 200) << prepared.body;
  world.world.Run(std::chrono::minutes(5));
  const std::string text = world.Text();
  EXPECT_EQ(text.find("secret"), std::string::npos);
  EXPECT_EQ(text.find("SECRET"), std::string::npos);
}

TEST(PageTest, TheNameOfATopicIsNoRoute) {
  MeteredWorld world;
  const std::size_t before = world.Scrape().series.size();
  for (int i = 0; i < 10; ++i) {
    world.Call({"DELETE", "/api/dtmsvr/topic/secret-" + std::to_string(i), {}, ""});
  }
  const Page after = world.Scrape();
  EXPECT_EQ(after.series.size(), before);
  EXPECT_EQ(after.Value(R"(dtm_server_process_total{type="http",api="topic",status="fail"})") +
                after.Value(R"(dtm_server_process_total{type="http",api="topic",status="ok"})"),
            10);
}

TEST(PageTest, JsonRpcIsOneRouteWhateverItsMethod) {
  MeteredWorld world;
  world.Call({"POST", "/api/json-rpc", {}, R"({"jsonrpc":"2.0","id":1,"method":"newGid"})"});
  world.Call({"POST", "/api/json-rpc", {}, R"({"jsonrpc":"2.0","id":1,"method":"strange"})"});
  EXPECT_EQ(
      world.Scrape().Value(R"(dtm_server_process_total{type="http",api="json-rpc",status="ok"})"),
      2);
}

}  // namespace
}  // namespace treaty::metrics
