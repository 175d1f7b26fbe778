// Counts durations in buckets that are at most 1.6 % wide.

#pragma once

#include <array>
#include <cstdint>

namespace treaty::bench {

class Histogram {
 public:
  void Add(std::int64_t ns);

  std::uint64_t count() const { return count_; }
  double MeanNs() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  std::int64_t MaxNs() const { return max_; }

  // Returns the upper edge of the bucket below which the share `quantile` of all values lies.
  std::int64_t QuantileNs(double quantile) const;

 private:
  static constexpr int kSubBits = 6;  // 64 buckets for each power of two.
  static constexpr int kPowers = 40;  // Up to 2^45 ns, ten hours.

  std::array<std::uint64_t, (kPowers + 1) << kSubBits> buckets_ = {};
  std::uint64_t count_ = 0;
  double sum_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace treaty::bench
