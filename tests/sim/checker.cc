// Writes and their order: what may follow what in the store (G1, G3, G8, G10, G11, S1, S2, S5).

#include "sim/checker.h"

#include <algorithm>

namespace treaty::sim {
namespace {

constexpr Duration kHold = std::chrono::seconds(10);
constexpr Duration kEarly = std::chrono::milliseconds(100);  // G9.

// The moves of reliability G3 that a saga can make, said once more.
bool IsMove(TxnStatus from, TxnStatus to, bool forced) {
  using S = TxnStatus;
  if (from == S::kSucceed || from == S::kFailed) return false;
  if (forced && to == S::kFailed) return true;
  if (from == to) return true;
  return (from == S::kPrepared && to == S::kSubmitted) ||
         (from == S::kSubmitted && (to == S::kSucceed || to == S::kAborting)) ||
         (from == S::kAborting && to == S::kFailed);
}

bool Resting(const Txn& txn) { return txn.IsFinished() || txn.status == TxnStatus::kPrepared; }

bool IsForced(const Txn& txn) { return txn.force.when != kNever; }

}  // namespace

void Checker::Fail(const std::string& gid, std::string what) {
  violations_.push_back(gid + ": " + std::move(what));
}

Duration Checker::Base(const Terms& terms) const {
  if (terms.retry_interval.count() > 0) return terms.retry_interval;
  const Duration timeout = terms.timeout_to_fail;
  return timeout.count() > 0 ? std::min(timeout, policy_.retry_interval) : policy_.retry_interval;
}

Duration Checker::Timeout(const Terms& terms) const {
  return terms.request_timeout.count() > 0 ? Duration(terms.request_timeout)
                                           : policy_.request_timeout;
}

TxnStatus Checker::StatusOf(const std::string& gid) const { return sagas_.at(gid).stored.status; }

bool Checker::AllFinished() const {
  const auto rests = [](const auto& entry) { return Resting(entry.second.stored); };
  return std::ranges::all_of(sagas_, rests) && pacts.AllFinished();
}

void Checker::SetInstances(unsigned count, bool leased) {
  instances_ = count;
  drivers.SetLeased(leased);
  deaths.SetInstances(count);
  topics.SetInstances(count);
  early_ = leased ? kEarly : Duration(0);
  pacts.SetEarly(early_);
}

void Checker::OnWrite(std::uint32_t process, const Write& write, Verdict verdict, bool heard,
                      Time now) {
  if (write.kind == Write::Kind::kEdit) return topics.OnEdit(write, verdict, now);
  const std::string& gid = write.txn->gid();
  if (verdict == Verdict::kStored) {
    topics.OnStored(*write.txn);
    deaths.OnStored(process, *write.txn);
    drivers.OnStored(process, write);
  } else if (heard) {
    drivers.OnRefused(process, gid);
  }
  if (pacts.Knows(gid)) return pacts.OnWrite(write, verdict, now);
  if (verdict == Verdict::kIllegal) Fail(gid, "G3: a move was asked for that is not legal");
  if (verdict == Verdict::kExists) marks_.Hit(Mark::kInsertRefused);
  if (verdict != Verdict::kStored) return;
  const auto found = sagas_.find(gid);
  if (found == sagas_.end()) {
    CheckInsert(write);
    Saga& saga = sagas_[gid];
    saga.steps.resize(write.txn->branches.size());
  } else {
    Saga& saga = found->second;
    if (saga.stored.version == write.txn->version) return;  // The same write once more.
    saga.left_behind = saga.left_behind || drivers.EndsACrash(process, saga.owner, write);
    CheckMove(saga, *write.txn);
    CheckBranches(saga, *write.txn);
    CheckCalled(saga, write);
    CheckBackoff(saga, *write.txn);
    CountWrite(saga, write);
  }
  Saga& saga = sagas_[gid];
  CheckIndex(saga, write, now);
  saga.stored = *write.txn;
  saga.owner = write.owner;
  saga.wake = write.wake;
}

void Checker::CheckInsert(const Write& write) {
  const Txn& txn = *write.txn;
  const bool first = txn.status == TxnStatus::kPrepared || txn.status == TxnStatus::kSubmitted;
  if (!first) Fail(txn.gid(), "G3: stored for the first time as " + std::string(Name(txn.status)));
  if (txn.version != 1) Fail(txn.gid(), "G6: the first version is not 1");
}

void Checker::CheckMove(const Saga& saga, const Txn& next) {
  const Txn& stored = saga.stored;
  if (next.version != stored.version + 1) Fail(next.gid(), "G6: a version was skipped");
  if (!IsMove(stored.status, next.status, IsForced(next))) {
    Fail(next.gid(),
         "G3: from " + std::string(Name(stored.status)) + " to " + std::string(Name(next.status)));
  }
  if (next.body->steps != stored.body->steps) Fail(next.gid(), "G2: the content changed");
  if (stored.status == TxnStatus::kAborting && next.rollback_reason != stored.rollback_reason) {
    Fail(next.gid(), "G8: the reason of the rollback was rewritten");
  }
  if (next.created != stored.created) Fail(next.gid(), "the time of creation changed");
  if (stored.status == TxnStatus::kSubmitted && next.status == TxnStatus::kAborting) {
    CheckRollbackStart(saga, next);
  }
  if (next.IsFinished()) CheckEnd(saga, next);
}

void Checker::CheckBranches(const Saga& saga, const Txn& next) {
  for (std::size_t i = 0; i < next.branches.size(); ++i) {
    CheckResults(saga.stored.branches[i], next.branches[i], next.gid());
    CheckAttempts(saga, next, i);
  }
  CheckStillCalled(saga, next);
}

// S2: without a crash the set of steps ever called is the truth, however often it has slept. While
// a call is under way only the network knows whether anything of it is sent; none is of one that
// sleeps.
void Checker::CheckCalled(const Saga& saga, const Write& write) {
  const Txn& next = *write.txn;
  const bool sleeps = write.owner.empty() && next.status == TxnStatus::kSubmitted;
  for (std::size_t i = 0; i < next.branches.size() && !saga.left_behind; ++i) {
    const bool called = sleeps ? saga.steps[i].MayBeSeen() : saga.steps[i].called;
    if (!next.branches[i].called || called) continue;
    Fail(next.gid(), "S2: without a crash, a step counts as called that never was");
  }
}

// S2: what was called stays called.
void Checker::CheckStillCalled(const Saga& saga, const Txn& next) {
  for (std::size_t i = 0; i < next.branches.size(); ++i) {
    const bool forgotten = saga.stored.branches[i].called && !next.branches[i].called;
    if (!forgotten) continue;
    if (saga.steps[i].MayBeSeen()) Fail(next.gid(), "S2: a step is no longer marked as called");
    marks_.Hit(Mark::kNobodyHasSeenIt);
  }
}

// G8: results are never rewritten.
void Checker::CheckResults(const Branch& old, const Branch& now, const std::string& gid) {
  const bool action_kept = old.action == BranchStatus::kPrepared || now.action == old.action;
  const bool undo_kept =
      old.compensate == BranchStatus::kPrepared || now.compensate == old.compensate;
  if (!action_kept || !undo_kept) Fail(gid, "G8: a result was rewritten");
}

// S5: what counts against the limit was really tried, and nothing counts once it is decided.
void Checker::CheckAttempts(const Saga& saga, const Txn& next, std::size_t step) {
  const std::uint32_t before = saga.stored.branches[step].attempts;
  const std::uint32_t attempts = next.branches[step].attempts;
  const bool decided = saga.stored.status == TxnStatus::kAborting;
  if (decided && attempts != before) Fail(next.gid(), "S5: an attempt after the end");
  if (attempts < before) Fail(next.gid(), "S5: attempts went back");
  const std::uint32_t limit = next.terms->retry_limit;
  if (limit > 0 && attempts > limit + 1) Fail(next.gid(), "S5: too many attempts");
  // Among several one whose commit had no answer may count twice: see DeathChecker::CheckCount.
  const unsigned twice = instances_ > 1 ? 1 : 0;
  if (attempts > saga.steps[step].unknowns + twice) Fail(next.gid(), "S5: an attempt nobody made");
}

// S2: the set of steps ever called is in the write that turns round. S5: and there is a cause.
void Checker::CheckRollbackStart(const Saga& saga, const Txn& next) {
  const std::uint32_t limit = next.terms->retry_limit;
  const Duration timeout = next.terms->timeout_to_fail;
  const bool expired = timeout.count() > 0 && next.updated >= next.created + timeout;
  bool refused = false;
  bool spent = false;
  for (std::size_t i = 0; i < saga.steps.size(); ++i) {
    const StepLog& step = saga.steps[i];
    if (step.seen && !next.branches[i].called && !next.body->steps[i].action.empty()) {
      Fail(next.gid(), "S2: the rollback has forgotten that a step was called");
    }
    refused = refused || step.failures > 0;
    spent = spent || (limit > 0 && next.branches[i].attempts == limit + 1);
  }
  if (!refused && !spent && !expired) Fail(next.gid(), "S5: rolled back without a cause");
  if (spent) marks_.Hit(Mark::kRetryLimit);
  if (expired && !spent && !refused) marks_.Hit(Mark::kTimeoutToFail);
}

void Checker::CheckEnd(const Saga& saga, const Txn& next) {
  for (std::size_t i = 0; i < saga.steps.size(); ++i) {
    CheckStepAtEnd(saga.steps[i], next, next.branches[i]);
  }
  CountEnd(saga, next);
}

// S1: succeed means that all is done, S2: and failed that all is undone, unless by force.
void Checker::CheckStepAtEnd(const StepLog& step, const Txn& next, const Branch& branch) {
  if (next.status == TxnStatus::kSucceed) {
    const bool clean = branch.action == BranchStatus::kSucceed && !step.compensated;
    if (!clean) Fail(next.gid(), "S1: succeed, but a step is not done or was compensated");
  } else if (!IsForced(next) && step.seen && branch.compensate != BranchStatus::kSucceed) {
    Fail(next.gid(), "S2: failed, but a step that was called is not compensated");
  }
}

void Checker::CountEnd(const Saga& saga, const Txn& next) {
  if (IsForced(next)) {
    marks_.Hit(Mark::kForced);
    const bool busy = std::ranges::any_of(saga.steps, &StepLog::IsOutstanding);
    if (busy) marks_.Hit(Mark::kForcedInFlight);
  } else {
    marks_.Hit(next.status == TxnStatus::kSucceed ? Mark::kSucceeded : Mark::kFailed);
  }
  if (next.terms->concurrent) marks_.Hit(Mark::kConcurrent);
  if (!next.terms->after.empty()) marks_.Hit(Mark::kOrdered);
}

// G11: one step of back-off per round, and a time that fits it.
void Checker::CheckBackoff(const Saga& saga, const Txn& next) {
  if (next.backoff > saga.stored.backoff + 1) Fail(next.gid(), "G11: back-off took two steps");
  if (next.due == kNever || next.due == saga.stored.due) return;
  const Duration base = Base(*next.terms);
  const Duration most = std::max(base, policy_.retry_cap);
  // One write may carry an unknown result and, after it, another branch's success.
  const std::uint32_t most_k = next.terms->concurrent ? saga.stored.backoff + 1 : next.backoff;
  const std::uint32_t k = std::min(std::max(next.backoff, most_k), 20u);
  const Duration delay = std::min(most, base * (std::int64_t{1} << k));
  const Duration wait = next.due - next.updated;
  const double factor = static_cast<double>(wait.count()) / static_cast<double>(delay.count());
  if (factor > 1.21) {
    Fail(next.gid(), "G11: the next attempt is too late: " + std::to_string(wait.count()) + " of " +
                         std::to_string(delay.count()) + ", k " + std::to_string(k));
  }
  const bool grew = next.backoff == saga.stored.backoff + 1 && !next.terms->concurrent;
  if (grew && factor < 0.79 && wait.count() > 0) {
    Fail(next.gid(), "G11: the next attempt is too soon");
  }
}

// G10: whoever is unfinished has an owner, or is in the index with a time in reach.
void Checker::CheckIndex(const Saga& saga, const Write& write, Time now) {
  const Txn& txn = *write.txn;
  if (Resting(txn) || txn.IsQuarantined()) return;
  const bool owned = !write.owner.empty();
  if (owned && !saga.owner.empty() && saga.owner != write.owner) marks_.Hit(Mark::kTakenOver);
  if (owned && write.wake != kNever) marks_.Hit(Mark::kChangedByAnother);
  if (owned) return;
  const Duration reach =
      std::max({Base(*txn.terms), policy_.retry_cap, Duration(txn.terms->timeout_to_fail)});
  if (write.wake == kNever || write.wake > now + reach + reach / 4) {
    Fail(txn.gid(), "G10: neither owned nor due in time");
  }
  marks_.Hit(Mark::kParked);
}

void Checker::CountWrite(const Saga& saga, const Write& write) {
  const Txn& next = *write.txn;
  std::size_t news = 0;
  for (std::size_t i = 0; i < next.branches.size(); ++i) {
    if (next.branches[i].action != saga.stored.branches[i].action) ++news;
  }
  if (news > 1 && next.terms->progress == ProgressMode::kBehind) marks_.Hit(Mark::kWrittenBehind);
  if (saga.owner.empty() && !write.owner.empty() && saga.wake != kNever) {
    marks_.Hit(Mark::kWokeFromIndex);
  }
  if (saga.stored.status == TxnStatus::kPrepared && next.status == TxnStatus::kSubmitted) {
    marks_.Hit(Mark::kPreparedSubmitted);
  }
}

bool Checker::StepLog::IsOutstanding() const {
  return std::ranges::any_of(heard, [](const auto& entry) { return entry.second.outstanding; });
}

void Checker::OnEnd(std::uint32_t process, Time now) {
  pacts.OnEnd(process);
  drivers.OnEnd(process);
  for (auto& [gid, saga] : sagas_) {
    for (StepLog& step : saga.steps) {
      const auto heard = step.heard.extract(process);
      if (heard.empty() || !heard.mapped().outstanding) continue;
      step.cut_off = true;
      const Time until = heard.mapped().sent + std::min(Timeout(*saga.stored.terms), kHold);
      if (until >= now) step.maybe_until = std::max(step.maybe_until, until);
    }
  }
}

}  // namespace treaty::sim
