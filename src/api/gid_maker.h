// Gids for clients, as many at a time as ask.

#pragma once

#include <mutex>
#include <string>

#include "base/gid.h"
#include "base/random.h"
#include "base/time.h"

namespace treaty::api {

// Safe for concurrent use, as long as nobody else uses the random source. Neither is owned.
class GidMaker {
 public:
  GidMaker(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  std::string Make() {
    const std::lock_guard lock(mutex_);
    return NewGid(clock_.Now(), random_);
  }

 private:
  const Clock& clock_;
  std::mutex mutex_;
  Random& random_;
};

}  // namespace treaty::api
