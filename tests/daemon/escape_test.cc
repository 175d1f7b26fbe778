// No value from outside can end its line or its string.

#include "daemon/escape.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

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

// A character as UTF-8.
std::string Utf8(std::uint32_t value) {
  const auto tail = [&](unsigned shift) {
    return static_cast<char>(0x80U | ((value >> shift) & 0x3FU));
  };
  if (value < 0x80) return {static_cast<char>(value)};
  if (value < 0x800) return {static_cast<char>(0xC0U | (value >> 6U)), tail(0)};
  if (value < 0x10000) return {static_cast<char>(0xE0U | (value >> 12U)), tail(6), tail(0)};
  return {static_cast<char>(0xF0U | (value >> 18U)), tail(12), tail(6), tail(0)};
}

// Direction marks, embeddings, overrides and isolates; zero widths; fillers; selectors; tags.
constexpr std::uint32_t kUnseen[] = {
    0x00,   0x1B,    0x7F,    0x85,    0x9B,    0xA0,    0xAD,    0x34F,   0x61C,   0x115F, 0x1160,
    0x17B4, 0x180E,  0x2000,  0x200B,  0x200C,  0x200D,  0x200E,  0x200F,  0x2028,  0x2029, 0x202A,
    0x202B, 0x202C,  0x202D,  0x202E,  0x202F,  0x2060,  0x2061,  0x2064,  0x2066,  0x2067, 0x2068,
    0x2069, 0x206F,  0x2800,  0x3000,  0x3164,  0xFE00,  0xFE0F,  0xFEFF,  0xFFA0,  0xFFF9, 0xFFFB,
    0xFFFE, 0x1BCA0, 0x1D173, 0x1D17A, 0xE0001, 0xE0020, 0xE0041, 0xE007F, 0xE0100, 0xE01EF};

TEST(EscapeTest, ShowsWhatNobodyWouldSee) {
  for (const std::uint32_t value : kUnseen) {
    const std::string raw = Utf8(value);
    const std::string escaped = Escape("gid-1" + raw + "x, gid-2" + raw);
    EXPECT_EQ(escaped.find(raw), std::string::npos) << std::hex << value;
    EXPECT_NE(escaped.find("\\x"), std::string::npos) << std::hex << value;
    for (const std::string& text : {EscapeJson("a" + raw), EscapeYaml("a" + raw)}) {
      EXPECT_EQ(text.find(raw), std::string::npos) << std::hex << value;
    }
  }
}

TEST(EscapeTest, LeavesWhatIsSeen) {
  for (const std::uint32_t value :
       {0x20U, 0x7EU, 0xA1U, 0xE4U, 0x300U, 0x5D0U, 0x627U, 0x2010U, 0x2027U, 0x2030U, 0x205EU,
        0x2070U, 0x3001U, 0x4E2DU, 0xAC00U, 0xFFFDU, 0x1F642U, 0x20000U}) {
    EXPECT_EQ(Escape(Utf8(value)), Utf8(value)) << std::hex << value;
    EXPECT_EQ(EscapeJson(Utf8(value)), Utf8(value)) << std::hex << value;
  }
}

TEST(EscapeJsonTest, WritesWhatIsBeyondTheFirstPlaneAsTwoHalves) {
  EXPECT_EQ(EscapeJson(Utf8(0xE0041)), "\\udb40\\udc41");
  EXPECT_EQ(EscapeJson(Utf8(0x1D173)), "\\ud834\\udd73");
  EXPECT_EQ(EscapeYaml(Utf8(0xE0041)), "\\U000e0041");
}

TEST(EscapeJsonTest, IsTheInsideOfAJsonString) {
  EXPECT_EQ(EscapeJson("a\"b\\c\nd"), "a\\\"b\\\\c\\u000ad");
  EXPECT_EQ(EscapeJson("\xff|\xe2\x80\xa8|ü"), "\\ufffd|\\u2028|ü");
}

}  // namespace
}  // namespace treaty::daemon
