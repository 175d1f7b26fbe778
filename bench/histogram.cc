// Logarithmic outside, linear inside: the classic layout.

#include "histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace treaty::bench {

void Histogram::Add(std::int64_t ns) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kSubBits - 1);
  const std::uint64_t index = (static_cast<std::uint64_t>(shift) << kSubBits) + (value >> shift);
  ++buckets_.at(std::min<std::uint64_t>(index, buckets_.size() - 1));
  ++count_;
  sum_ += static_cast<double>(value);
  max_ = std::max(max_, ns);
}

std::int64_t Histogram::QuantileNs(double quantile) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::uint64_t index = 0; index < buckets_.size(); ++index) {
    seen += buckets_.at(index);
    if (seen < rank || seen == 0) continue;
    const std::uint64_t shift = index < (2U << kSubBits) ? 0 : (index >> kSubBits) - 1;
    const std::uint64_t edge = ((index - (shift << kSubBits)) + 1) << shift;
    return std::min(static_cast<std::int64_t>(edge), max_);
  }
  return 0;
}

}  // namespace treaty::bench
