// Counters are right under concurrent use, and bounds are inclusive.

#include "base/meter.h"

#include <gtest/gtest.h>

#include <thread>

namespace treaty {
namespace {

inline constexpr std::array<std::uint64_t, 2> kBounds = {10, 100};

TEST(MeterTest, ADistributionCountsByInclusiveUpperBounds) {
  Distribution<kBounds> seen;
  for (const std::uint64_t value : {0U, 10U, 11U, 100U, 101U}) seen.Observe(value);
  Distributed all;
  seen.AddTo(all);
  EXPECT_EQ(all.counts, (std::vector<std::uint64_t>{2, 2, 1}));
  EXPECT_EQ(all.sum, 222U);
}

TEST(MeterTest, DistributionsAddUp) {
  Distribution<kBounds> one;
  Distribution<kBounds> other;
  one.Observe(1);
  other.Observe(50);
  Distributed all;
  one.AddTo(all);
  other.AddTo(all);
  EXPECT_EQ(all.counts, (std::vector<std::uint64_t>{1, 1, 0}));
  EXPECT_EQ(all.sum, 51U);
}

TEST(MeterTest, LosesNothingBetweenThreads) {
  constexpr std::uint64_t kEach = 10'000;
  Meter meter;
  const auto count = [&meter] {
    for (std::uint64_t i = 0; i < kEach; ++i) meter.Add();
  };
  std::thread other(count);
  count();
  other.join();
  EXPECT_EQ(meter.count(), 2 * kEach);
}

}  // namespace
}  // namespace treaty
