// Reading UTF-8, and which characters nobody would see.

#include "base/code_point.h"

#include <gtest/gtest.h>

namespace treaty {
namespace {

TEST(CodePoint, IsReadFromTheFrontOfTheText) {
  const auto read = [](std::string_view text) {
    const CodePoint first = FirstCodePoint(text);
    return std::pair(first.value, first.bytes);
  };
  EXPECT_EQ(read("ab"), std::pair(0x61U, std::size_t{1}));
  EXPECT_EQ(read("\xc3\xa4x"), std::pair(0xE4U, std::size_t{2}));
  EXPECT_EQ(read("\xe2\x82\xacx"), std::pair(0x20ACU, std::size_t{3}));
  EXPECT_EQ(read("\xf4\x8f\xbf\xbf"), std::pair(0x10FFFFU, std::size_t{4}));
}

TEST(CodePoint, WhatIsNotUtf8TakesNoBytes) {
  for (const char* text :
       {"\x80", "\xc0\xaf", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\xaf", "\xe2\x82", "\xed\xa0\x80",
        "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_EQ(FirstCodePoint(text).bytes, 0U) << text;
  }
}

TEST(CodePoint, RangesOfTheInvisibleEndWhereTheyDo) {
  for (const std::uint32_t value : {0x0U, 0x1FU, 0x7FU, 0xA0U, 0xADU, 0x200BU, 0x202EU, 0x2066U,
                                    0x206FU, 0xFEFFU, 0xE0000U, 0xE0FFFU}) {
    EXPECT_TRUE(IsInvisible(value)) << value;
  }
  for (const std::uint32_t value : {0x20U, 0x7EU, 0xA1U, 0xACU, 0xAEU, 0x2010U, 0x2027U, 0x2030U,
                                    0x2070U, 0xFEFEU, 0xFFFDU, 0xDFFFFU, 0xE1000U, 0x10FFFFU}) {
    EXPECT_FALSE(IsInvisible(value)) << value;
  }
}

}  // namespace
}  // namespace treaty
