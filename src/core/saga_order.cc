// One pass over the steps and their orders for each question; no question asks twice.

#include "core/saga_order.h"

#include <algorithm>

#include "base/canary.h"

namespace treaty::saga {
namespace {

bool HasSucceeded(const Txn& txn, std::size_t step) {
  return step < txn.branches.size() && txn.branches[step].action == BranchStatus::kSucceed;
}

// One pass upwards; returns whether it settled any. Without orders one pass settles all.
bool SettleActionsOnce(Txn& txn, Time now) {
  bool any = false;
  for (std::size_t i = 0; i < txn.branches.size(); ++i) {
    Branch& branch = txn.branches[i];
    if (branch.action == BranchStatus::kSucceed) continue;
    const bool settles = branch.action == BranchStatus::kPrepared &&
                         txn.body->steps[i].action.empty() && IsItsTurn(txn, i);
    if (settles) {
      branch.action = BranchStatus::kSucceed;
      branch.action_time = now;
      any = true;
    } else if (!txn.terms->concurrent) {
      return any;
    }
  }
  return any;
}

}  // namespace

bool IsItsTurn(const Txn& txn, std::size_t step) {
  const Terms& terms = *txn.terms;
  if (!terms.concurrent && step > 0 && !HasSucceeded(txn, step - 1)) return false;
  if (step >= terms.after.size()) return true;
  return std::ranges::all_of(terms.after[step],
                             [&](BranchIndex other) { return HasSucceeded(txn, other.value); });
}

bool AllActionsDone(const Txn& txn) {
  return std::ranges::all_of(txn.branches,
                             [](const Branch& b) { return b.action == BranchStatus::kSucceed; });
}

bool SettleActions(Txn& txn, Time now) {
  bool any = false;
  while (SettleActionsOnce(txn, now)) {
    any = true;
    if (txn.terms->after.empty()) break;
  }
  return any;
}

bool IsOwed(const Branch& branch) {
  const bool called = branch.called && !canary::Armed(canary::Canary::kCompensateRecordedOnly);
  const bool may_have_acted = called || branch.action != BranchStatus::kPrepared;
  return may_have_acted && branch.compensate != BranchStatus::kSucceed;
}

RollbackOrder::RollbackOrder(const Txn& txn) : sequential_(!txn.terms->concurrent) {
  const bool graph = !sequential_ && !txn.terms->after.empty();
  if (graph) blockers_.resize(txn.branches.size());
  for (std::size_t i = 0; i < txn.branches.size(); ++i) {
    if (!IsOwed(txn.branches[i])) continue;
    ++owed_;
    newest_ = i;
    if (!graph || i >= txn.terms->after.size()) continue;
    for (const BranchIndex other : txn.terms->after[i]) {
      if (other.value < blockers_.size()) ++blockers_[other.value];
    }
  }
}

bool RollbackOrder::IsItsTurn(std::size_t step) const {
  if (sequential_) return step == newest_;
  return blockers_.empty() || blockers_[step] == 0;
}

// The owed steps whose turn has come.
std::vector<std::size_t> RollbackOrder::Ready(const Txn& txn) const {
  std::vector<std::size_t> ready;
  if (!AnyOwed()) return ready;
  if (sequential_) return {newest_};
  for (std::size_t i = 0; i < txn.branches.size(); ++i) {
    if (IsOwed(txn.branches[i]) && IsItsTurn(i)) ready.push_back(i);
  }
  return ready;
}

bool RollbackOrder::Settle(Txn& txn, Time now) {
  bool any = false;
  for (std::vector<std::size_t> ready = Ready(txn); !ready.empty();) {
    const std::size_t step = ready.back();
    ready.pop_back();
    if (!txn.body->steps[step].compensate.empty()) continue;
    txn.branches[step].compensate = BranchStatus::kSucceed;
    txn.branches[step].compensate_time = now;
    any = true;
    Release(txn, step, ready);
  }
  return any;
}

// Step `step` is no longer owed: adds those whose turn has come by it to `ready`.
void RollbackOrder::Release(const Txn& txn, std::size_t step, std::vector<std::size_t>& ready) {
  --owed_;
  if (!sequential_) return Unblock(txn, step, ready);
  if (!AnyOwed()) return;
  while (!IsOwed(txn.branches[newest_])) --newest_;
  ready.push_back(newest_);
}

// Takes `step` off the blockers of those that it came after.
void RollbackOrder::Unblock(const Txn& txn, std::size_t step, std::vector<std::size_t>& ready) {
  if (blockers_.empty() || step >= txn.terms->after.size()) return;
  for (const BranchIndex other : txn.terms->after[step]) {
    const std::size_t i = other.value;
    if (i >= blockers_.size() || --blockers_[i] > 0) continue;
    if (IsOwed(txn.branches[i])) ready.push_back(i);
  }
}

}  // namespace treaty::saga
