// Topics on the wire: their stored text, the parameters of requests, entries in replies.

#include <gtest/gtest.h>

#include <string>

#include "wire/kv_reply.h"
#include "wire/topic_format.h"
#include "wire/topic_request.h"

namespace treaty::wire {
namespace {

TargetPolicy Loopback() {
  TargetPolicy policy;
  policy.allow_loopback = true;
  return policy;
}

TEST(TopicFormatTest, IsTheProtocolsText) {
  const auto format = MakeTopicFormat({});
  EXPECT_EQ(format->Write({}), "[]");
  EXPECT_EQ(format->Write({{"http://x/a", "rr"}, {"http://x/b", ""}}),
            R"([{"url":"http://x/a","remark":"rr"},{"url":"http://x/b","remark":""}])");
}

TEST(TopicFormatTest, ReadsWhatItWrote) {
  const auto format = MakeTopicFormat({});
  const Topic topic = {{"http://x/a?b=c&d=<e>", "\xc3\xa4 \"q\" \\ \xf0\x9f\x8f\xa6"},
                       {"http://x/b", ""}};
  const auto read = format->Read(format->Write(topic));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, topic);
  EXPECT_EQ(*format->Read("[]"), Topic());
}

TEST(TopicFormatTest, ReadsTheTextOfOthers) {
  const auto read = MakeTopicFormat({})->Read(
      R"( [ {"remark":null,"new":[{}],"url":"http:\/\/x\/a"} , {"url":"http://x/b"}])");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, (Topic{{"http://x/a", ""}, {"http://x/b", ""}}));
}

TEST(TopicFormatTest, RefusesWhatIsNoTopic) {
  for (const char* text : {"", "{}", "null", "[", "[1]", "[{}]", R"([{"url":1}])",
                           R"([{"url":""}])", R"([{"url":"a"},])", R"([{"url":"a"})"}) {
    EXPECT_EQ(MakeTopicFormat({})->Read(text).status().code(), Code::kDataLoss) << text;
  }
}

TEST(TopicFormatTest, ChecksEveryDelivery) {
  const auto open = MakeTopicFormat(Loopback());
  EXPECT_TRUE(open->CheckDelivery("http://127.0.0.1:81/a", "http", "x").ok());
  EXPECT_FALSE(MakeTopicFormat({})->CheckDelivery("http://127.0.0.1:81/a", "http", "x").ok());
  EXPECT_TRUE(open->CheckDelivery("http://x/?method=m", "http", "x").ok());
  EXPECT_TRUE(open->CheckDelivery("http://x/?method=m", "json-rpc", "{}").ok());
  EXPECT_FALSE(open->CheckDelivery("http://x/?method=m", "json-rpc", "x").ok());
  EXPECT_FALSE(open->CheckDelivery("http://x/method", "json-rpc", "{}").ok());
}

// The message of a refusal, or what is asked for.
std::string Subscribing(const std::string& topic, const std::string& url,
                        const std::string& remark = "") {
  const auto edit = ParseSubscribe({topic, url, remark}, Loopback());
  if (!edit.ok()) return edit.status().message();
  return edit->topic + " " + edit->subscriber.url + " " + edit->subscriber.remark;
}

TEST(TopicRequestTest, TakesEveryLegalSubscription) {
  const std::string long_name(kMaxTopicName, 'n');
  const std::string remark = std::string(kMaxRemark - 2, 'r') + "\xc3\xa4";
  EXPECT_EQ(Subscribing("a.b_c-d:e", "http://x/y?z=1", "r s"), "a.b_c-d:e http://x/y?z=1 r s");
  EXPECT_EQ(Subscribing(long_name, "http://x/", remark), long_name + " http://x/ " + remark);
}

TEST(TopicRequestTest, RefusesWithWhatToChange) {
  const std::string url = "http://x/";
  const std::pair<std::string, std::string> all[] = {
      {Subscribing("", url), "empty topic"},
      {Subscribing("t", ""), "empty url"},
      {Subscribing(std::string(kMaxTopicName + 1, 'n'), url), "topic is too long; at most 128"},
      {Subscribing("a b", url), "topic 'a b' has characters that are not allowed"},
      {Subscribing("a;b", url), "topic 'a;b' has characters"},
      {Subscribing("\xc3\xa4", url), "' has characters that are not allowed"},
      {Subscribing("a/b", url), "leave out slashes"},
      {Subscribing("a%2Fb", url), "leave out slashes"},
      {Subscribing(".", url), "must not be a path"},
      {Subscribing("..", url), "must not be a path"},
      {Subscribing("t", "ftp://x/"), "url: "},
      {Subscribing("t", "x/y"), "url: "},
      {Subscribing("t", "topic://u"), "url: "},
      {Subscribing("t", "http://169.254.169.254/"), "url: "},
      {Subscribing("t", "http://x/?gid=1"), "url: "},
      {Subscribing("t", "http://x/" + std::string(1'024, 'u')), "url is too long; at most 1024"},
      {Subscribing("t", url, std::string(kMaxRemark + 1, 'r')), "remark is too long; at most 256"},
      {Subscribing("t", url, "a\nb"), "remark must be UTF-8 text on one line"},
      {Subscribing("t", url, "\xff"), "remark must be UTF-8"},
  };
  for (const auto& [said, part] : all) EXPECT_NE(said.find(part), std::string::npos) << said;
}

// What was stored under other rules can be taken away.
TEST(TopicRequestTest, LetsEveryNameBeTakenAway) {
  EXPECT_EQ(ParseDeleteTopic("a/b c")->topic, "a/b c");
  EXPECT_EQ(ParseUnsubscribe({"a/b", "any", ""})->subscriber.url, "any");
  EXPECT_FALSE(ParseDeleteTopic("").ok());
  EXPECT_FALSE(ParseDeleteTopic(std::string(kMaxTopicName + 1, 'n')).ok());
  EXPECT_FALSE(ParseUnsubscribe({"", "u", ""}).ok());
  EXPECT_FALSE(ParseUnsubscribe({"t", "", ""}).ok());
}

TEST(KvReplyTest, ShowsEveryKey) {
  const KvEntry entry{.id = 1,
                      .cat = "topics",
                      .key = "tp",
                      .value = R"([{"url":"http://x/a","remark":"rr"}])",
                      .version = 1,
                      .write_id = 7,
                      .created = Time(std::chrono::seconds(1'795'329'585)),
                      .updated = Time(std::chrono::seconds(1'795'329'586))};
  const std::string shown =
      R"({"id":1,"create_time":"2026-11-22T06:39:45.000Z",)"
      R"("update_time":"2026-11-22T06:39:46.000Z",)"
      R"("cat":"topics","k":"tp","v":"[{\"url\":\"http://x/a\",\"remark\":\"rr\"}]","version":1})";
  EXPECT_EQ(KvReply({{entry}, ""}), R"({"kv":[)" + shown + "]}");
  EXPECT_EQ(KvReply({}), R"({"kv":[]})");
  EXPECT_EQ(KvPageReply({}), R"({"kv":[],"next_position":""})");
  EXPECT_EQ(KvPageReply({{entry, entry}, "1"}),
            R"({"kv":[)" + shown + "," + shown + R"(],"next_position":"1"})");
}

}  // namespace
}  // namespace treaty::wire
