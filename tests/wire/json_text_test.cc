// JSON as it is written: escapes, base64, times, and replies that cannot be misread.

#include "wire/json_text.h"

#include <gtest/gtest.h>

#include <string>

#include "wire/txn_reply.h"
#include "wire/txn_request.h"
#include "wire/url_memo.h"

namespace treaty::wire {
namespace {

using std::string_literals::operator""s;

std::string Text(std::string_view text) {
  std::string out;
  AppendString(out, text);
  return out;
}

std::string Base64(std::string_view bytes) {
  std::string out;
  AppendBase64(out, bytes);
  return out;
}

std::string TimeText(std::int64_t ms) {
  std::string out;
  AppendTime(out, Time(Duration(ms)));
  return out;
}

TEST(JsonText, EscapesWhatJsonAndPagesCouldMisread) {
  EXPECT_EQ(Text(""), R"("")");
  EXPECT_EQ(Text("plain \xc3\xa4"), "\"plain \xc3\xa4\"");
  EXPECT_EQ(Text("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(Text("\n\r\t\b\f\x01\x1f\x7f"s), R"("\n\r\t\u0008\u000c\u0001\u001f\u007f")");
  EXPECT_EQ(Text("\0"s), R"("\u0000")");
  EXPECT_EQ(Text("</script>&"), R"("\u003c/script\u003e\u0026")");
  EXPECT_EQ(Text("\xff ok \x80"), R"("\ufffd ok \ufffd")");
}

TEST(JsonText, WritesWhatNobodyWouldSeeAsNumbers) {
  EXPECT_EQ(Text("a\xe2\x80\xae"
                 "b\xe2\x80\x8b\xef\xbb\xbf"),
            R"("a\u202eb\u200b\ufeff")");
  EXPECT_EQ(Text("\xf3\xa0\x81\x81\xf0\x9d\x85\xb3"
                 "b"),
            R"("\udb40\udc41\ud834\udd73b")");
  EXPECT_EQ(Text("\xc2\x85\xc2\xad\xc3\xa4"), "\"\\u0085\\u00ad\xc3\xa4\"");
  EXPECT_EQ(Text("\xe4\xb8\xad \xf0\x9f\x99\x82"), "\"\xe4\xb8\xad \xf0\x9f\x99\x82\"");
  EXPECT_EQ(Text("\xe2\x80\xae \xff"), R"("\ufffd\ufffd\ufffd \ufffd")") << "not UTF-8 as a whole";
}

TEST(JsonText, WritesBase64WithPadding) {
  EXPECT_EQ(Base64(""), R"("")");
  EXPECT_EQ(Base64("f"), R"("Zg==")");
  EXPECT_EQ(Base64("fo"), R"("Zm8=")");
  EXPECT_EQ(Base64("foo"), R"("Zm9v")");
  EXPECT_EQ(Base64("foob"), R"("Zm9vYg==")");
  EXPECT_EQ(Base64("\xff\xfe\xfd"), R"("//79")");
  EXPECT_EQ(Base64("\0\0\0"s), R"("AAAA")");
}

TEST(JsonText, WritesTimesInUtcWithMilliseconds) {
  EXPECT_EQ(TimeText(0), "null");
  EXPECT_EQ(TimeText(1), R"("1970-01-01T00:00:00.001Z")");
  EXPECT_EQ(TimeText(951'868'799'999), R"("2000-02-29T23:59:59.999Z")");
  EXPECT_EQ(TimeText(1'795'502'383'123), R"("2026-11-24T06:39:43.123Z")");
}

TEST(TxnReply, AddsTheFailureWordOnce) {
  EXPECT_EQ(FailureReply("no"), R"({"dtm_result":"FAILURE","message":"no FAILURE"})");
  EXPECT_EQ(FailureReply("no FAILURE"), R"({"dtm_result":"FAILURE","message":"no FAILURE"})");
  EXPECT_EQ(FailureReply(""), R"({"dtm_result":"FAILURE","message":"FAILURE"})");
  EXPECT_EQ(FailureReply("SUCCESS ONGOING"),
            R"({"dtm_result":"FAILURE","message":"success ongoing FAILURE"})");
}

TEST(TxnReply, MessagesHoldNoVerdict) {
  EXPECT_EQ(MessageReply("FAILURE, SUCCESSSUCCESS and ONGOING"),
            R"({"message":"failure, successsuccess and ongoing"})");
}

TEST(TxnRequest, QuotesTextOfClientsPrintableAndShort) {
  EXPECT_EQ(Quoted("a\nb\xff"), "'a?b?'");
  EXPECT_EQ(Quoted(std::string(65, 'x')), "'" + std::string(64, 'x') + "...'");
}

TEST(UrlMemo, GivesEveryTextItsOwnUrlHoweverManyThereAre) {
  for (int round = 0; round < 2; ++round) {
    for (int port = 1; port <= 2'000; ++port) {
      const auto url = ParseTargetUrl("http://bank:" + std::to_string(port) + "/x");
      ASSERT_TRUE(url.ok());
      ASSERT_EQ((*url)->port, port);
    }
  }
  const std::string path(300, 'p');
  EXPECT_EQ((*ParseTargetUrl("http://bank/" + path))->target, "/" + path);
  EXPECT_FALSE(ParseTargetUrl("http://bank:1/x#f").ok());
  EXPECT_FALSE(ParseTargetUrl("").ok());
}

TEST(TxnRequest, AWiderGidCharsetIsAMatterOfConfiguration) {
  RequestRules rules;
  EXPECT_FALSE(CheckGid("\xc3\xa4 'x'", rules).ok());
  rules.gid_charset_utf8 = true;
  EXPECT_TRUE(CheckGid("\xc3\xa4 'x'", rules).ok());
  EXPECT_FALSE(CheckGid("\xff", rules).ok());
  EXPECT_FALSE(CheckGid("a\nb", rules).ok());
}

}  // namespace
}  // namespace treaty::wire
