// Topics through HTTP: what operators send and read, what is refused, and that nothing is lost
// when many edit at once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/api_world.h"

namespace treaty::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kSuccess[] = R"({"dtm_result":"SUCCESS"})";
constexpr char kBase[] = "/api/dtmsvr/";

class TopicsTest : public ::testing::Test {
 protected:
  api::HttpReply Get(const std::string& target) { return api_.Get(kBase + target); }
  api::HttpReply Subscribe(const std::string& topic, const std::string& url) {
    return Get("subscribe?topic=" + topic + "&url=" + url + "&remark=r");
  }
  api::HttpReply Delete(const std::string& name) {
    return api_.Call({"DELETE", std::string(kBase) + "topic/" + name, {}, ""});
  }
  std::string Entry(const std::string& topic) {
    return Get("queryKV?cat=topics&key=" + topic).body;
  }
  api::HttpReply Submit(const std::string& gid, const std::string& action,
                        const std::string& type = "msg") {
    return api_.Post("submit", R"({"gid":")" + gid + R"(","trans_type":")" + type +
                                   R"(","steps":[{"action":")" + action +
                                   R"("}],"payloads":["{}"]})");
  }

  ApiWorld api_;
};

TEST_F(TopicsTest, LivesFromSubscribeToDelete) {
  EXPECT_EQ(Subscribe("t", "http://a/").body, kSuccess);
  EXPECT_EQ(Subscribe("t", "http%3A%2F%2Fb%2F%3Fx%3D1").body, kSuccess);
  const std::string entry = Entry("t");
  EXPECT_THAT(entry, StartsWith(R"({"kv":[{"id":1,"create_time":")"));
  EXPECT_THAT(entry, HasSubstr(R"("cat":"topics","k":"t","v":"[{\"url\":\"http://a/\",)"
                               R"(\"remark\":\"r\"},{\"url\":\"http://b/?x=1\",)"
                               R"(\"remark\":\"r\"}]","version":2}]})"));
  EXPECT_EQ(Get("unsubscribe?topic=t&url=http://a/").body, kSuccess);
  EXPECT_EQ(Get("unsubscribe?topic=t&url=http%3A%2F%2Fb%2F%3Fx%3D1").body, kSuccess);
  EXPECT_THAT(Entry("t"), HasSubstr(R"("v":"[]","version":4)"));
  EXPECT_EQ(Delete("t").body, kSuccess);
  EXPECT_EQ(Entry("t"), R"({"kv":[]})");
}

TEST_F(TopicsTest, EverySubscriberOfAMessageIsCalledAndShown) {
  Subscribe("t", "http://a/");
  Subscribe("t", "http://b/");
  EXPECT_EQ(Submit("g", "topic://t").body, kSuccess);
  EXPECT_EQ(api_.world.participant.Count("01-01/action"), 1u);
  EXPECT_EQ(api_.world.participant.Count("01-02/action"), 1u);
  const std::string shown = Get("query?gid=g").body;
  EXPECT_THAT(shown, HasSubstr(R"("url":"http://a/","bin_data":"e30=","branch_id":"01-01",)"
                               R"("op":"action","status":"succeed")"));
  EXPECT_THAT(shown, HasSubstr(R"("url":"http://b/","bin_data":"e30=","branch_id":"01-02")"));
  EXPECT_THAT(shown, HasSubstr(R"("steps":[{"action":"topic://t"}],"payloads":["{}"])"));
}

TEST_F(TopicsTest, ASingleSubscriberIsABranchLikeAnyOther) {
  Subscribe("t", "http://a/");
  EXPECT_EQ(Submit("g", "topic://t").body, kSuccess);
  EXPECT_THAT(Get("query?gid=g").body, HasSubstr(R"("branch_id":"01","op":"action")"));
}

TEST_F(TopicsTest, AMessageToNobodyIsRefusedAndNotStored) {
  const auto reply = Submit("g", "topic://nobody");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("topic not found: 'nobody' has no subscribers"));
  EXPECT_EQ(api_.world.store->size(), 0u);
}

TEST_F(TopicsTest, OnlyMessagesGoToTopics) {
  Subscribe("t", "http://a/");
  const auto reply = Submit("g", "topic://t", "saga");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("topic:// is for the actions of a msg only"));
  // The others have no steps of their own; those that a request has are ignored.
  for (const char* type : {"tcc", "xa"}) EXPECT_EQ(Submit("g", "topic://t", type).status, 409);
  EXPECT_EQ(Submit("g", "topic://").status, 400);
  EXPECT_EQ(Submit("g", "topic://" + std::string(129, 'n')).status, 400);
  EXPECT_EQ(Submit("g", "TOPIC://t").status, 400);
  EXPECT_EQ(api_.world.store->size(), 0u);
}

TEST_F(TopicsTest, SubscribersOfAJsonRpcMessageNeedAMethodAndParameters) {
  Subscribe("t", "http://a/?method=m");
  const std::string head = R"({"gid":"g","trans_type":"msg","protocol":"json-rpc",)"
                           R"("steps":[{"action":"topic://t"}],"payloads":[)";
  const auto text = api_.Post("submit", head + R"("text"]})");
  EXPECT_EQ(text.status, 400);
  EXPECT_THAT(text.body, HasSubstr("steps[0].action: the subscriber 'http://a/?method=m'"));
  EXPECT_EQ(api_.Post("submit", head + R"("{}"]})").body, kSuccess);
}

struct Bad {
  const char* method;
  std::string target;
  int status;
  const char* says;
};

TEST_F(TopicsTest, BadInputIsRefusedWithWhatToChange) {
  Subscribe("t", "http://a/");
  Subscribe("empty", "http://a/");
  Get("unsubscribe?topic=empty&url=http://a/");
  const std::string long_name(129, 'n');
  const std::vector<Bad> all = {
      {"GET", "subscribe", 400, "empty topic"},
      {"GET", "subscribe?topic=u", 400, "empty url"},
      {"GET", "subscribe?topic=t&url=http://a/", 409, "this url exists"},
      {"GET", "subscribe?topic=a%2Fb&url=http://a/", 400, "slashes"},
      {"GET", "subscribe?topic=a%0Ab&url=http://a/", 400, "not allowed"},
      {"GET", "subscribe?topic=a+b&url=http://a/", 400, "not allowed"},
      {"GET", "subscribe?topic=" + long_name + "&url=http://a/", 400, "at most 128"},
      {"GET", "subscribe?topic=u&url=ftp://a/", 400, "url: "},
      {"GET", "subscribe?topic=u&url=http://169.254.169.254/", 400, "url: "},
      {"GET", "subscribe?topic=u&url=http://a/%3Fgid%3D1", 400, "url: "},
      {"GET", "subscribe?topic=u&url=http://a/" + std::string(1'024, 'u'), 400, "at most 1024"},
      {"GET", "subscribe?topic=u&url=http://a/&remark=" + std::string(257, 'r'), 400,
       "at most 256"},
      {"GET", "subscribe?topic=u&url=http://a/&remark=%FF", 400, "UTF-8"},
      {"GET", "unsubscribe?url=http://a/", 400, "empty topic"},
      {"GET", "unsubscribe?topic=t", 400, "empty url"},
      {"GET", "unsubscribe?topic=u&url=http://a/", 404, "no such a topic"},
      {"GET", "unsubscribe?topic=empty&url=http://a/", 404, "this topic is empty"},
      {"GET", "unsubscribe?topic=t&url=http://b/", 404, "no such an url"},
      {"DELETE", "topic/u", 404, "no such a topic"},
      {"DELETE", "topic/" + long_name, 400, "at most 128"},
      {"DELETE", "topic/", 404, "no such path"},
      {"DELETE", "topic/t/u", 404, "no such path"},
      {"GET", "topic/t", 404, "no such path"},
      {"POST", "subscribe?topic=u&url=http://a/", 404, "no such path"},
      {"GET", "scanKV?limit=0", 400, "limit"},
      {"GET", "scanKV?limit=x", 400, "limit"},
      {"GET", "scanKV?position=x", 400, "position"},
  };
  const std::string before = Get("queryKV").body;
  for (const Bad& bad : all) {
    const auto reply = api_.Call({bad.method, kBase + bad.target, {}, ""});
    EXPECT_EQ(reply.status, bad.status) << bad.target << " " << reply.body;
    EXPECT_THAT(reply.body, HasSubstr(bad.says)) << bad.target;
  }
  EXPECT_EQ(Get("queryKV").body, before);
}

TEST_F(TopicsTest, PagesOfOtherSitesChangeNothing) {
  const auto reply = api_.Call({"GET",
                                std::string(kBase) + "subscribe?topic=t&url=http://a/",
                                {{"Sec-Fetch-Site", "cross-site"}},
                                ""});
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(Entry("t"), R"({"kv":[]})");
}

// Written by another program, or under other rules.
TEST_F(TopicsTest, ANameThatCouldNotBeSubscribedToCanBeDeleted) {
  const KvEdit edit{.cat = "topics", .key = "a/b +", .value = "[]"};
  const Write write{.kind = Write::Kind::kEdit, .write_id = 99, .edit = &edit};
  Verdict verdict = Verdict::kStale;
  ASSERT_TRUE(api_.world.store->Commit({&write, 1}, {&verdict, 1}).ok());
  EXPECT_EQ(Delete("a%252Fb%20+").status, 404);
  EXPECT_EQ(Delete("a%2Fb%20+").body, kSuccess);
  EXPECT_EQ(Get("queryKV").body, R"({"kv":[]})");
}

// How many entries a page shows, and its position.
std::string PageOf(const std::string& body) {
  std::size_t count = 0;
  for (std::size_t at = body.find("\"k\":"); at != std::string::npos;
       at = body.find("\"k\":", at + 1)) {
    ++count;
  }
  const std::size_t position = body.find("\"next_position\":");
  return std::to_string(count) + " " + body.substr(position + 16, body.size() - position - 17);
}

TEST_F(TopicsTest, ScansPageByPage) {
  for (const char* topic : {"a", "b", "c"}) Subscribe(topic, "http://a/");
  EXPECT_EQ(PageOf(Get("scanKV?cat=topics&limit=1").body), R"(1 "3")");
  EXPECT_EQ(PageOf(Get("scanKV?cat=topics&limit=1&position=3").body), R"(1 "2")");
  EXPECT_EQ(PageOf(Get("scanKV?cat=topics&limit=1&position=2").body), R"(1 "")");
  EXPECT_EQ(PageOf(Get("scanKV?cat=topics&limit=1000").body), R"(3 "")");
  EXPECT_EQ(PageOf(Get("scanKV").body), R"(3 "")");
  EXPECT_EQ(Get("scanKV?cat=none").body, R"({"kv":[],"next_position":""})");
  EXPECT_EQ(Get("queryKV?cat=topics&key=none").body, R"({"kv":[]})");
  EXPECT_THAT(Get("queryKV?key=b").body, HasSubstr(R"("k":"b")"));
}

TEST_F(TopicsTest, AQueryThatWouldBeTooLongIsRefused) {
  for (int i = 0; i < 501; ++i) Subscribe("t" + std::to_string(i), "http://a/");
  EXPECT_EQ(Get("queryKV").status, 400);
  EXPECT_EQ(Get("queryKV?cat=topics&key=t7").status, 200);
}

TEST_F(TopicsTest, FiftyEditorsAtOnceLoseNothing) {
  std::vector<std::shared_ptr<std::optional<api::HttpReply>>> replies;
  for (int i = 0; i < 50; ++i) {
    replies.push_back(
        api_.Begin({"GET",
                    std::string(kBase) + "subscribe?topic=t&url=http://s" + std::to_string(i) + "/",
                    {},
                    ""}));
  }
  api_.world.Run(seconds(1));
  for (const auto& reply : replies) EXPECT_EQ(reply->value().body, kSuccess);
  const std::string entry = Entry("t");
  EXPECT_THAT(entry, HasSubstr(R"("version":50})"));
  for (int i = 0; i < 50; ++i) EXPECT_THAT(entry, HasSubstr("http://s" + std::to_string(i) + "/"));
}

}  // namespace
}  // namespace treaty::testing
