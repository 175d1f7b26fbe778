// Requests of one gid run in their order, those of others as they come.

#include "engine/turns.h"

#include <gtest/gtest.h>

#include <string>

namespace treaty {
namespace {

class TurnsTest : public ::testing::Test {
 protected:
  Turns::Request Say(char word) {
    return [this, word] { said_ += word; };
  }

  Turns turns_;
  std::string said_;
};

TEST_F(TurnsTest, RunsAtOnceWhereNobodyWaits) {
  EXPECT_TRUE(turns_.AreFree());
  turns_.Run("g", Say('a'));
  EXPECT_EQ(said_, "a");
  EXPECT_TRUE(turns_.AreFree());
}

TEST_F(TurnsTest, HoldsTheGidsOthersUntilThePlaceIsFilled) {
  const auto place = turns_.Take("g");
  EXPECT_FALSE(turns_.AreFree());
  turns_.Run("g", Say('b'));
  turns_.Run("other", Say('x'));
  turns_.Run("g", Say('c'));
  EXPECT_EQ(said_, "x");
  turns_.Fill("g", place, Say('a'));
  EXPECT_EQ(said_, "xabc");
  EXPECT_TRUE(turns_.AreFree());
}

TEST_F(TurnsTest, FillsPlacesInAnyOrder) {
  const auto first = turns_.Take("g");
  turns_.Run("g", Say('b'));
  const auto second = turns_.Take("g");
  turns_.Run("g", Say('d'));
  turns_.Fill("g", second, Say('c'));
  EXPECT_EQ(said_, "");
  turns_.Fill("g", first, Say('a'));
  EXPECT_EQ(said_, "abcd");
  EXPECT_TRUE(turns_.AreFree());
}

}  // namespace
}  // namespace treaty
