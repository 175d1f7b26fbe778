// A two-phase message: prepared, it waits for its client's local transaction; submitted, it is
// delivered to every destination, without end (protocol §5.4).
//
// If neither submit nor abort has come when its time-out is over, the client is asked through
// query_prepared, and only a definite answer decides (M2).

#pragma once

#include "core/step.h"
#include "core/txn.h"

namespace treaty::message {

// Returns what `event` makes of `txn`; at most one status move.
Decision Apply(const Txn& txn, const Event& event, const Policy& policy);

// Returns everything that is due for `txn` at `now`.
Duties Plan(const Txn& txn, Time now, const Policy& policy);

}  // namespace treaty::message
