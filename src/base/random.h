// A source of random numbers; the simulator's is seeded, the daemon's is the kernel's.

#pragma once

#include <cstdint>

namespace treaty {

class Random {
 public:
  virtual ~Random() = default;

  // Returns 64 unpredictable bits. Each lane owns its source: not safe for concurrent use.
  virtual std::uint64_t Next() = 0;
};

// Returns a factor drawn evenly from [0.8, 1.2], for spreading retries.
inline double JitterFactor(Random& random) {
  return 0.8 + 0.4 * (static_cast<double>(random.Next() >> 11) * 0x1.0p-53);
}

}  // namespace treaty
