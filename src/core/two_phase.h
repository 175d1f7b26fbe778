// TCC and XA: branches register while the transaction is prepared; then one decision, made once,
// is carried to every one of them (protocol §5.5, §5.6).
//
// TCC confirms and cancels in the reverse order of registration, XA commits and rolls back in
// that order. Whoever is first of submit, abort and time-out decides. This file only decides;
// see core/saga.h for what that means.

#pragma once

#include "core/step.h"
#include "core/txn.h"

namespace treaty::two_phase {

// Returns what `event` makes of `txn`; at most one status move.
//
// Ensures: after the decision no branch is added (T2) and none is called in the other direction.
Decision Apply(const Txn& txn, const Event& event, const Policy& policy);

// Returns everything that is due for `txn` at `now`.
Duties Plan(const Txn& txn, Time now, const Policy& policy);

}  // namespace treaty::two_phase
