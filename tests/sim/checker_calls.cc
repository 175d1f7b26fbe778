// Calls, answers and the state at rest (G1, G2, G4, G7, S1 to S4, L1, and the money).

#include <algorithm>

#include "sim/checker.h"

namespace treaty::sim {
namespace {

// Whether the step `later` had to wait for the step `earlier`.
bool BuildsOn(const Terms& terms, std::size_t later, std::size_t earlier) {
  if (!terms.concurrent) return later > earlier;
  if (later >= terms.after.size()) return false;
  const BranchIndex wanted{static_cast<std::uint32_t>(earlier)};
  return std::ranges::find(terms.after[later], wanted) != terms.after[later].end();
}

}  // namespace

Checker::Heard Checker::HeardBy(std::uint32_t process, const StepLog& step) {
  const auto found = step.heard.find(process);
  return found == step.heard.end() ? Heard() : found->second;
}

// Whether the success of an action may be built on: durable, or, written behind, heard of.
bool Checker::ActionKnown(std::uint32_t process, const Saga& saga, std::size_t step) const {
  const bool durable = saga.stored.branches[step].action == BranchStatus::kSucceed;
  const bool heard = saga.stored.terms->progress == ProgressMode::kBehind &&
                     (HeardBy(process, saga.steps[step]).succeeded ||
                      saga.stored.body->steps[step].action.empty());
  return durable || heard;
}

bool Checker::UndoneKnown(std::uint32_t process, const Saga& saga, std::size_t step) const {
  const bool durable = saga.stored.branches[step].compensate == BranchStatus::kSucceed;
  const bool heard = saga.stored.terms->progress == ProgressMode::kBehind &&
                     (HeardBy(process, saga.steps[step]).undone ||
                      saga.stored.body->steps[step].compensate.empty());
  return durable || heard;
}

void Checker::OnCall(std::uint32_t process, const std::string& gid, BranchIndex branch, Op op,
                     Time now) {
  if (std::string wrong = leases.OnCall(process, now); !wrong.empty()) Fail(gid, std::move(wrong));
  if (!drivers.IsUnaware(process, gid)) deaths.OnCall(gid);
  drivers.OnCall(process, gid);
  if (pacts.Knows(gid)) return pacts.OnCall(process, gid, branch, op, now);
  const auto found = sagas_.find(gid);
  if (found == sagas_.end()) return Fail(gid, "G4: a call for a saga that is not durable");
  Saga& saga = found->second;
  StepLog& step = saga.steps[branch.value];
  if (saga.stored.branches[branch.value].tried && now + early_ < saga.stored.due) {
    Fail(gid, "G11: called again before its time");
  }
  if (op == Op::kAction) {
    CheckAction(process, saga, branch.value);
    if (step.cut_off) marks_.Hit(Mark::kCalledAgainAfterCrash);
    step.called = true;
    step.heard[process].outstanding = true;
    step.heard[process].sent = now;
  } else {
    CheckCompensation(process, saga, branch.value, now);
    step.compensated = true;
  }
}

void Checker::OnSent(const std::string& gid, BranchIndex branch, Op op) {
  const auto found = sagas_.find(gid);
  if (found != sagas_.end() && op == Op::kAction) found->second.steps[branch.value].seen = true;
}

// G4 and S3: durable intent, and never once the rollback is durable. S4: in order.
void Checker::CheckAction(std::uint32_t process, const Saga& saga, std::size_t step) {
  const Txn& txn = saga.stored;
  if (HeardBy(process, saga.steps[step]).outstanding) {
    Fail(txn.gid(), "an action is called twice at a time");
  }
  if (txn.status != TxnStatus::kSubmitted) {
    if (IsForcedUnderOwner(process, txn)) return;
    return Fail(txn.gid(), "S3: an action is called while " + std::string(Name(txn.status)));
  }
  if (txn.branches[step].action != BranchStatus::kPrepared) {
    Fail(txn.gid(), "G8: an action with a result is called again");
  }
  const Terms& terms = *txn.terms;
  for (std::size_t i = 0; i < step && !terms.concurrent; ++i) {
    if (!ActionKnown(process, saga, i)) Fail(txn.gid(), "S4: an action before the one ahead of it");
  }
  if (step >= terms.after.size()) return;
  for (const BranchIndex other : terms.after[step]) {
    if (!ActionKnown(process, saga, other.value)) {
      Fail(txn.gid(), "S4: an action against the orders");
    }
  }
}

// An operator has ended it on another instance; its owner hears of that by its next write.
bool Checker::IsForcedUnderOwner(std::uint32_t process, const Txn& txn) const {
  return txn.force.when != kNever && drivers.IsUnaware(process, txn.gid());
}

// Until when an action's call of any other process, living or not, may be under way.
Time Checker::UnderWayUntil(std::uint32_t process, const Saga& saga, std::size_t step) const {
  constexpr Duration kHold = std::chrono::seconds(10);
  Time until = saga.steps[step].maybe_until;
  for (const auto& [other, heard] : saga.steps[step].heard) {
    if (other == process || !heard.outstanding) continue;
    until = std::max(until, heard.sent + std::min(Timeout(*saga.stored.terms), kHold));
  }
  return until;
}

// G4: after the durable decision. S3: not while the action may be under way. S4: in reverse.
void Checker::CheckCompensation(std::uint32_t process, const Saga& saga, std::size_t step,
                                Time now) {
  const Txn& txn = saga.stored;
  if (txn.status != TxnStatus::kAborting) {
    if (IsForcedUnderOwner(process, txn)) return;
    return Fail(txn.gid(), "G4: a compensation while " + std::string(Name(txn.status)));
  }
  const bool reached =
      saga.steps[step].MayBeSeen() || txn.branches[step].action != BranchStatus::kPrepared;
  if (!reached && !saga.left_behind) {
    Fail(txn.gid(), "S2: without a crash, a step is compensated that nobody has seen");
  }
  const Heard heard = HeardBy(process, saga.steps[step]);
  const bool resolved = txn.branches[step].action != BranchStatus::kPrepared || heard.resolved;
  if (heard.outstanding) Fail(txn.gid(), "S3: compensated while being called");
  const Time until = UnderWayUntil(process, saga, step);
  if (until != kNever) marks_.Hit(Mark::kHeldBack);
  if (!resolved && until > now + early_) {
    Fail(txn.gid(), "S3: compensated while a former process's call may be under way");
  }
  for (std::size_t i = 0; i < saga.steps.size(); ++i) {
    if (i == step || !saga.steps[i].seen || UndoneKnown(process, saga, i)) continue;
    if (BuildsOn(*txn.terms, i, step)) {
      Fail(txn.gid(), "S4: compensated before a step that built on it");
    }
  }
}

void Checker::OnReply(std::uint32_t process, const std::string& gid, BranchIndex branch, Op op,
                      Outcome outcome) {
  if (pacts.Knows(gid)) return pacts.OnReply(process, gid, branch, op, outcome);
  const auto found = sagas_.find(gid);
  if (found == sagas_.end()) return;
  StepLog& step = found->second.steps[branch.value];
  Heard& heard = step.heard[process];
  if (op == Op::kCompensate) {
    heard.undone = heard.undone || outcome == Outcome::kSuccess;
    return;
  }
  heard.outstanding = false;
  heard.succeeded = heard.succeeded || outcome == Outcome::kSuccess;
  const bool definite = outcome == Outcome::kSuccess || outcome == Outcome::kFailure;
  heard.resolved = heard.resolved || definite;
  if (outcome == Outcome::kUnknown) ++step.unknowns;
  if (outcome == Outcome::kFailure) ++step.failures;
}

// G1, G2 and G7 at the moment of the answer.
void Checker::OnAnswer(const TxnRequest& request, bool submit, const Answer& answer) {
  const std::string& gid = request.body->gid;
  const auto found = sagas_.find(gid);
  const bool success = answer.kind == Answer::Kind::kSuccess;
  const bool failure = answer.kind == Answer::Kind::kFailure;
  if (answer.kind == Answer::Kind::kUnavailable) marks_.Hit(Mark::kStoreTroubleTold);
  if (answer.kind == Answer::Kind::kInvalid) Fail(gid, "a sound request failed: " + answer.message);
  if (found == sagas_.end()) {
    if (success) Fail(gid, "G1: acknowledged, but not durable");
    if (failure) Fail(gid, "G7: refused, but unknown");
    return;
  }
  const Txn& txn = found->second.stored;
  const bool same = txn.body->steps == request.body->steps;
  if (success && !same) return Fail(gid, "G2: other content was accepted");
  if (failure && !same) return marks_.Hit(Mark::kOtherContent);
  if (!submit) return;
  CheckSubmitted(txn, *request.terms, answer.kind);
  if (request.terms->wait_result) CheckWaited(txn, answer.kind);
}

// The answer to a submit whose content is the stored one's, unless it was never looked at.
void Checker::CheckSubmitted(const Txn& txn, const Terms& asked, Answer::Kind answer) {
  if (answer == Answer::Kind::kSuccess) {
    if (txn.status == TxnStatus::kPrepared) {
      Fail(txn.gid(), "G1: the submit was acknowledged, but is not durable");
    }
    CheckTerms(txn, asked);
  }
  if (answer == Answer::Kind::kFailure) {
    const bool backward = txn.status == TxnStatus::kAborting || txn.status == TxnStatus::kFailed;
    if (!backward) Fail(txn.gid(), "G7: FAILURE, but there is no durable decision to roll back");
  }
}

// The answer to a submit that asked for the outcome.
void Checker::CheckWaited(const Txn& txn, Answer::Kind answer) {
  if (answer == Answer::Kind::kSuccess) {
    if (txn.status != TxnStatus::kSucceed) Fail(txn.gid(), "G7: SUCCESS, but not succeed");
    marks_.Hit(Mark::kWaitSuccess);
  }
  if (answer == Answer::Kind::kFailure) marks_.Hit(Mark::kWaitFailure);
  if (answer == Answer::Kind::kOngoing) marks_.Hit(Mark::kWaitOngoing);
}

// What was asked for is what drives it.
void Checker::CheckTerms(const Txn& txn, const Terms& asked) {
  const Terms& terms = *txn.terms;
  const bool kept =
      terms.retry_limit == asked.retry_limit && terms.concurrent == asked.concurrent &&
      terms.timeout_to_fail == asked.timeout_to_fail &&
      terms.request_timeout == asked.request_timeout &&
      terms.retry_interval == asked.retry_interval && terms.progress == asked.progress;
  if (!kept) Fail(txn.gid(), "G1: stored with other options than asked for");
}

// A query shows only what is durable; an end, once shown, is the end.
void Checker::OnShown(const std::string& gid, const std::string& json) {
  constexpr std::string_view kStatus = R"("status":")";
  const std::size_t txn = json.find(R"("transaction":{)");
  const std::size_t at = txn == std::string::npos ? txn : json.find(kStatus, txn);
  if (at == std::string::npos) return;  // Unknown when it was read.
  marks_.Hit(Mark::kShown);
  const std::size_t begin = at + kStatus.size();
  const std::string shown = json.substr(begin, json.find('"', begin) - begin);
  if (!IsStored(gid)) return Fail(gid, "a query shows what is not durable");
  const bool end = shown == Name(TxnStatus::kSucceed) || shown == Name(TxnStatus::kFailed);
  if (end && shown != Name(StatusOf(gid))) Fail(gid, "a query shows an end that is not durable");
}

