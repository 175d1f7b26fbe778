// Writes first, in the order in which a record is checked; then calls, then answers.

#include "sim/pact_checker.h"

#include <algorithm>

namespace treaty::sim {
namespace {

using S = TxnStatus;

bool IsTwoPhase(const Txn& txn) {
  return txn.body->model == Model::kTcc || txn.body->model == Model::kXa;
}

// The moves of reliability G3, said once more.
bool IsMove(const Txn& stored, const Txn& next) {
  const S from = stored.status;
  const S to = next.status;
  if (from == S::kSucceed || from == S::kFailed) return false;
  if (from == to || (next.force.when != kNever && to == S::kFailed)) return true;
  if (IsTwoPhase(stored)) {
    return (from == S::kPrepared && (to == S::kSubmitted || to == S::kAborting)) ||
           (from == S::kSubmitted && to == S::kSucceed) ||
           (from == S::kAborting && to == S::kFailed);
  }
  if (stored.body->model == Model::kMessage) {
    return (from == S::kPrepared && (to == S::kSubmitted || to == S::kFailed)) ||
           (from == S::kSubmitted && to == S::kSucceed);
  }
  return from == S::kPrepared && (to == S::kSucceed || to == S::kFailed);
}

BranchStatus StatusOf(const Branch& branch, Op op) {
  return op == Op::kAction ? branch.action : branch.compensate;
}

const std::string& Url(const Txn& txn, std::size_t branch, Op op) {
  if (!txn.body->recipients.empty()) return txn.body->recipients[branch].url;
  const Step& step = txn.step(branch);
  return op == Op::kAction ? step.action : step.compensate;
}

std::size_t Way(Op op) { return op == Op::kAction ? 0 : 1; }

}  // namespace

Duration PactChecker::PreparedFor(const Txn& txn) const {
  const Duration own = txn.terms->timeout_to_fail;
  return own.count() > 0 ? own : policy_.timeout_to_fail;
}

bool PactChecker::AllFinished() const {
  return std::ranges::all_of(pacts_, [](const auto& entry) {
    return entry.second.stored.version == 0 || entry.second.stored.IsFinished();
  });
}

void PactChecker::OnAsked(const std::string& gid, Asked what) {
  Pact& pact = pacts_[gid];
  if (what != Asked::kCount) pact.asked[static_cast<std::size_t>(what)] = true;
}

void PactChecker::OnWrite(const Write& write, Verdict verdict, Time now) {
  const Txn& next = *write.txn;
  Pact& pact = pacts_[next.gid()];
  if (verdict == Verdict::kIllegal) Fail(next.gid(), "G3: a move was asked for that is not legal");
  if (verdict != Verdict::kStored || pact.stored.version == next.version) return;
  if (pact.stored.version == 0) {
    CheckInsert(next);
  } else {
    CheckMove(pact, next);
    CheckCause(pact, next);
    CheckRegistered(pact, next);
    CheckResults(pact, next);
  }
  if (next.IsFinished()) CheckEnd(next);
  CheckIndex(pact, write, now);
  pact.stored = next;
  pact.owner = write.owner;
  pact.legs.resize(next.branches.size());
}

void PactChecker::CheckInsert(const Txn& txn) {
  const bool may_be_submitted = txn.body->model == Model::kMessage;
  const bool first =
      txn.status == S::kPrepared || (may_be_submitted && txn.status == S::kSubmitted);
  if (!first) Fail(txn.gid(), "T4: stored for the first time as " + std::string(Name(txn.status)));
  if (txn.version != 1) Fail(txn.gid(), "G6: the first version is not 1");
}

void PactChecker::CheckMove(const Pact& pact, const Txn& next) {
  const Txn& stored = pact.stored;
  if (next.version != stored.version + 1) Fail(next.gid(), "G6: a version was skipped");
  if (!IsMove(stored, next)) {
    Fail(next.gid(),
         "G3: from " + std::string(Name(stored.status)) + " to " + std::string(Name(next.status)));
  }
  if (next.body->steps != stored.body->steps) Fail(next.gid(), "G2: the content changed");
  if (next.created != stored.created) Fail(next.gid(), "the time of creation changed");
  if (next.backoff > stored.backoff + 1) Fail(next.gid(), "G11: back-off took two steps");
  if (stored.status == S::kAborting && next.rollback_reason != stored.rollback_reason) {
    Fail(next.gid(), "G8: the reason of the rollback was rewritten");
  }
}

// T5, M1, M2, W2: every decision has a cause.
void PactChecker::CheckCause(const Pact& pact, const Txn& next) {
  if (pact.stored.status != S::kPrepared || next.status == S::kPrepared) return;
  if (next.force.when != kNever) return marks_.Hit(Mark::kPactForced);
  const bool expired = next.updated >= next.created + PreparedFor(next);
  const bool is_workflow = next.body->model == Model::kWorkflow;
  bool caused = false;
  switch (next.status) {
    case S::kSubmitted:
      caused = pact.Has(Asked::kSubmit) || pact.confirmed;
      if (!pact.Has(Asked::kSubmit)) marks_.Hit(Mark::kCheckedBack);
      break;
    case S::kAborting:
      caused = pact.Has(Asked::kAbort) || expired;
      marks_.Hit(expired ? Mark::kPactTimedOut : Mark::kPactAborted);
      break;
    case S::kSucceed:
      caused = is_workflow && pact.Has(Asked::kSucceed);
      break;
    case S::kFailed:
      caused = is_workflow ? pact.Has(Asked::kFail) : pact.Has(Asked::kAbort) || pact.denied;
      break;
    case S::kPrepared:
      break;
  }
  if (!caused) Fail(next.gid(), "T5/M2/W2: decided without a cause");
}

// T2, W1, W3: branches are only added, and only before the decision.
void PactChecker::CheckRegistered(const Pact& pact, const Txn& next) {
  const auto& old = pact.stored.registered;
  const bool open = pact.stored.status == S::kPrepared && next.status == S::kPrepared;
  if (next.registered.size() != old.size() && !open) {
    Fail(next.gid(), "T2: the set of branches changed with the decision or after it");
  }
  if (next.registered.size() < old.size()) return Fail(next.gid(), "W1: a branch was lost");
  for (std::size_t i = 0; i < next.registered.size(); ++i) {
    const Step& step = *next.registered[i];
    if (i < old.size() && step != *old[i]) Fail(next.gid(), "W1: a branch was rewritten");
    for (std::size_t j = 0; j < i; ++j) {
      const bool twice = next.registered[j]->id == step.id && next.registered[j]->op == step.op;
      if (twice) Fail(next.gid(), "W3: one place was registered twice");
    }
  }
}

// G8, and no result without a success that was heard.
void PactChecker::CheckResults(const Pact& pact, const Txn& next) {
  if (next.branches.size() < pact.stored.branches.size()) {
    return Fail(next.gid(), "G8: a branch was lost");
  }
  for (std::size_t i = 0; i < pact.stored.branches.size(); ++i) {
    for (const Op op : {Op::kAction, Op::kCompensate}) {
      const BranchStatus old = StatusOf(pact.stored.branches[i], op);
      const BranchStatus now = StatusOf(next.branches[i], op);
      if (old == now) continue;
      if (old != BranchStatus::kPrepared) Fail(next.gid(), "G8: a result was rewritten");
      const bool heard = pact.legs[i].done[Way(op)] || Url(next, i, op).empty();
      if (now != BranchStatus::kSucceed || !heard) {
        Fail(next.gid(), "G8: a result that no participant gave");
      }
    }
  }
}

// T3, M3.
void PactChecker::CheckEnd(const Txn& next) {
  if (next.force.when != kNever || next.body->model == Model::kWorkflow) {
    return marks_.Hit(Mark::kPactEnded);
  }
  if (next.body->model == Model::kMessage && next.status == S::kFailed) {
    return marks_.Hit(Mark::kMessageDropped);
  }
  const Op op = next.status == S::kSucceed ? Op::kAction : Op::kCompensate;
  for (const Branch& branch : next.branches) {
    if (StatusOf(branch, op) == BranchStatus::kSucceed) continue;
    Fail(next.gid(), "T3/M3: finished, but a branch is not done");
  }
  marks_.Hit(next.status == S::kSucceed ? Mark::kPactSucceeded : Mark::kPactUndone);
}

// G10: whoever is unfinished has an owner, or is in the index with a time in reach.
void PactChecker::CheckIndex(const Pact& pact, const Write& write, Time now) {
  const Txn& txn = *write.txn;
  if (txn.IsFinished() || txn.IsQuarantined()) return;
  const bool owned = !write.owner.empty();
  if (txn.body->model == Model::kWorkflow && txn.body->query_prepared.empty()) {
    if (owned || write.wake != kNever) Fail(txn.gid(), "G10: looked after without a URL");
    return;
  }
  if (owned && !pact.owner.empty() && pact.owner != write.owner) marks_.Hit(Mark::kTakenOver);
  if (owned && write.wake != kNever) marks_.Hit(Mark::kChangedByAnother);
  if (owned) return;
  const Duration reach = std::max({policy_.retry_cap, PreparedFor(txn), Duration(txn.terms->delay),
                                   Duration(txn.terms->retry_interval)});
  if (write.wake == kNever || write.wake > now + reach + reach / 4) {
    Fail(txn.gid(), "G10: neither owned nor due in time");
  }
}

bool PactChecker::IsDoneKnown(std::uint32_t process, const Pact& pact, std::size_t branch,
                              Op op) const {
  if (StatusOf(pact.stored.branches[branch], op) == BranchStatus::kSucceed) return true;
  if (pact.stored.terms->progress != ProgressMode::kBehind) return false;
  return pact.legs[branch].done_by[Way(op)].contains(process) ||
         Url(pact.stored, branch, op).empty();
}

// TCC newest first, the others in the order of their branches.
void PactChecker::CheckOrder(std::uint32_t process, const Pact& pact, std::size_t branch, Op op) {
  if (pact.stored.terms->concurrent_option) return;
  const bool newest_first = pact.stored.body->model == Model::kTcc;
  const std::size_t from = newest_first ? branch + 1 : 0;
  const std::size_t to = newest_first ? pact.legs.size() : branch;
  for (std::size_t i = from; i < to; ++i) {
    if (IsDoneKnown(process, pact, i, op)) continue;
    Fail(pact.stored.gid(), "a branch was called before its turn");
  }
}

// The client may have decided on another instance, which the owner does not know yet.
void PactChecker::CheckQuery(std::uint32_t process, const Pact& pact, Time now) {
  const Txn& txn = pact.stored;
  const bool decided = txn.status != S::kPrepared && !drivers_.IsUnaware(process, txn.gid());
  if (decided) Fail(txn.gid(), "asked, but the decision is durable");
  const Time soonest = txn.created + PreparedFor(txn) - early_;
  const bool too_soon = txn.body->model == Model::kMessage && now < soonest;
  if (too_soon) Fail(txn.gid(), "M1: asked before the time-out");
  marks_.Hit(txn.body->model == Model::kMessage ? Mark::kAsked : Mark::kResumed);
}

void PactChecker::OnCall(std::uint32_t process, const std::string& gid, BranchIndex branch, Op op,
                         Time now) {
  Pact& pact = pacts_[gid];
  if (pact.stored.version == 0) return Fail(gid, "G4: called, but not stored");
  if (op == Op::kQuery) return CheckQuery(process, pact, now);
  if (branch.value >= pact.legs.size()) return Fail(gid, "T2: a branch that is not registered");
  const S needed = op == Op::kAction ? S::kSubmitted : S::kAborting;
  const bool forced = pact.stored.force.when != kNever && drivers_.IsUnaware(process, gid);
  if (pact.stored.status != needed && !forced) {
    Fail(gid, "T1/M1: called before the decision was durable");
  }
  const Time soonest = pact.stored.created + pact.stored.terms->delay - early_;
  if (now < soonest) Fail(gid, "M5: delivered too soon");
  Leg& leg = pact.legs[branch.value];
  if (leg.called[1 - Way(op)]) Fail(gid, "G5: called in both directions");
  leg.called[Way(op)] = true;
  CheckOrder(process, pact, branch.value, op);
}

void PactChecker::OnReply(std::uint32_t process, const std::string& gid, BranchIndex branch, Op op,
                          Outcome outcome) {
  Pact& pact = pacts_[gid];
  if (op == Op::kQuery) {
    pact.confirmed = pact.confirmed || outcome == Outcome::kSuccess;
    pact.denied = pact.denied || outcome == Outcome::kFailure;
    return;
  }
  if (outcome != Outcome::kSuccess || branch.value >= pact.legs.size()) return;
  pact.legs[branch.value].done[Way(op)] = true;
  pact.legs[branch.value].done_by[Way(op)].insert(process);
}

void PactChecker::OnEnd(std::uint32_t process) {
  for (auto& [gid, pact] : pacts_) {
    for (Leg& leg : pact.legs) {
      for (auto& done : leg.done_by) done.erase(process);
    }
  }
}

PactChecker::Seen PactChecker::SeenNow(const std::string& gid) const {
  const auto found = pacts_.find(gid);
  if (found == pacts_.end() || found->second.stored.version == 0) return {};
  Seen seen{found->second.stored.status};
  for (const auto& step : found->second.stored.registered) seen.branch_ids.push_back(step->id);
  return seen;
}

// G1 and G2: a workflow's runner is told of all that was recorded before it asked, and nobody that
// what was decided then is still open.
void PactChecker::OnPrepared(const std::string& gid, const Seen& seen, const Answer& answer) {
  if (answer.kind != Answer::Kind::kSuccess) return;
  const Txn& txn = pacts_[gid].stored;
  if (txn.version == 0) return Fail(gid, "G1: prepared, but not durable");
  if (txn.body->model != Model::kWorkflow) {
    if (seen.status != S::kPrepared) Fail(gid, "G2: prepared, but it was decided before");
    return;
  }
  for (const std::string& id : seen.branch_ids) {
    const bool told = answer.message.find("\"branch_id\":\"" + id + '"') != std::string::npos;
    if (!told) Fail(gid, "W1: a runner is not told of a step that was recorded before it asked");
  }
}

// G1 and G7.
void PactChecker::OnSubmitted(const std::string& gid, const Answer& answer, bool waits) {
  const Txn& txn = pacts_[gid].stored;
  const bool forward = txn.status == S::kSubmitted || txn.status == S::kSucceed;
  if (answer.kind == Answer::Kind::kSuccess) {
    if (txn.version == 0) return Fail(gid, "T4: a submit of nothing was acknowledged");
    if (txn.body->model == Model::kWorkflow || txn.force.when != kNever) return;
    if (!forward || (waits && txn.status != S::kSucceed)) Fail(gid, "G7: SUCCESS, but it is not");
  }
  if (answer.kind == Answer::Kind::kFailure && forward && txn.version > 0) {
    Fail(gid, "G7: FAILURE, but it goes forward");
  }
}

void PactChecker::OnAborted(const std::string& gid, const Answer& answer, bool waits) {
  const Txn& txn = pacts_[gid].stored;
  const bool back = txn.status == S::kAborting || txn.status == S::kFailed;
  if (answer.kind != Answer::Kind::kSuccess) return;
  if (txn.version == 0) return Fail(gid, "T4: an abort of nothing was acknowledged");
  if (!back || (waits && txn.status != S::kFailed)) Fail(gid, "G7: aborted, but it is not");
}

// W3 and G1: what was acknowledged is there, and it is the client's own.
void PactChecker::OnRegistered(const std::string& gid, const Step& step, const Seen& seen,
                               const Answer& answer) {
  const Txn& txn = pacts_[gid].stored;
  const bool is_workflow = !step.op.empty();
  if (answer.kind == Answer::Kind::kRecorded) marks_.Hit(Mark::kRecordedAlready);
  if (answer.kind == Answer::Kind::kFailure) {
    marks_.Hit(Mark::kRegisterRefused);
    if (is_workflow) Fail(gid, "W3: a runner was told FAILURE");
  }
  if (answer.kind != Answer::Kind::kSuccess) return;
  const bool there = std::ranges::any_of(
      txn.registered, [&](const std::shared_ptr<const Step>& known) { return *known == step; });
  if (!there) Fail(gid, "G1: registered, but not durable");
  if (seen.status != S::kPrepared) Fail(gid, "T2: registered, but it was decided before");
}

}  // namespace treaty::sim
