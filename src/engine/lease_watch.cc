#include "engine/lease_watch.h"

#include <utility>

#include "base/canary.h"

namespace treaty {

std::vector<LeaseRow> LeaseWatch::Take(const std::vector<LeaseRow>& leases, Time asked,
                                       Time answered) {
  std::vector<LeaseRow> ended;
  auto before = std::exchange(seen_, {});
  const Time last = std::exchange(last_look_, answered);
  if (asked > last + length_ / 2) before.clear();
  for (const LeaseRow& lease : leases) {
    const auto known = before.find(lease.owner);
    const bool same = known != before.end() && known->second.renewals == lease.renewals;
    const Time since = same ? known->second.since : answered;
    seen_[lease.owner] = {lease.renewals, since};
    if (HasEnded(lease, since, asked)) ended.push_back(lease);
  }
  return ended;
}

bool LeaseWatch::HasEnded(const LeaseRow& lease, Time since, Time asked) const {
  if (canary::Armed(canary::Canary::kLeaseByWallClock)) return asked >= lease.renewed + length_;
  if (canary::Armed(canary::Canary::kNoLeaseCheck)) return asked > since;
  return asked >= since + length_;
}

}  // namespace treaty
