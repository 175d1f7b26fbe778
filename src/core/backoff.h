// Times to come: when a branch is called again, when a transaction is given up.

#pragma once

#include "core/step.h"
#include "core/txn.h"

namespace treaty {

// Returns a number of seconds from a client as a Duration; more than a century is a century,
// so that sums with it cannot overflow.
Duration ToDuration(std::chrono::seconds seconds);

// Returns min(max(cap, base), base * 2^k), saturating.
Duration DoubledInterval(Duration base, Duration cap, std::uint32_t k);

// Returns the interval before any doubling: the transaction's own, else a time-out shorter than
// the daemon's interval, else the daemon's.
Duration BaseInterval(const Terms& terms, const Policy& policy);

// Returns the present interval of `txn`, without jitter: what a query shows.
Duration RetryInterval(const Txn& txn, const Policy& policy);

// Returns now + interval * jitter.
Time Spread(Time now, Duration interval, double jitter);

// Returns when a submitted saga that is not done is rolled back; kNever: it has no time-out.
Time Deadline(const Txn& txn);

// Returns how long a TCC or XA transaction may stay prepared, and a message unasked for.
std::chrono::seconds PreparedTimeout(const Terms& terms, const Policy& policy);

// Returns when that time of `txn` is over.
Time PreparedDeadline(const Txn& txn, const Policy& policy);

}  // namespace treaty
