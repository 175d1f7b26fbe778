#include "runtime/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

namespace treaty {

Descriptors::Descriptors(std::size_t limit)
    : reserve_(std::min(kReserve, limit / 4)),
      usable_(limit - reserve_),
      short_until_(std::numeric_limits<Steady::rep>::min()) {}

std::size_t Descriptors::SystemLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<int>::max();
  return std::min<rlim_t>(limit.rlim_cur, std::numeric_limits<int>::max());
}

bool Descriptors::MayKeep(int descriptor) {
  if (descriptor >= 0 && static_cast<std::size_t>(descriptor) < usable_) return true;
  NoteNone();
  return false;
}

void Descriptors::NoteNone() {
  const auto until = Steady::now() + kShortFor;
  short_until_.store(until.time_since_epoch().count(), std::memory_order_relaxed);
}

bool Descriptors::AreShort() const {
  return Steady::now().time_since_epoch().count() < short_until_.load(std::memory_order_relaxed);
}

}  // namespace treaty
