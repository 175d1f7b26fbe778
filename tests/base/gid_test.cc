// New gids: their shape, their order, and that they cannot be guessed from each other.

#include "base/gid.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>

namespace treaty {
namespace {

constexpr Time kNow = Time(Duration(1'700'000'000'000));

// Counts upwards through all 64 bits.
class SteppingRandom : public Random {
 public:
  std::uint64_t Next() override { return state_ += 0x9E3779B97F4A7C15U; }

 private:
  std::uint64_t state_ = 0;
};

class FixedRandom : public Random {
 public:
  explicit FixedRandom(std::uint64_t bits) : bits_(bits) {}
  std::uint64_t Next() override { return bits_; }

 private:
  std::uint64_t bits_;
};

TEST(GidTest, HasTwentySixCharactersThatNeedNoEscaping) {
  SteppingRandom random;
  for (int i = 0; i < 1'000; ++i) {
    const std::string gid = NewGid(kNow, random);
    EXPECT_EQ(gid.size(), 26U);
    EXPECT_EQ(gid.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz"),
              std::string::npos)
        << gid;
  }
}

TEST(GidTest, SortsByAge) {
  FixedRandom highest(~std::uint64_t{0});
  FixedRandom lowest(0);
  Time time = kNow;
  for (const int step : {1, 31, 32, 1'000, 86'400'000}) {
    const std::string older = NewGid(time, highest);
    time += Duration(step);
    EXPECT_LT(older, NewGid(time, lowest));
  }
}

TEST(GidTest, GivesNoGidTwiceWithinAMillisecond) {
  SteppingRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(NewGid(kNow, random));
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST(GidTest, CarriesEightyRandomBits) {
  FixedRandom zeros(0);
  FixedRandom ones(~std::uint64_t{0});
  const std::string low = NewGid(kNow, zeros);
  const std::string high = NewGid(kNow, ones);
  EXPECT_EQ(low.substr(0, 10), high.substr(0, 10));
  for (std::size_t i = 10; i < 26; ++i) EXPECT_NE(low[i], high[i]) << i;
}

TEST(RandomTest, JitterStaysWithinAFifth) {
  FixedRandom lowest(0);
  FixedRandom highest(~std::uint64_t{0});
  EXPECT_DOUBLE_EQ(JitterFactor(lowest), 0.8);
  EXPECT_LE(JitterFactor(highest), 1.2);
  EXPECT_GT(JitterFactor(highest), 1.199);
}

}  // namespace
}  // namespace treaty
