// No value from outside can end its line or its string.

#include "daemon/escape.h"

#include <gtest/gtest.h>

namespace treaty::daemon {
namespace {

TEST(EscapeTest, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(Escape("gid-1 'x' \"y\" Grüße 日本 🙂"), "gid-1 'x' \"y\" Grüße 日本 🙂");
}

TEST(EscapeTest, KeepsEverythingOnItsLine) {
  EXPECT_EQ(Escape("a\nb\r\tc\x1b[31m\x7f"), "a\\x0ab\\x0d\\x09c\\x1b[31m\\x7f");
  EXPECT_EQ(Escape(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(Escape("\xc2\x85|\xe2\x80\xa8|\xe2\x80\xae"),
            "\\xc2\\x85|\\xe2\\x80\\xa8|\\xe2\\x80\\xae");
}

TEST(EscapeTest, CannotBeMistakenForAnEscape) { EXPECT_EQ(Escape("\\x0a"), "\\\\x0a"); }

TEST(EscapeTest, WritesBytesThatAreNotUtf8AsNumbers) {
  EXPECT_EQ(Escape("\xff\xc0\xaf"), "\\xff\\xc0\\xaf");
  EXPECT_EQ(Escape("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(Escape("x\xe2\x82"), "x\\xe2\\x82");
}

TEST(EscapeJsonTest, IsTheInsideOfAJsonString) {
  EXPECT_EQ(EscapeJson("a\"b\\c\nd"), "a\\\"b\\\\c\\u000ad");
  EXPECT_EQ(EscapeJson("\xff|\xe2\x80\xa8|ü"), "\\ufffd|\\u2028|ü");
}

}  // namespace
}  // namespace treaty::daemon
