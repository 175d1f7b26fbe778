// One system call for 32 numbers.

#include "daemon/system_random.h"

#include <sys/random.h>

#include "base/check.h"

namespace treaty::daemon {

std::uint64_t SystemRandom::Next() {
  if (left_ == 0) {
    // Up to 256 bytes come at once and whole, once the kernel has seeded itself.
    static_assert(sizeof block_ <= 256);
    const ssize_t got = ::getrandom(block_.data(), sizeof block_, 0);
    TREATY_CHECK(got == static_cast<ssize_t>(sizeof block_));
    left_ = block_.size();
  }
  return block_[--left_];
}

}  // namespace treaty::daemon
