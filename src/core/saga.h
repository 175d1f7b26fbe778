// A saga runs its actions in order. When one fails for good, it compensates every action that
// may have taken effect, in the reverse order.
//
// This file only decides (protocol §5.3). It does no I/O, reads no clock and keeps no state:
// the engine stores the decision, then performs the duties. All functions are pure, so any
// thread may call them.

#pragma once

#include "core/step.h"
#include "core/txn.h"

namespace treaty::saga {

// Returns the transaction that a first prepare (kPrepared) or submit (kSubmitted) creates.
//
// Requires: orders within range and without cycles; the door has checked them.
Txn Create(std::shared_ptr<const Body> body, std::shared_ptr<const Terms> terms, TxnStatus status,
           Time now);

// Returns what `event` makes of `txn`; at most one status move.
//
// Requires: the branch named by a reply exists in `txn`.
// Ensures:  a finished saga never changes again.
Decision Apply(const Txn& txn, const Event& event, const Policy& policy);

// Returns everything that is due for `txn` at `now`.
//
// Recovery after a crash is this same call. A participant must accept any call more than once.
Duties Plan(const Txn& txn, Time now, const Policy& policy);

// Notes, in memory, that an action is about to be handed to the network. The next write
// carries it, unless the call has ended by then and nothing of it was sent.
void MarkCalled(Txn& txn, BranchIndex branch);

// Prepares a transaction read back from the store for being driven: unresolved steps are held
// back from compensation for min(request time-out, 10 s).
void Loaded(Txn& txn, Time now, const Policy& policy);

// Whoever drove it has ended without a word: every step that he may have called by the rule of
// its progress mode counts as called. Returns whether any was not known to be.
bool LeaveBehind(Txn& txn);

}  // namespace treaty::saga
