#include "core/delivery.h"

#include <algorithm>

#include "base/canary.h"
#include "base/check.h"
#include "core/backoff.h"

namespace treaty {
namespace {

BranchStatus& StatusOf(Branch& branch, Op op) {
  return op == Op::kAction ? branch.action : branch.compensate;
}

bool IsDone(const Branch& branch, Op op) {
  const BranchStatus status = op == Op::kAction ? branch.action : branch.compensate;
  return status == BranchStatus::kSucceed;
}

void Record(Branch& branch, Op op, Time now) {
  StatusOf(branch, op) = BranchStatus::kSucceed;
  (op == Op::kAction ? branch.action_time : branch.compensate_time) = now;
}

// Calls `visit(i)` for each branch that is not done and whose turn has come, until it returns
// false.
template <typename Fn>
void ForEachTurn(const Delivery& delivery, const Txn& txn, Fn visit) {
  const auto count = static_cast<std::uint32_t>(txn.branches.size());
  for (std::uint32_t k = 0; k < count; ++k) {
    const std::uint32_t i = delivery.newest_first ? count - 1 - k : k;
    if (IsDone(txn.branches[i], delivery.op)) continue;
    if (!visit(i) || !delivery.concurrent) return;
  }
}

// Returns whether any was settled.
bool SettleTurns(const Delivery& delivery, Txn& txn, Time now) {
  bool any = false;
  for (bool again = true; again;) {
    again = false;
    ForEachTurn(delivery, txn, [&](std::uint32_t i) {
      if (!UrlOf(txn, {{i}, delivery.op}).empty()) return true;
      Record(txn.branches[i], delivery.op, now);
      again = any = true;
      return true;
    });
  }
  return any;
}

bool AllDone(const Delivery& delivery, const Txn& txn) {
  if (canary::Armed(canary::Canary::kFinishesEarly)) {
    return std::ranges::any_of(txn.branches,
                               [&](const Branch& branch) { return IsDone(branch, delivery.op); });
  }
  return std::ranges::all_of(txn.branches,
                             [&](const Branch& branch) { return IsDone(branch, delivery.op); });
}

Durability OnSuccess(const Delivery& delivery, Branch& branch, const Change& change) {
  Record(branch, delivery.op, change.event.now);
  Recover(change.txn, branch);
  SettleTurns(delivery, change.txn, change.event.now);
  if (AllDone(delivery, change.txn)) return Finish(change, delivery.end);
  return ProgressDurability(change.txn);
}

Durability OnOutcome(const Delivery& delivery, const Replied& reply, const Change& change) {
  Branch& branch = change.txn.branches[reply.branch.value];
  if (IsDone(branch, delivery.op)) return Durability::kUnchanged;
  switch (reply.outcome) {
    case Outcome::kSuccess:
      return OnSuccess(delivery, branch, change);
    case Outcome::kOngoing:
      if (canary::Armed(canary::Canary::kOngoingIsDone)) return OnSuccess(delivery, branch, change);
      return CallAgainAfter(change, branch, RetryInterval(change.txn, change.policy));
    case Outcome::kFailure:
    case Outcome::kUnknown:
    case Outcome::kNotSent:
      return BackOff(change, branch);
  }
  return Durability::kUnchanged;
}

}  // namespace

Durability OnDelivered(const Delivery& delivery, const Replied& reply, const Change& change) {
  TREATY_CHECK(reply.branch.value < change.txn.branches.size());
  const bool ours = reply.op == delivery.op;
  const Durability durability = ours ? OnOutcome(delivery, reply, change) : Durability::kUnchanged;
  if (reply.round_over) change.txn.live.backed_off = false;
  return durability;
}

Durability TickDelivery(const Delivery& delivery, const Change& change) {
  const bool settled = SettleTurns(delivery, change.txn, change.event.now);
  if (AllDone(delivery, change.txn)) return Finish(change, delivery.end);
  return settled ? ProgressDurability(change.txn) : Durability::kUnchanged;
}

void PlanDelivery(const Delivery& delivery, const Txn& txn, Time now, Duties& duties) {
  if (AllDone(delivery, txn)) return WakeBy(duties, now);
  ForEachTurn(delivery, txn, [&](std::uint32_t i) {
    AddTurn(txn, {{i}, delivery.op}, now, duties);
    return true;
  });
}

}  // namespace treaty
