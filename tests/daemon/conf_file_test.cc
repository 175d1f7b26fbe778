// conf/treaty.yaml documents every key with its true default, range and meaning.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "daemon/config_keys.h"
#include "daemon/given.h"

namespace treaty::daemon {
namespace {

using ::testing::HasSubstr;

std::string ConfFile() {
  std::ifstream file(TREATY_CONF_FILE);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(ConfFileTest, GivesEveryHeededKeyItsDefaultAndNothingElse) {
  const Result<std::vector<Given>> given = ReadYaml(TREATY_CONF_FILE);
  ASSERT_TRUE(given.ok()) << given.status().message();

  std::map<std::string, std::string, std::less<>> values;
  for (const Given& one : *given) values[one.key] = one.text;

  for (const Key& key : Keys()) {
    const auto found = values.find(key.name);
    if (key.standing == Standing::kIgnored) {
      EXPECT_EQ(found, values.end()) << key.name;
    } else if (found == values.end()) {
      ADD_FAILURE() << "conf/treaty.yaml lacks " << key.name;
    } else {
      EXPECT_EQ(found->second, key.fallback) << key.name;
    }
  }
  for (const auto& [name, text] : values) EXPECT_NE(FindKey(name), nullptr) << name;
}

TEST(ConfFileTest, SaysOfEveryKeyWhatItMeansAndWhatIsAllowed) {
  const std::string text = ConfFile();
  for (const Key& key : Keys()) {
    if (!IsHeeded(key)) continue;
    EXPECT_THAT(text, HasSubstr("# " + std::string(key.meaning) + ".\n")) << key.name;
    EXPECT_THAT(text, HasSubstr(Allowed(key) + "; environment " + EnvironmentName(key) + "\n"))
        << key.name;
  }
}

}  // namespace
}  // namespace treaty::daemon
