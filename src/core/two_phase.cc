#include "core/two_phase.h"

#include <utility>

#include "base/canary.h"
#include "core/backoff.h"
#include "core/change.h"
#include "core/delivery.h"
#include "core/rollback_reason.h"

namespace treaty::two_phase {
namespace {

using canary::Armed;
using canary::Canary;

constexpr auto kUnchanged = Durability::kUnchanged;

bool IsDecided(const Txn& txn) { return txn.status != TxnStatus::kPrepared; }

// The second phase of a decided transaction.
Delivery SecondPhase(const Txn& txn) {
  const bool forward = txn.status == TxnStatus::kSubmitted;
  return {.op = forward ? Op::kAction : Op::kCompensate,
          .newest_first = (txn.body->model == Model::kTcc) != Armed(Canary::kBranchOrder),
          .concurrent = txn.terms->concurrent_option,
          .end = forward ? TxnStatus::kSucceed : TxnStatus::kFailed};
}

Durability RollBack(const Change& change, std::string reason) {
  change.txn.rollback_reason = std::move(reason);
  return Enter(change, TxnStatus::kAborting);
}

Durability On(const Replied& reply, const Change& change) {
  if (!IsDecided(change.txn)) return kUnchanged;
  return OnDelivered(SecondPhase(change.txn), reply, change);
}

Durability On(const Ticked&, const Change& change) {
  const Txn& txn = change.txn;
  if (IsDecided(txn)) return TickDelivery(SecondPhase(txn), change);
  if (change.event.now < PreparedDeadline(txn, change.policy)) return kUnchanged;
  return RollBack(change, TimeoutReason(PreparedTimeout(*txn.terms, change.policy)));
}

Durability On(const Submitted& submit, const Change& change) {
  if (IsDecided(change.txn)) return kUnchanged;
  if (submit.terms) change.txn.terms = submit.terms;
  return Enter(change, TxnStatus::kSubmitted);
}

Durability On(const Aborted& abort, const Change& change) {
  const bool too_late = IsDecided(change.txn) && !Armed(Canary::kBothDirections);
  return too_late ? kUnchanged : RollBack(change, CutReason(abort.reason));
}

Durability On(const Registered& registered, const Change& change) {
  if (IsDecided(change.txn) && !Armed(Canary::kLateRegistration)) return kUnchanged;
  if (FindRegistered(change.txn, *registered.step) != nullptr) return kUnchanged;
  change.txn.registered.push_back(registered.step);
  change.txn.branches.push_back({.created = change.event.now});
  return Durability::kDurable;
}

Durability On(const ForceStopped& forced, const Change& change) {
  return OnForceStopped(forced, change);
}

Durability On(const DueReset&, const Change& change) { return OnDueReset(change); }

// What means nothing to TCC and XA.
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
  if (txn.IsFinished()) return duties;
  if (IsDecided(txn)) {
    PlanDelivery(SecondPhase(txn), txn, now, duties);
  } else if (!Armed(Canary::kNoTimeout)) {
    WakeBy(duties, PreparedDeadline(txn, policy));
  }
  return duties;
}

}  // namespace treaty::two_phase
