// What an event makes of a saga: one function per event, guards first.

#include "core/saga.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/canary.h"
#include "base/check.h"
#include "core/backoff.h"
#include "core/change.h"
#include "core/rollback_reason.h"
#include "core/saga_order.h"

namespace treaty::saga {
namespace {

constexpr auto kUnchanged = Durability::kUnchanged;
constexpr auto kDurable = Durability::kDurable;
constexpr Duration kLongestHold = std::chrono::seconds(10);

template <typename Number>
void Increase(Number& number) {
  if (number < std::numeric_limits<Number>::max()) ++number;
}

// Turns round. Nothing of the way forward delays the way back.
Durability StartRollback(const Change& change, std::string reason) {
  change.txn.rollback_reason = std::move(reason);
  Enter(change, TxnStatus::kAborting);
  RollbackOrder(change.txn).Settle(change.txn, change.event.now);
  return kDurable;
}

Durability OnActionSucceeded(const Change& change, Branch& branch) {
  Txn& txn = change.txn;
  branch.action = BranchStatus::kSucceed;
  branch.action_time = change.event.now;
  Recover(txn, branch);
  SettleActions(txn, change.event.now);
  if (AllActionsDone(txn)) return Finish(change, TxnStatus::kSucceed);
  return ProgressDurability(txn);
}

Durability OnActionFailed(const Change& change, const Replied& reply) {
  Branch& branch = change.txn.branches[reply.branch.value];
  branch.action = BranchStatus::kFailed;
  branch.action_time = change.event.now;
  branch.last_outcome.clear();
  const Step& step = change.txn.body->steps[reply.branch.value];
  return StartRollback(change, ActionFailedReason(step.action, reply.text));
}

Durability OnActionUnknown(const Change& change, Branch& branch) {
  const Terms& terms = *change.txn.terms;
  const std::uint32_t limit = terms.retry_limit;
  Increase(branch.attempts);
  NoteOutcome(change);
  if (limit == 0) return BackOff(change, branch);
  if (branch.attempts > limit) return StartRollback(change, RetryLimitReason(limit));
  return CallAgainAfter(change, branch, BaseInterval(terms, change.policy));
}

// Nobody can have seen the call: the action counts as called only by an earlier one.
bool WasNeverSeen(const Replied& reply) {
  return reply.outcome == Outcome::kNotSent && reply.first_call &&
         !canary::Armed(canary::Canary::kUnsentIsSeen);
}

Durability OnActionReplied(const Change& change, const Replied& reply) {
  Branch& branch = change.txn.branches[reply.branch.value];
  if (branch.action != BranchStatus::kPrepared) return kUnchanged;
  if (WasNeverSeen(reply)) branch.called = false;
  switch (reply.outcome) {
    case Outcome::kSuccess:
      return OnActionSucceeded(change, branch);
    case Outcome::kFailure:
      return OnActionFailed(change, reply);
    case Outcome::kOngoing:
      return CallAgainAfter(change, branch, RetryInterval(change.txn, change.policy));
    case Outcome::kUnknown:
      return OnActionUnknown(change, branch);
    case Outcome::kNotSent:  // No attempt: as if there were no limit of them.
      return BackOff(change, branch);
  }
  return kUnchanged;
}

// Nothing is owed for an action that nobody has seen. What was recorded as undone, having nothing
// to undo, stays so. What follows from it is found by the next Plan.
Durability OnLateActionUnseen(Branch& branch) {
  if (!branch.called || branch.compensate != BranchStatus::kPrepared) return kUnchanged;
  branch.called = false;
  return Durability::kBehind;
}

// An action that was under way when the rollback began. Its result is kept for the reader; the
// compensation is owed either way, because the step counts as called, unless nothing was sent.
Durability OnLateActionReplied(const Change& change, const Replied& reply) {
  Branch& branch = change.txn.branches[reply.branch.value];
  if (branch.action != BranchStatus::kPrepared) return kUnchanged;
  if (WasNeverSeen(reply)) return OnLateActionUnseen(branch);
  const bool definite = reply.outcome == Outcome::kSuccess || reply.outcome == Outcome::kFailure;
  if (!definite) return kUnchanged;
  const bool succeeded = reply.outcome == Outcome::kSuccess;
  branch.action = succeeded ? BranchStatus::kSucceed : BranchStatus::kFailed;
  branch.action_time = change.event.now;
  if (branch.last_op == Op::kAction) branch.last_outcome.clear();
  return Durability::kBehind;
}

Durability OnCompensated(const Change& change, Branch& branch) {
  Txn& txn = change.txn;
  branch.compensate = BranchStatus::kSucceed;
  branch.compensate_time = change.event.now;
  Recover(txn, branch);
  RollbackOrder order(txn);
  order.Settle(txn, change.event.now);
  if (!order.AnyOwed()) return Finish(change, TxnStatus::kFailed);
  return ProgressDurability(txn);
}

// A compensation has no definite no: whatever is not done is tried again, without end.
Durability OnCompensateReplied(const Change& change, const Replied& reply) {
  Branch& branch = change.txn.branches[reply.branch.value];
  if (!IsOwed(branch)) return kUnchanged;
  switch (reply.outcome) {
    case Outcome::kSuccess:
      return OnCompensated(change, branch);
    case Outcome::kOngoing:
      return CallAgainAfter(change, branch, RetryInterval(change.txn, change.policy));
    case Outcome::kFailure:
    case Outcome::kUnknown:
    case Outcome::kNotSent:
      return BackOff(change, branch);
  }
  return kUnchanged;
}

Durability On(const Replied& reply, const Change& change) {
  TREATY_CHECK(reply.branch.value < change.txn.branches.size());
  const bool is_action = reply.op == Op::kAction;
  Durability durability = kUnchanged;
  const bool decides = change.txn.status == TxnStatus::kSubmitted ||
                       canary::Armed(canary::Canary::kLateReplyRewrites);
  if (decides && is_action) {
    durability = OnActionReplied(change, reply);
  } else if (change.txn.status == TxnStatus::kAborting) {
    durability =
        is_action ? OnLateActionReplied(change, reply) : OnCompensateReplied(change, reply);
  }
  if (reply.round_over) change.txn.live.backed_off = false;
  return durability;
}

Durability TickForward(const Change& change) {
  Txn& txn = change.txn;
  const Time deadline = Deadline(txn);
  if (deadline != kNever && change.event.now >= deadline) {
    return StartRollback(change, TimeoutReason(txn.terms->timeout_to_fail));
  }
  const bool settled = SettleActions(txn, change.event.now);
  if (AllActionsDone(txn)) return Finish(change, TxnStatus::kSucceed);
  return settled ? ProgressDurability(txn) : kUnchanged;
}

Durability TickBackward(const Change& change) {
  RollbackOrder order(change.txn);
  const bool settled = order.Settle(change.txn, change.event.now);
  if (!order.AnyOwed()) return Finish(change, TxnStatus::kFailed);
  return settled ? ProgressDurability(change.txn) : kUnchanged;
}

Durability On(const Ticked&, const Change& change) {
  if (change.txn.status == TxnStatus::kSubmitted) return TickForward(change);
  if (change.txn.status == TxnStatus::kAborting) return TickBackward(change);
  return kUnchanged;
}

Durability On(const Submitted& submit, const Change& change) {
  Txn& txn = change.txn;
  if (txn.status != TxnStatus::kPrepared) return kUnchanged;
  if (submit.terms) txn.terms = submit.terms;
  txn.status = TxnStatus::kSubmitted;
  SettleActions(txn, change.event.now);
  return kDurable;
}

Durability On(const ForceStopped& forced, const Change& change) {
  return OnForceStopped(forced, change);
}

Durability On(const DueReset&, const Change& change) { return OnDueReset(change); }

// What means nothing to a saga.
template <typename Other>
Durability On(const Other&, const Change&) {
  return kUnchanged;
}

// Whether a process that crashed may have called the action, as far as the record tells.
bool MayHaveBeenCalled(const Txn& txn, std::size_t step) {
  if (txn.body->steps[step].action.empty()) return false;
  const Branch& branch = txn.branches[step];
  return txn.terms->progress == ProgressMode::kBehind || branch.tried ||
         branch.action != BranchStatus::kPrepared || IsItsTurn(txn, step);
}

}  // namespace

Txn Create(std::shared_ptr<const Body> body, std::shared_ptr<const Terms> terms, TxnStatus status,
           Time now) {
  Txn txn;
  txn.body = std::move(body);
  txn.terms = std::move(terms);
  txn.status = status;
  txn.branches.resize(txn.body->steps.size());
  txn.created = now;
  txn.updated = now;
  if (status == TxnStatus::kSubmitted) SettleActions(txn, now);
  return txn;
}

Decision Apply(const Txn& txn, const Event& event, const Policy& policy) {
  return Decide(txn, event, policy,
                [](const auto& what, const Change& change) { return On(what, change); });
}

void MarkCalled(Txn& txn, BranchIndex branch) {
  if (canary::Armed(canary::Canary::kMissingIntent)) return;
  txn.branches[branch.value].called = true;
}

void Loaded(Txn& txn, Time now, const Policy& policy) {
  txn.live = Live();
  if (txn.IsFinished()) return;
  const Duration own = ToDuration(txn.terms->request_timeout);
  const Duration timeout = own.count() > 0 ? own : policy.request_timeout;
  txn.live.hold_until = now + std::min(timeout, kLongestHold);
  if (canary::Armed(canary::Canary::kNoHold)) txn.live.hold_until = kNever;
}

bool LeaveBehind(Txn& txn) {
  txn.names_called = true;
  if (txn.status != TxnStatus::kSubmitted) return false;
  bool any = false;
  for (std::size_t i = 0; i < txn.branches.size(); ++i) {
    Branch& branch = txn.branches[i];
    if (branch.called || !MayHaveBeenCalled(txn, i)) continue;
    branch.called = any = true;
  }
  return any;
}

}  // namespace treaty::saga
