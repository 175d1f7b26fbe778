// What hot paths count and a scrape reads: plain atomics, without names, look-ups or locks.
//
// A reader sees every counter as it is just then, not all of them at one moment.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace treaty {

// Safe for concurrent use; so is Distribution.
class Meter {
 public:
  void Add(std::uint64_t count = 1) { count_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> count_{0};
};

// What one or several distributions have seen together.
struct Distributed {
  std::span<const std::uint64_t> bounds;  // The upper ones, inclusive; none for the last count.
  std::vector<std::uint64_t> counts;      // Between two bounds each; empty: nothing was added.
  std::uint64_t sum = 0;
};

// Counts values by size; `kBounds` are a std::array that rises.
template <const auto& kBounds>
class Distribution {
 public:
  void Observe(std::uint64_t value) {
    std::size_t place = 0;  // A linear search: most values are small.
    while (place < kBounds.size() && value > kBounds[place]) ++place;
    counts_[place].Add();
    sum_.Add(value);
  }

  void AddTo(Distributed& all) const {
    all.bounds = kBounds;
    all.counts.resize(counts_.size());
    for (std::size_t i = 0; i < counts_.size(); ++i) all.counts[i] += counts_[i].count();
    all.sum += sum_.count();
  }

 private:
  std::array<Meter, kBounds.size() + 1> counts_;
  Meter sum_;
};

// The usual bounds of Prometheus clients for durations, in microseconds.
inline constexpr std::array<std::uint64_t, 11> kUsualBounds = {
    5'000,   10'000,    25'000,    50'000,    100'000,   250'000,
    500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};
using Durations = Distribution<kUsualBounds>;

}  // namespace treaty
