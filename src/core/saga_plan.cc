// What is due for a saga. Calls that are under way are named again; the engine drops them.

#include "core/backoff.h"
#include "core/change.h"
#include "core/saga.h"
#include "core/saga_order.h"

namespace treaty::saga {
namespace {

// Time-outs come first: a saga read back after its time is rolled back without another call.
void PlanForward(const Txn& txn, Time now, Duties& duties) {
  const Time deadline = Deadline(txn);
  if (deadline != kNever) WakeBy(duties, deadline);
  if (deadline != kNever && deadline <= now) return;
  bool all_done = true;
  for (std::uint32_t i = 0; i < txn.branches.size(); ++i) {
    if (txn.branches[i].action == BranchStatus::kSucceed) continue;
    all_done = false;
    if (IsItsTurn(txn, i)) AddTurn(txn, {{i}, Op::kAction}, now, duties);
    if (!txn.terms->concurrent) break;
  }
  if (all_done) WakeBy(duties, now);
}

// Whether a call of a former process to the action may still be under way.
bool IsHeldBack(const Txn& txn, std::size_t step, Time now) {
  return txn.branches[step].action == BranchStatus::kPrepared && now < txn.live.hold_until &&
         !txn.body->steps[step].compensate.empty();
}

void PlanBackward(const Txn& txn, Time now, Duties& duties) {
  const RollbackOrder order(txn);
  if (!order.AnyOwed()) return WakeBy(duties, now);
  for (std::uint32_t i = 0; i < txn.branches.size(); ++i) {
    if (!IsOwed(txn.branches[i]) || !order.IsItsTurn(i)) continue;
    if (IsHeldBack(txn, i, now)) {
      WakeBy(duties, txn.live.hold_until);
    } else {
      AddTurn(txn, {{i}, Op::kCompensate}, now, duties);
    }
  }
}

}  // namespace

Duties Plan(const Txn& txn, Time now, const Policy& /*policy*/) {
  Duties duties;
  if (txn.status == TxnStatus::kSubmitted) PlanForward(txn, now, duties);
  if (txn.status == TxnStatus::kAborting) PlanBackward(txn, now, duties);
  return duties;
}

}  // namespace treaty::saga
