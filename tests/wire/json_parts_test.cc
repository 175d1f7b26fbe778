// Text is taken apart by the grammar, and comes back byte for byte.

#include "wire/json_parts.h"

#include <gtest/gtest.h>

#include <string>

namespace treaty::wire {
namespace {

// "key=value|value|!" with ! for a mistake.
std::string Apart(std::string_view text, std::size_t depth = 8) {
  JsonParts parts(text, depth);
  std::string all;
  while (parts.Next()) {
    if (parts.kind() == JsonParts::Kind::kObject) all.append(parts.key()).append("=");
    all.append(parts.value()).append("|");
  }
  return all + (parts.mistake().empty() ? "" : "!");
}

TEST(JsonParts, ComeBackAsTheyWereWritten) {
  EXPECT_EQ(Apart("{}"), "");
  EXPECT_EQ(Apart(" [ ] "), "");
  EXPECT_EQ(Apart(R"( { "a" : 1.50 , "b":[ 1,2 ]} )"), R"("a"=1.50|"b"=[ 1,2 ]|)");
  EXPECT_EQ(Apart(R"({"a":1,"a":2,"":null})"), R"("a"=1|"a"=2|""=null|)");
  EXPECT_EQ(Apart(R"([-0,1e5,1E+5,0.10,123456789012345678901234567890,true,false,null])"),
            "-0|1e5|1E+5|0.10|123456789012345678901234567890|true|false|null|");
  EXPECT_EQ(Apart(R"(["\"\\\/\b\f\n\r\t\u00e4\ud800"])"), R"("\"\\\/\b\f\n\r\t\u00e4\ud800"|)");
  EXPECT_EQ(Apart(R"([{"a":{"b":[]}},[[]]])"), R"({"a":{"b":[]}}|[[]]|)");
}

TEST(JsonParts, OfOneValueTheRestIsLeftToTheCaller) {
  JsonParts parts(R"([1] , x)", 1);
  EXPECT_TRUE(parts.Next());
  EXPECT_FALSE(parts.Next());
  EXPECT_FALSE(parts.Next());
  EXPECT_EQ(parts.rest(), " , x");
  JsonParts scalar(" 12 x", 0);
  EXPECT_EQ(scalar.kind(), JsonParts::Kind::kOther);
  EXPECT_FALSE(scalar.Next());
  EXPECT_EQ(scalar.mistake(), "");
  EXPECT_EQ(scalar.rest(), " x");
}

TEST(JsonParts, MistakesEndThem) {
  for (const char* text :
       {"",         " ",        "x",       "nul",      "{",         "[",        "[1",
        "[1,",      "[1,]",     "[,1]",    "[1 2]",    "[01]",      "[1.]",     "[.5]",
        "[+1]",     "[-]",      "[1e]",    "[1e+]",    "[0x1]",     "[NaN]",    "[tru]",
        "[truex]",  "{\"a\"}",  "{\"a\":", "{\"a\":}", "{\"a\":1,", "{a:1}",    "{'a':1}",
        "{1:1}",    "{,}",      "[\"a]",   "[\"\\\"]", "[\"\\x\"]", "[\"\\u12", "[\"\\u12g4\"]",
        "[\"\n\"]", "[\"\\",    "{]",      "[}",       "{\"a\":1]", "[[1]",     "[{\"a\":[}]",
        "\"open",   "{\"a\" 1}"}) {
    EXPECT_TRUE(Apart(text).ends_with("!")) << text;
  }
  EXPECT_EQ(Apart("[1,2,x]"), "1|2|!");
  EXPECT_EQ(Apart("[1,02]"), "1|!") << "not 0";
  EXPECT_EQ(Apart("[1,20"), "1|!") << "perhaps more digits followed";
}

TEST(JsonParts, DepthIsBounded) {
  EXPECT_EQ(Apart("[[[1]]]", 3), "[[1]]|");
  EXPECT_EQ(Apart("[[[1]]]", 2), "!");
  EXPECT_EQ(Apart(R"({"a":{"b":{}}})", 2), "!");
  EXPECT_EQ(Apart(std::string(1'000'000, '['), 66), "!");
}

TEST(JsonStringText, IsWhatTheStringStandsFor) {
  EXPECT_EQ(JsonStringText(R"("")"), "");
  EXPECT_EQ(JsonStringText(R"("a b")"), "a b");
  EXPECT_EQ(JsonStringText(R"("\u0067id\n\"\u00e4\ud83d\udcb0")"),
            "gid\n\"\xc3\xa4\xf0\x9f\x92\xb0");
  EXPECT_EQ(JsonStringText(R"("\ud800")"), R"(\ud800)");
  const std::string longer(2'000, 'x');
  EXPECT_EQ(JsonStringText("\"" + longer + "\\n\""), longer + "\n");
}

}  // namespace
}  // namespace treaty::wire
