// The simulator's only source of chance: xoshiro256**, seeded by the seed's number.

#pragma once

#include <bit>
#include <cstdint>

#include "base/random.h"
#include "base/time.h"

namespace treaty::sim {

class Rng final : public Random {
 public:
  explicit Rng(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = Mix(seed += 0x9E3779B97F4A7C15ull);
  }

  std::uint64_t Next() override {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Evenly from [low, high].
  std::uint32_t Between(std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(Next() % (std::uint64_t{high} - low + 1));
  }
  bool Percent(std::uint32_t chance) { return Between(1, 100) <= chance; }
  bool PerMille(std::uint32_t chance) { return Between(1, 1000) <= chance; }
  Duration Millis(std::uint32_t low, std::uint32_t high) { return Duration(Between(low, high)); }

  static std::uint64_t Mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_[4] = {};
};

}  // namespace treaty::sim
