// A workflow runs in its client, which records the outcome of each step and, in the end, of the
// whole. The coordinator keeps the record and resumes what is not finished by calling
// query_prepared; it never decides a workflow itself (protocol §5.7, §12). One without that URL
// rests until its client comes back: nothing of it is ever due.

#pragma once

#include "core/step.h"
#include "core/txn.h"

namespace treaty::workflow {

// Returns what `event` makes of `txn`; at most one status move.
//
// Ensures: a recorded outcome never changes (W1).
Decision Apply(const Txn& txn, const Event& event, const Policy& policy);

// Returns everything that is due for `txn` at `now`.
Duties Plan(const Txn& txn, Time now, const Policy& policy);

}  // namespace treaty::workflow
