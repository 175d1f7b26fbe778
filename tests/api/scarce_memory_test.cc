// What a door says when there is no memory for a request, or for its reply: not now. Never that
// the client has made a mistake, and the process lives.

#include "support/scarce_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "api/api_world.h"

namespace treaty::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string SagaOf(std::size_t payload) {
  return R"({"gid":"g","trans_type":"saga","steps":[{"action":"http://b/a"}],"payloads":[")" +
         std::string(payload, 'x') + R"("]})";
}

std::string RpcOf(const std::string& method, const std::string& params) {
  return R"({"jsonrpc":"2.0","id":"i","method":")" + method + R"(","params":)" + params + "}";
}

// Everything a client may say at length, with a size for the shared parser and for one of its own.
std::vector<std::pair<std::string, std::string>> LongRequests() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const std::size_t size : std::vector<std::size_t>{10'000, 100'000, 900'000}) {
    const std::string text(size, 'x');
    all.emplace_back("/api/dtmsvr/submit", SagaOf(size));
    all.emplace_back("/api/dtmsvr/prepare", SagaOf(size));
    all.emplace_back("/api/dtmsvr/abort",
                     R"({"gid":"g","trans_type":"tcc","rollback_reason":")" + text + R"("})");
    all.emplace_back("/api/dtmsvr/registerBranch",
                     R"({"gid":"g","trans_type":"tcc","branch_id":"01","confirm":"http://b/c",)"
                     R"("cancel":"http://b/d","data":")" +
                         text + R"("})");
    all.emplace_back("/api/dtmsvr/forceStop", R"({"gid":"g","reason":")" + text + R"("})");
    all.emplace_back("/api/json-rpc", RpcOf("submit", SagaOf(size)));
  }
  return all;
}

TEST(ScarceMemory, IsNeverTheClientsMistake) {
  for (const auto& [target, body] : LongRequests()) {
    for (const std::size_t most : std::vector<std::size_t>{3'000, 20'000, 200'000, 2'000'000}) {
      ApiWorld api;
      std::shared_ptr<std::optional<api::HttpReply>> reply;
      std::size_t refused = 0;
      {
        api::HttpRequest request{"POST", target, {}, body};
        const ScarceMemory scarce(most);
        reply = api.Begin(std::move(request));
        refused = ScarceMemory::refused();
      }
      api.world.Run();
      ASSERT_TRUE(reply->has_value()) << target;
      const std::string told = target + " " + std::to_string(body.size()) + " with " +
                               std::to_string(most) + ": " + (*reply)->body;
      if (refused == 0) continue;
      EXPECT_THAT((*reply)->body, HasSubstr("not enough memory")) << told;
      EXPECT_THAT((*reply)->body, Not(HasSubstr("-32602"))) << told;
      EXPECT_EQ((*reply)->status, target == "/api/json-rpc" ? 200 : 503) << told;
      EXPECT_EQ((*reply)->retry_after.has_value(), (*reply)->status == 503) << told;
    }
  }
}

TEST(ScarceMemory, LeavesNothingBehindAndIsNoReasonToRefuseLater) {
  ApiWorld api;
  const std::string body = SagaOf(500'000);
  {
    api::HttpRequest request{"POST", "/api/dtmsvr/submit", {}, body};
    const ScarceMemory scarce(100'000);
    EXPECT_EQ((*api.Begin(std::move(request)))->status, 503);
  }
  EXPECT_THAT(api.Get("/api/dtmsvr/query?gid=g").body, HasSubstr(R"("transaction":null)"));
  EXPECT_EQ(api.Post("submit", body).status, 200);
}

}  // namespace
}  // namespace treaty::testing
