// Which names are remembered.

#include "runtime/known_names.h"

#include <gtest/gtest.h>

#include <string>

namespace treaty {
namespace {

class KnownNamesTest : public ::testing::Test {
 protected:
  void Add(const std::string& prefix, std::size_t count, bool resolved) {
    for (std::size_t i = 0; i < count; ++i) {
      KnownNames::Known& known = names_.Of(prefix + std::to_string(i));
      if (resolved) names_.MarkResolved(known);
    }
  }
  std::size_t Left(const std::string& prefix, std::size_t count) {
    std::size_t left = 0;
    for (std::size_t i = 0; i < count; ++i) {
      left += names_.Find(prefix + std::to_string(i)) != nullptr ? 1 : 0;
    }
    return left;
  }

  KnownNames names_;
};

TEST_F(KnownNamesTest, NamesInUseOutlastAnyNumberOfOthers) {
  Add("used", 10, true);
  Add("left", 10, true);
  for (int i = 0; i < 30; ++i) {
    Add("good" + std::to_string(i) + "-", 1'000, true);
    EXPECT_EQ(Left("used", 10), 10U);
  }
  EXPECT_EQ(Left("left", 10), 0U);
  EXPECT_EQ(Left("good29-", 1'000), 1'000U);
}

TEST_F(KnownNamesTest, NamesThatAreNeverResolvedDriveOutNobodyElse) {
  Add("good", KnownNames::kMost - KnownNames::kKeptForUnresolved, true);
  Add("bad", 50'000, false);
  EXPECT_EQ(Left("good", KnownNames::kMost), KnownNames::kMost - KnownNames::kKeptForUnresolved);
}

// Else each of them would be asked again without a pause.
TEST_F(KnownNamesTest, RoomIsLeftForNamesThatAreNeverResolved) {
  Add("good", KnownNames::kMost, true);
  Add("bad", KnownNames::kKeptForUnresolved, false);
  EXPECT_EQ(Left("bad", KnownNames::kKeptForUnresolved), KnownNames::kKeptForUnresolved);
  EXPECT_EQ(Left("good", KnownNames::kMost), KnownNames::kMost - KnownNames::kKeptForUnresolved);
}

TEST_F(KnownNamesTest, WhatIsKnownOfANameStays) {
  names_.Of("a").failures = 3;
  EXPECT_EQ(names_.Of("a").failures, 3U);
  names_.MarkResolved(names_.Of("a"));
  names_.MarkResolved(names_.Of("a"));
  EXPECT_TRUE(names_.Find("a")->resolved);
  EXPECT_EQ(names_.Find("b"), nullptr);
}

}  // namespace
}  // namespace treaty
