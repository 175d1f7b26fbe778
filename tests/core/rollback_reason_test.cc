// The reason of a rollback: its words, and its bound.

#include "core/rollback_reason.h"

#include <gtest/gtest.h>

namespace treaty {
namespace {

TEST(RollbackReasonTest, NamesTheUrlAndWhatWasSaid) {
  EXPECT_EQ(ActionFailedReason("http://a/1", R"({"dtm_result":"FAILURE"})"),
            R"(url:http://a/1 return failed: {"dtm_result":"FAILURE"} FAILURE)");
  EXPECT_EQ(ActionFailedReason("http://a/1", ""), "url:http://a/1 return failed: FAILURE");
}

TEST(RollbackReasonTest, DoesNotRepeatTheWordThatTheParticipantEndedWith) {
  EXPECT_EQ(ActionFailedReason("u", "no money FAILURE"), "url:u return failed: no money FAILURE");
}

TEST(RollbackReasonTest, IsCutWithAMarkAndStillEndsWithTheWord) {
  const std::string longest(kMaxReasonSize - std::string("url:u return failed:  FAILURE").size(),
                            'x');
  EXPECT_EQ(ActionFailedReason("u", longest), "url:u return failed: " + longest + " FAILURE");
  const std::string cut = ActionFailedReason("u", longest + "x");
  EXPECT_EQ(cut.size(), kMaxReasonSize);
  EXPECT_TRUE(cut.ends_with("x [truncated] FAILURE")) << cut;
}

// With any number of bytes before them, no character is cut in two.
TEST(RollbackReasonTest, IsNotCutWithinACharacter) {
  for (std::size_t lead = 0; lead < 4; ++lead) {
    std::string text(lead, 'x');
    while (text.size() < 2 * kMaxReasonSize) text += "\xF0\x9F\x98\x80";
    std::string cut = ActionFailedReason("u", text);
    EXPECT_LE(cut.size(), kMaxReasonSize);
    EXPECT_GT(cut.size(), kMaxReasonSize - 4);
    const std::string head = cut.substr(0, cut.find(" [truncated]"));
    EXPECT_TRUE(head.ends_with("\xF0\x9F\x98\x80")) << lead;
  }
}

TEST(RollbackReasonTest, NamesTheBoundThatWasReached) {
  EXPECT_EQ(RetryLimitReason(3), "RetryCount is greater than RetryLimit, RetryLimit: 3");
  EXPECT_EQ(TimeoutReason(std::chrono::seconds(7)), "Timeout after 7 seconds");
}

}  // namespace
}  // namespace treaty
