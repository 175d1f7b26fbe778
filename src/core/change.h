// What all models do alike when an event changes a transaction: ends, waits and back-off.

#pragma once

#include <cstddef>
#include <utility>

#include "core/step.h"
#include "core/txn.h"

namespace treaty {

// The state to be changed, and what the event brings along.
struct Change {
  Txn& txn;
  const Event& event;
  const Policy& policy;
};

// Copies `txn`, lets `on(what, change)` change the copy and notes the time if it did. A finished
// transaction never changes again.
template <typename Fn>
Decision Decide(const Txn& txn, const Event& event, const Policy& policy, Fn on) {
  Decision decision{Durability::kUnchanged, txn};
  if (txn.IsFinished()) return decision;
  const Change change{decision.next, event, policy};
  decision.durability = std::visit([&](const auto& what) { return on(what, change); }, event.what);
  if (decision.durability != Durability::kUnchanged) decision.next.updated = event.now;
  return decision;
}

// Ends the transaction.
Durability Finish(const Change& change, TxnStatus status);

// Moves to a phase in which calls start afresh: nothing of the phase before delays it.
Durability Enter(const Change& change, TxnStatus status);

// There was no definite answer: what is due comes again after `interval`, or later where the
// participant asked for that (at most Policy::retry_cap later).
Durability WaitFor(const Change& change, Duration interval);

// Notes in words, for people, what a call came to by which nothing has got on.
void NoteOutcome(const Change& change);

// The same after an unknown result: one step of back-off per round, however many are silent.
Durability BackOff(const Change& change);

// The same for a branch, which is then called again.
Durability CallAgainAfter(const Change& change, Branch& branch, Duration interval);
Durability BackOff(const Change& change, Branch& branch);

// A success ends the back-off: the next silence is the first of its row.
void Recover(Txn& txn, Branch& branch);

// An operator ends it whatever it is at.
Durability OnForceStopped(const ForceStopped& forced, const Change& change);

// An operator wants what waits for its next time to be done now.
Durability OnDueReset(const Change& change);

// How soon a success has to be durable.
Durability ProgressDurability(const Txn& txn);

// Makes `duties` wake at `time` at the latest.
void WakeBy(Duties& duties, Time time);

// The URL of one direction of a branch.
const std::string& UrlOf(const Txn& txn, const Call& call);

// A branch whose turn has come: call it, or wait until it may be called again. One without a
// URL is settled by the next Ticked.
void AddTurn(const Txn& txn, Call call, Time now, Duties& duties);

// The client is asked through query_prepared when `at` has come.
void PlanQuery(Time at, Time now, Duties& duties);

}  // namespace treaty
