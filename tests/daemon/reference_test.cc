// The pages that document the keys say what the table of keys says.

#include "daemon/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace treaty::daemon {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kHow = "the table of keys says something else: run scripts/dev generate";

std::string ContentOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Not as a whole: the first line that differs is what one wants to see.
void ExpectSameLines(const std::string& file, const std::string& generated) {
  std::istringstream is(file);
  std::istringstream wanted(generated);
  std::string line;
  std::string wanted_line;
  for (int number = 1; std::getline(wanted, wanted_line); ++number) {
    ASSERT_TRUE(std::getline(is, line)) << "ends before line " << number << "; " << kHow;
    ASSERT_EQ(line, wanted_line) << "line " << number << "; " << kHow;
  }
  EXPECT_EQ(file.size(), generated.size()) << kHow;
}

TEST(ReferenceTest, TheConfigurationFileIsGenerated) {
  ExpectSameLines(ContentOf(TREATY_CONF_FILE), DefaultConfigFile());
}

TEST(ReferenceTest, TheConfigurationPageIsGenerated) {
  ExpectSameLines(ContentOf(TREATY_DOCS "/configuration.md"), ReferencePage());
}

TEST(ReferenceTest, ThePageHasEveryKey) {
  const std::string page = ReferencePage();
  for (const Key& key : Keys()) {
    const std::string row = "\n| `" + std::string(key.name) + "` | ";
    EXPECT_THAT(page, HasSubstr(row));
    if (IsHeeded(key)) {
      EXPECT_THAT(page, HasSubstr(row + DefaultInWords(key) + " | " + AllowedInWords(key) + " | `" +
                                  FlagName(key) + "` `" + EnvironmentName(key) + "` | "));
    }
  }
}

TEST(ReferenceTest, NumbersAreWrittenInGroups) {
  EXPECT_EQ(DefaultInWords(*FindKey("Http.MaxBodyBytes")), "4,194,304");
  EXPECT_EQ(AllowedInWords(*FindKey("Http.MaxBodyBytes")), "1,024 to 268,435,456 bytes");
  EXPECT_EQ(AllowedInWords(*FindKey("Http.MinBodyRate")), "1 to 104,857,600 bytes per second");
  EXPECT_EQ(DefaultInWords(*FindKey("HttpPort")), "36789");
  EXPECT_EQ(AllowedInWords(*FindKey("HttpPort")), "0 to 65535");
  EXPECT_EQ(DefaultInWords(*FindKey("Lanes")), "0");
  EXPECT_EQ(DefaultInWords(*FindKey("CaFile")), "empty");
  EXPECT_EQ(AllowedInWords(*FindKey("LogFormat")), "one of: text, json");
}

// The page of limits has words of its own, but no numbers of its own.
TEST(ReferenceTest, ThePageOfLimitsHasTheSameNumbers) {
  std::istringstream page(ContentOf(TREATY_DOCS "/limits.md"));
  std::set<std::string_view> named;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    const Key* key = FindKey(line.substr(3, line.find('`', 3) - 3));
    ASSERT_NE(key, nullptr) << line;
    EXPECT_THAT(line, StartsWith("| `" + std::string(key->name) + "` | " + DefaultInWords(*key) +
                                 " | " + AllowedInWords(*key) + " | "));
    EXPECT_TRUE(named.insert(key->name).second) << line;
  }
  for (const Key& key : Keys()) {
    const std::string_view group = SplitName(key.name).group;
    const bool is_limit =
        group == "Http" || group == "Grpc" || group == "Limits" || group == "Calls";
    if (is_limit && IsNumber(key.type)) {
      EXPECT_TRUE(named.contains(key.name)) << "docs/limits.md lacks " << key.name;
    }
  }
}

}  // namespace
}  // namespace treaty::daemon
