// Whose leases have ended, by what a watcher has seen of them.
//
// One that was not renewed while its whole length went by in front of the watcher has ended. So no
// two machines' clocks are compared, and none that is set has a say (reliability G9): the holder
// counts from before it asked for a renewal, the watcher from after it has seen that one. Time in
// which the store did not answer does not count: nobody could renew in it.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "store/store.h"

namespace treaty {

// For one thread. Times are by one clock that nobody sets.
class LeaseWatch {
 public:
  explicit LeaseWatch(Duration length) : length_(length) {}

  // Takes what a look has found that was begun at `asked` and answered at `answered`; returns those
  // among them that have ended.
  std::vector<LeaseRow> Take(const std::vector<LeaseRow>& leases, Time asked, Time answered);

 private:
  struct Seen {
    std::uint64_t renewals = 0;
    Time since = kNever;
  };
  bool HasEnded(const LeaseRow& lease, Time since, Time asked) const;

  const Duration length_;
  Time last_look_ = kNever;           // When it was answered.
  std::map<std::string, Seen> seen_;  // By owner; of those found in the last look.
};

}  // namespace treaty