void Checker::OnForced(const std::string& gid, const Answer& answer) {
  if (answer.kind != Answer::Kind::kSuccess) return;
  const auto found = sagas_.find(gid);
  const bool durable = found != sagas_.end() && found->second.stored.force.when != kNever;
  if (!durable) Fail(gid, "G14: a forced end was acknowledged, but is not durable");
}

// G1: what the judge has seen stored is what the store holds.
void Checker::CompareRecord(const std::string& gid, const std::optional<StoredTxn>& record) {
  const auto found = sagas_.find(gid);
  if (record.has_value() != (found != sagas_.end())) return Fail(gid, "G1: lost, or from nowhere");
  if (!record.has_value()) return;
  const Txn& seen = found->second.stored;
  const bool same = record->txn.version == seen.version && record->txn.status == seen.status &&
                    record->txn.branches == seen.branches &&
                    record->txn.body->steps == seen.body->steps;
  if (!same) Fail(gid, "G1: the record is not what was stored");
}

void Checker::AtRest(const std::string& gid, const std::vector<StepBooks>& books) {
  const auto found = sagas_.find(gid);
  if (found == sagas_.end()) return;
  const Txn& txn = found->second.stored;
  if (txn.status == TxnStatus::kPrepared) return;
  if (!txn.IsFinished()) return Fail(gid, "L1: not finished: " + std::string(Name(txn.status)));
  if (txn.force.when != kNever) return;
  for (std::size_t i = 0; i < books.size(); ++i) {
    const StepBooks& step = books[i];
    if (!step.barrier) continue;
    const int due = txn.status == TxnStatus::kSucceed && !txn.body->steps[i].action.empty() ? 1 : 0;
    if (txn.body->steps[i].compensate.empty() && due == 0) continue;
    if (step.applied - step.undone != due) Fail(gid, "the money of step " + std::to_string(i + 1));
  }
}

}  // namespace treaty::sim
