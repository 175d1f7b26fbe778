// Random bits from the kernel, fetched in blocks.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/random.h"

namespace treaty::daemon {

class SystemRandom final : public Random {
 public:
  std::uint64_t Next() override;

 private:
  std::array<std::uint64_t, 32> block_{};
  std::size_t left_ = 0;
};

}  // namespace treaty::daemon
