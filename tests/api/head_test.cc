// HEAD on every route: it looks, and never changes anything.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <string_view>

#include "api/api_world.h"
#include "api/meters.h"

namespace treaty::testing {
namespace {

constexpr const char* kTargets[] = {
    "/api/ping",
    "/livez",
    "/readyz",
    "/api/metrics",
    "/api/json-rpc",
    "/api/dtmsvr/version",
    "/api/dtmsvr/newGid",
    "/api/dtmsvr/query?gid=g",
    "/api/dtmsvr/all",
    "/api/dtmsvr/queryKV?cat=topics&key=t",
    "/api/dtmsvr/scanKV?cat=topics",
    "/api/dtmsvr/resetCronTime?timeout=10",
    "/api/dtmsvr//resetCronTime/?timeout=10",
    "/api/dtmsvr/subscribe?topic=t&url=http://a/2",
    "/api/dtmsvr/unsubscribe?topic=t&url=http://a/1",
    "//api/dtmsvr//unsubscribe/?topic=t&url=http://a/1",
    "/api/dtmsvr/topic/t",
    "/api/dtmsvr/submit",
    "/api/dtmsvr/prepare",
    "/api/dtmsvr/abort",
    "/api/dtmsvr/forceStop",
    "/api/dtmsvr/registerBranch",
    "/api/dtmsvr/registerTccBranch",
    "/api/dtmsvr/registerXaBranch",
    "/api/dtmsvr/prepareWorkflow",
    "/api/dtmsvr/resetNextCronTime",
};

constexpr char kSaga[] = R"({"gid":"g","trans_type":"saga",)"
                         R"("steps":[{"action":"http://a/busy","compensate":"http://a/c"}],)"
                         R"("payloads":["{}"],"retry_interval":3600})";
constexpr char kGid[] = R"({"gid":"g"})";

bool ChangesByGet(std::string_view target) {
  return target.find("resetCronTime") != target.npos || target.find("subscribe") != target.npos;
}

// A topic with a subscriber, and a saga that sleeps for an hour.
class HeadTest : public ::testing::TestWithParam<const char*> {
 protected:
  HeadTest() {
    api.world.participant.scripts["http://a/busy"] = {{Outcome::kOngoing, ""}};
    EXPECT_EQ(api.Post("submit", kSaga).status, 200);
    EXPECT_EQ(api.Get("/api/dtmsvr/subscribe?topic=t&url=http://a/1").status, 200);
  }
  std::string State() {
    return api.Get("/api/dtmsvr/all").body + api.Get("/api/dtmsvr/scanKV?cat=topics").body +
           std::to_string(api.world.participant.calls.size());
  }

  ApiWorld api;
};

TEST_P(HeadTest, ChangesNothing) {
  const std::string target = GetParam();
  const std::string before = State();
  for (const char* body : {"", kSaga, kGid}) {
    const auto head = api.Call({"HEAD", target, {}, body});
    EXPECT_EQ(State(), before);
    EXPECT_EQ(head.status == 405, ChangesByGet(target)) << head.status;
    EXPECT_STREQ(head.allow, head.status == 405 ? "GET" : nullptr);
  }
}

// Else the test above would say nothing.
TEST_P(HeadTest, GetDoesWhereItMay) {
  const std::string target = GetParam();
  const std::string before = State();
  EXPECT_NE(api.Get(target).status, 405);
  EXPECT_EQ(State() != before, ChangesByGet(target));
}

INSTANTIATE_TEST_SUITE_P(Routes, HeadTest, ::testing::ValuesIn(kTargets));

std::string LastSegment(std::string target) {
  target = target.substr(0, target.find('?'));
  while (target.ends_with('/')) target.pop_back();
  if (target.ends_with("/topic/t")) return "topic";
  target.erase(0, target.rfind('/') + 1);
  std::ranges::transform(target, target.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return target;
}

TEST(Head, IsTriedOnEveryRoute) {
  api::HandlerConfig config = ApiWorld::DefaultConfig();
  ApiWorld world(config);
  std::set<std::string> tried;
  for (const char* target : kTargets) tried.insert(LastSegment(target));
  for (const auto& route : config.meters->routes()) {
    EXPECT_TRUE(route.api == "other" || tried.contains(route.api)) << route.api;
  }
}

}  // namespace
}  // namespace treaty::testing
