// Every line of the table of replies (protocol §4.2, §18 7), and what is kept of a FAILURE.

#include "participant/result.h"

#include <gtest/gtest.h>

#include <string>

#include "participant/reason_text.h"

namespace treaty {
namespace {

constexpr auto kSuccess = Outcome::kSuccess;
constexpr auto kFailure = Outcome::kFailure;
constexpr auto kOngoing = Outcome::kOngoing;
constexpr auto kUnknown = Outcome::kUnknown;

struct Line {
  int status;
  const char* body;
  Outcome action;
  Outcome compensate;
};

const Line kTable[] = {
    {200, "", kSuccess, kSuccess},
    {200, "anything", kSuccess, kSuccess},
    {200, "{\"dtm_result\":\"SUCCESS\"}", kSuccess, kSuccess},
    {425, "", kOngoing, kOngoing},
    {425, "FAILURE", kOngoing, kOngoing},
    {409, "", kFailure, kFailure},
    {409, "ONGOING", kOngoing, kOngoing},
    {409, "still ONGOING", kOngoing, kFailure},
    {200, "ONGOING", kOngoing, kOngoing},
    {500, "ONGOING", kOngoing, kOngoing},
    {200, "is ONGOING now", kOngoing, kSuccess},
    {200, "FAILURE", kFailure, kFailure},
    {200, " FAILURE\r\n", kFailure, kFailure},
    {500, "FAILURE", kFailure, kFailure},
    {500, "a FAILURE here", kFailure, kUnknown},
    {200, "undid the FAILURE", kFailure, kSuccess},
    {200, "FAILURE and ONGOING", kOngoing, kSuccess},
    {200, "failure ongoing", kSuccess, kSuccess},
    {200, "{\"dtm_result\":\"FAILURE\"}", kFailure, kFailure},
    {200, "{\"dtm_result\":\"ONGOING\",\"x\":\"FAILURE\"}", kOngoing, kOngoing},
    {200, "{\"dtm_result\":\"SUCCESS\",\"x\":\"FAILURE\"}", kSuccess, kSuccess},
    {500, "{\"dtm_result\":\"SUCCESS\"}", kUnknown, kUnknown},
    {409, "{\"dtm_result\":\"SUCCESS\"}", kFailure, kFailure},
    {200, "{\"dtm_result\":7,\"x\":\"FAILURE\"}", kFailure, kSuccess},
    {200, "{\"x\":{\"dtm_result\":\"FAILURE\"}}", kFailure, kSuccess},
    {200, "[\"dtm_result\",\"FAILURE\"]", kFailure, kSuccess},
    {200, "{\"dtm_result\":\"FAILURE\"", kFailure, kSuccess},
    {201, "", kUnknown, kUnknown},
    {204, "", kUnknown, kUnknown},
    {302, "", kUnknown, kUnknown},
    {307, "", kUnknown, kUnknown},
    {400, "", kUnknown, kUnknown},
    {404, "not found", kUnknown, kUnknown},
    {429, "", kUnknown, kUnknown},
    {500, "", kUnknown, kUnknown},
    {503, "busy", kUnknown, kUnknown},
};

TEST(Result, EveryLineOfTheTable) {
  for (const Line& line : kTable) {
    SCOPED_TRACE(std::to_string(line.status) + " " + line.body);
    EXPECT_EQ(MapReply(line.status, line.body, Words::kAnywhere, {}).outcome, line.action);
    EXPECT_EQ(MapReply(line.status, line.body, Words::kAlone, {}).outcome, line.compensate);
  }
}

TEST(Result, WordsOutsideTheFieldCountOnlyWithTheOption) {
  ResultOptions options;
  options.legacy_result_words = false;
  EXPECT_EQ(MapReply(200, "FAILURE", Words::kAnywhere, options).outcome, kSuccess);
  EXPECT_EQ(MapReply(200, "ONGOING", Words::kAnywhere, options).outcome, kSuccess);
  EXPECT_EQ(MapReply(200, "{\"dtm_result\":\"FAILURE\"}", Words::kAnywhere, options).outcome,
            kFailure);
  EXPECT_EQ(MapReply(409, "", Words::kAnywhere, options).outcome, kFailure);
}

TEST(Result, EverySecondHundredSucceedsOnlyWithTheOption) {
  ResultOptions options;
  options.success_on_any_2xx = true;
  for (const int status : {200, 201, 202, 204, 299}) {
    EXPECT_EQ(MapReply(status, "", Words::kAnywhere, options).outcome, kSuccess) << status;
  }
  EXPECT_EQ(MapReply(300, "", Words::kAnywhere, options).outcome, kUnknown);
  EXPECT_EQ(MapReply(201, "FAILURE", Words::kAnywhere, options).outcome, kFailure);
}

TEST(Result, WordsBeyondTheFirst64KiBDoNotCount) {
  const std::string padding(64 * 1024, ' ');
  EXPECT_EQ(MapReply(200, padding + "FAILURE", Words::kAnywhere, {}).outcome, kSuccess);
  EXPECT_EQ(MapReply(200, padding.substr(7) + "FAILURE", Words::kAnywhere, {}).outcome, kFailure);
}

TEST(Result, KeepsTheWordsOfAFailureOnly) {
  EXPECT_EQ(MapReply(409, "no money", Words::kAnywhere, {}).text, "no money");
  EXPECT_EQ(MapReply(500, "secret stack trace", Words::kAnywhere, {}).text, "status 500");
  EXPECT_EQ(MapReply(425, "secret", Words::kAnywhere, {}).text, "status 425");
}

TEST(ReasonText, IsPrintableUtf8OfLimitedLength) {
  EXPECT_EQ(ReasonText("a\r\nb\tc\x1b[0m\x7f"), "abc[0m");
  EXPECT_EQ(ReasonText("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xb0"),
            "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xb0");
  EXPECT_EQ(ReasonText("\xc2\x85x"), "x") << "C1 controls too";
  EXPECT_EQ(ReasonText("a\xff"
                       "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(ReasonText("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << "surrogate";
  EXPECT_EQ(ReasonText("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd") << "over-long";
  EXPECT_EQ(ReasonText("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd") << "cut";
  const std::string longest = ReasonText(std::string(10'000, 'x'));
  EXPECT_EQ(longest.size(), kMaxReasonBytes);
  EXPECT_TRUE(longest.ends_with("x..."));
}

}  // namespace
}  // namespace treaty
