// What must hold in every state of the walk, and in every step of it. The names in front are
// those of reliability §3.

#include <algorithm>

#include "core/saga_walk.h"

namespace treaty {
namespace {

bool Contains(unsigned set, std::size_t step) { return ((set >> step) & 1U) != 0; }

bool AllActionsSucceeded(const Txn& txn) {
  return std::ranges::all_of(txn.branches,
                             [](const Branch& b) { return b.action == BranchStatus::kSucceed; });
}

bool SameButLive(const Txn& a, const Txn& b) {
  return a.status == b.status && a.branches == b.branches && a.backoff == b.backoff &&
         a.due == b.due && a.rollback_reason == b.rollback_reason && a.finished == b.finished &&
         a.updated == b.updated && a.terms == b.terms && a.force == b.force;
}

bool IsUnknown(const Event& event) {
  const auto* reply = std::get_if<Replied>(&event.what);
  if (reply == nullptr) return false;
  return reply->outcome == Outcome::kUnknown || reply->outcome == Outcome::kNotSent ||
         (reply->op == Op::kCompensate && reply->outcome == Outcome::kFailure);
}

}  // namespace

void SagaWalk::Expect(bool condition, const char* promise, const World& world) {
  if (!condition && violations_.size() < 5) {
    violations_.push_back(std::string(promise) + ": " + Describe(world));
  }
}

void SagaWalk::CheckState(const World& world) {
  const Txn& txn = world.memory;
  const Duties duties = saga::Plan(txn, kWalkNow, saga_.policy);
  const bool idle = txn.IsFinished() || txn.status == TxnStatus::kPrepared;
  Expect(idle == (duties.calls.empty() && duties.wake == kNever), "G10 it is driven", world);
  const bool waits = std::ranges::any_of(txn.branches, &Branch::tried);
  Expect(!waits || txn.IsFinished() || txn.due != kNever, "a wait has an end", world);
  for (std::size_t i = 0; i < txn.branches.size() && !txn.IsFinished(); ++i) {
    const bool called = Contains(world.called, i) || Contains(world.unsent, i);
    const bool nothing_to_undo = txn.body->steps[i].compensate.empty();
    Expect(txn.branches[i].called == called || nothing_to_undo, "S2 who may have been called",
           world);
  }
  CheckRecord(world);
}

void SagaWalk::CheckRecord(const World& world) {
  const Txn& record = world.durable;
  if (record.status == TxnStatus::kSucceed) {
    Expect(AllActionsSucceeded(record), "S1 succeed: every action has succeeded", world);
    Expect(!world.compensated, "S1 succeed: no compensation was sent", world);
  }
  if (record.status != TxnStatus::kAborting && record.status != TxnStatus::kFailed) {
    Expect(!world.compensated, "G4 no compensation before the rollback is durable", world);
  }
  for (std::size_t i = 0; i < record.branches.size(); ++i) {
    if (!Contains(world.called, i)) continue;
    const Branch& branch = record.branches[i];
    if (record.status == TxnStatus::kAborting) {
      Expect(branch.called, "S2 the rollback knows every step ever called", world);
    }
    if (record.status == TxnStatus::kFailed) {
      Expect(branch.compensate == BranchStatus::kSucceed, "S2 failed: it is compensated", world);
    }
  }
}

void SagaWalk::CheckDecision(const World& before, const Event& event, const Decision& decision) {
  const Txn& txn = before.memory;
  const Txn& next = decision.next;
  if (decision.durability == Durability::kUnchanged) {
    Expect(SameButLive(txn, next), "unchanged is unchanged", before);
    return;
  }
  Expect(next.updated == event.now, "a change is dated", before);
  Expect(!txn.IsFinished(), "G3 the end absorbs", before);
  const bool forced = std::holds_alternative<ForceStopped>(event.what);
  Expect(IsLegalMove(Model::kSaga, txn.status, next.status, forced), "G3 legal moves", before);
  if (txn.status != next.status) {
    Expect(decision.durability == Durability::kDurable, "G4 a move is durable", before);
    Expect(next.rollback_reason.empty() == (next.status != TxnStatus::kAborting) ||
               next.rollback_reason == txn.rollback_reason,
           "a rollback has a reason, set once", before);
  }
  if (IsUnknown(event) && txn.status == TxnStatus::kSubmitted && next.status != txn.status) {
    const auto spent = [&](const Branch& b) { return b.attempts == txn.terms->retry_limit + 1; };
    Expect(std::ranges::count_if(next.branches, spent) == 1, "S5 given up at the limit", before);
  }
  const bool first_of_round = IsUnknown(event) && !txn.live.backed_off;
  Expect(next.backoff <= txn.backoff + (first_of_round ? 1 : 0), "G11 one step a round", before);
  CheckBranches(before, next);
}

// G8: what is known of a branch only grows.
void SagaWalk::CheckBranches(const World& before, const Txn& next) {
  constexpr auto kPrepared = BranchStatus::kPrepared;
  for (std::size_t i = 0; i < next.branches.size(); ++i) {
    const Branch& was = before.memory.branches[i];
    const Branch& is = next.branches[i];
    Expect(was.action == is.action || was.action == kPrepared, "G8 action", before);
    Expect(was.compensate == is.compensate || was.compensate == kPrepared, "G8 compensate", before);
    Expect(is.compensate != BranchStatus::kFailed, "a compensation never fails", before);
    Expect(!was.called || is.called || !Contains(before.called, i), "G8 called", before);
    Expect(was.attempts <= is.attempts, "G8 attempts", before);
    Expect((is.action == kPrepared) == (is.action_time == kNever), "G8 action time", before);
    Expect((is.compensate == kPrepared) == (is.compensate_time == kNever), "G8 time", before);
  }
}

void SagaWalk::CheckCall(const World& world, const Call& call) {
  const Txn& txn = world.memory;
  const Branch& branch = txn.branches[call.branch.value];
  Expect(txn.status == world.durable.status, "G4 acts on what is durable", world);
  Expect(!branch.tried || txn.due <= kWalkNow, "no call before it is due", world);
  if (call.op == Op::kAction) {
    Expect(txn.status == TxnStatus::kSubmitted, "S3 no action once rolling back", world);
    Expect(branch.action == BranchStatus::kPrepared, "G8 no call to what is done", world);
    Expect(saga_.terms.retry_limit == 0 || branch.attempts <= saga_.terms.retry_limit,
           "S5 n+1 calls", world);
  } else {
    Expect(txn.status == TxnStatus::kAborting, "G5 no compensation going forward", world);
    Expect(branch.compensate == BranchStatus::kPrepared, "G8 no call to what is done", world);
    const bool open = branch.action == BranchStatus::kPrepared;
    Expect(!open || txn.live.hold_until == kNever, "S3 held after a restart", world);
  }
  CheckOrder(world, call);
}

// S4: forwards after everything it builds on, backwards before. If successes are written behind,
// what this process has received counts, else the record.
void SagaWalk::CheckOrder(const World& world, const Call& call) {
  const bool behind = saga_.terms.progress == ProgressMode::kBehind;
  const Txn& known = behind ? world.memory : world.durable;
  const std::size_t step = call.branch.value;
  for (std::size_t i = 0; i < known.branches.size(); ++i) {
    const Branch& other = known.branches[i];
    if (call.op == Op::kAction && BuildsOn(step, i)) {
      Expect(other.action == BranchStatus::kSucceed, "S4 order", world);
    }
    const bool acted = Contains(world.called, i) || other.action == BranchStatus::kSucceed;
    if (call.op == Op::kCompensate && BuildsOn(i, step) && acted) {
      Expect(other.compensate == BranchStatus::kSucceed, "S4 reverse order", world);
    }
  }
}

bool SagaWalk::BuildsOn(std::size_t later, std::size_t earlier) const {
  if (!saga_.terms.concurrent && earlier < later) return true;
  if (later >= saga_.terms.after.size()) return false;
  return std::ranges::any_of(saga_.terms.after[later],
                             [&](BranchIndex step) { return step.value == earlier; });
}

}  // namespace treaty
