// The models behind one door: for each, the same pure functions (see core/saga.h).

#pragma once

#include "core/step.h"
#include "core/txn.h"

namespace treaty::model {

// Returns the transaction that a first prepare (kPrepared) or submit (kSubmitted) creates.
Txn Create(std::shared_ptr<const Body> body, std::shared_ptr<const Terms> terms, TxnStatus status,
           Time now);

Decision Apply(const Txn& txn, const Event& event, const Policy& policy);
Duties Plan(const Txn& txn, Time now, const Policy& policy);

// Notes, in memory, that a call is about to be handed to the network.
void MarkCalled(Txn& txn, const Call& call);

// Prepares a transaction read back from the store for being driven.
void Loaded(Txn& txn, Time now, const Policy& policy);

// Whoever drove it has ended without a word: what he may have called counts as called. Returns
// whether any of that was not known.
bool LeaveBehind(Txn& txn);

// Whether the transaction does not yet say that this has been called, and has to.
bool IsNews(const Txn& txn, const Call& call);

// Adds what this process has called by `known`, a copy of the same transaction.
void AddCalled(const Txn& known, Txn& txn);

}  // namespace treaty::model
