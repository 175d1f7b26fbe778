// A store's clock: starts where the store or the wall clock stood, then only advances.

#pragma once

#include "base/time.h"

namespace treaty {

// Counts on with the kernel's clock since boot, which no setting of the wall clock moves and
// which runs on while the machine sleeps.
class BootClock final : public Clock {
 public:
  explicit BootClock(Time start);
  Time Now() const override;

 private:
  Time start_;
  Duration boot_;
};

}  // namespace treaty
