#include "core/workflow.h"

#include "base/canary.h"
#include "core/backoff.h"
#include "core/change.h"
#include "core/rollback_reason.h"

namespace treaty::workflow {
namespace {

constexpr auto kUnchanged = Durability::kUnchanged;

// Without a URL the client comes back by itself, or never: nothing of the workflow is ever due.
bool IsResumed(const Txn& txn) { return !txn.body->query_prepared.empty(); }

// The client's answer says nothing that it has not recorded itself: it is only resumed again,
// later and later while it cannot be reached.
Durability On(const Replied& reply, const Change& change) {
  change.txn.live.backed_off = false;
  const bool unheard = reply.outcome == Outcome::kUnknown || reply.outcome == Outcome::kNotSent;
  if (unheard) return BackOff(change);
  return WaitFor(change, RetryInterval(change.txn, change.policy));
}

// The first record of a step wins (W3). A runner that records is alive: it is not resumed beside
// itself for one more interval.
Durability On(const Registered& recorded, const Change& change) {
  Txn& txn = change.txn;
  if (canary::Armed(canary::Canary::kResultRewritten) && !txn.registered.empty()) {
    txn.registered.back() = recorded.step;
    return Durability::kDurable;
  }
  if (FindRegistered(txn, *recorded.step) != nullptr) return kUnchanged;
  txn.registered.push_back(recorded.step);
  txn.branches.push_back(
      {.action = recorded.outcome, .action_time = change.event.now, .created = change.event.now});
  txn.backoff = 0;
  txn.last_outcome.clear();
  if (!IsResumed(txn)) return Durability::kDurable;
  return WaitFor(change, RetryInterval(txn, change.policy));
}

Durability On(const WorkflowEnded& ended, const Change& change) {
  change.txn.rollback_reason = CutReason(ended.reason);
  change.txn.result = ended.result;
  return Finish(change, ended.status);
}

Durability On(const ForceStopped& forced, const Change& change) {
  return OnForceStopped(forced, change);
}

Durability On(const DueReset&, const Change& change) {
  if (change.txn.due != kNever || !IsResumed(change.txn)) return OnDueReset(change);
  change.txn.due = change.event.now;  // Its first resume waits without one.
  return Durability::kDurable;
}

// What means nothing to a workflow.
template <typename Other>
Durability On(const Other&, const Change&) {
  return kUnchanged;
}

}  // namespace

Decision Apply(const Txn& txn, const Event& event, const Policy& policy) {
  return Decide(txn, event, policy,
                [](const auto& what, const Change& change) { return On(what, change); });
}

Duties Plan(const Txn& txn, Time now, const Policy& policy) {
  Duties duties;
  if (txn.IsFinished() || !IsResumed(txn)) return duties;
  const Time first = txn.created + BaseInterval(*txn.terms, policy);
  PlanQuery(txn.due == kNever ? first : txn.due, now, duties);
  return duties;
}

}  // namespace treaty::workflow
