// Where a store's clock starts: never behind what it has shown, and not years ahead of it because
// some machine's clock was wrong for once.

#pragma once

#include <string>

#include "base/log.h"
#include "base/status.h"
#include "base/time.h"

namespace treaty {

struct ClockReadings {
  std::string of;          // "the wall clock", "the server's clock"
  Time now = kNever;       // What that shows.
  Time stored = kNever;    // The last time that the store's clock has shown; kNever: a new store.
  Duration most_ahead{0};  // How far `now` may be ahead of that; 0: as far as it likes.
};

// Returns max(stored, now), with a word to the operator where they differ notably. Fails with
// kFailedPrecondition where `now` is too far ahead: what would then be deleted and timed out cannot
// be had back.
Result<Time> StartOfClock(const ClockReadings& readings, Log& log);

}  // namespace treaty
