#include "core/change.h"

#include <algorithm>
#include <limits>

#include "core/backoff.h"
#include "core/outcome_text.h"

namespace treaty {

Durability Finish(const Change& change, TxnStatus status) {
  change.txn.status = status;
  change.txn.last_outcome.clear();
  change.txn.finished = change.event.now;
  change.txn.due = kNever;
  return Durability::kDurable;
}

Durability Enter(const Change& change, TxnStatus status) {
  Txn& txn = change.txn;
  txn.status = status;
  txn.backoff = 0;
  txn.due = kNever;
  txn.live.backed_off = false;
  txn.live.not_before = kNever;
  txn.last_outcome.clear();
  for (Branch& branch : txn.branches) branch.tried = false;
  return Durability::kDurable;
}

void NoteOutcome(const Change& change) {
  const auto* reply = std::get_if<Replied>(&change.event.what);
  if (reply == nullptr) return;
  std::string words = OutcomeText(reply->outcome, reply->text);
  if (reply->branch == kNoBranch) {
    change.txn.last_outcome = std::move(words);
  } else {
    Branch& branch = change.txn.branches[reply->branch.value];
    branch.last_outcome = std::move(words);
    branch.last_op = reply->op;
  }
}

namespace {

// The latest time that a participant has asked for. Branches wait for one time together, so the
// answer of another must not bring it forward.
Time NotBefore(const Change& change) {
  Time& not_before = change.txn.live.not_before;
  const auto* reply = std::get_if<Replied>(&change.event.what);
  if (reply != nullptr && reply->retry_after.count() > 0) {
    const Duration asked = std::min(reply->retry_after, change.policy.retry_cap);
    not_before = std::max(not_before, change.event.now + asked);
  }
  return not_before;
}

}  // namespace

Durability WaitFor(const Change& change, Duration interval) {
  NoteOutcome(change);
  const Time then = Spread(change.event.now, interval, change.event.jitter);
  change.txn.due = std::max(then, NotBefore(change));
  return Durability::kDurable;
}

Durability BackOff(const Change& change) {
  Txn& txn = change.txn;
  const bool first_of_round = !std::exchange(txn.live.backed_off, true);
  if (first_of_round && txn.backoff < std::numeric_limits<std::uint32_t>::max()) ++txn.backoff;
  return WaitFor(change, RetryInterval(txn, change.policy));
}

Durability CallAgainAfter(const Change& change, Branch& branch, Duration interval) {
  branch.tried = true;
  return WaitFor(change, interval);
}

Durability BackOff(const Change& change, Branch& branch) {
  branch.tried = true;
  return BackOff(change);
}

void Recover(Txn& txn, Branch& branch) {
  branch.tried = false;
  const bool back = txn.status == TxnStatus::kAborting;
  if (branch.last_op == (back ? Op::kCompensate : Op::kAction)) branch.last_outcome.clear();
  txn.backoff = 0;
  txn.live.backed_off = false;
  if (std::ranges::any_of(txn.branches, &Branch::tried)) return;
  txn.due = kNever;
  txn.live.not_before = kNever;
}

Durability OnForceStopped(const ForceStopped& forced, const Change& change) {
  change.txn.force = {forced.who, forced.why, change.event.now};
  return Finish(change, TxnStatus::kFailed);
}

Durability OnDueReset(const Change& change) {
  Txn& txn = change.txn;
  if (txn.due == kNever || txn.due <= change.event.now) return Durability::kUnchanged;
  txn.due = change.event.now;
  txn.live.not_before = kNever;
  return Durability::kDurable;
}

Durability ProgressDurability(const Txn& txn) {
  return txn.terms->progress == ProgressMode::kDurable ? Durability::kDurable : Durability::kBehind;
}

void WakeBy(Duties& duties, Time time) {
  if (duties.wake == kNever || time < duties.wake) duties.wake = time;
}

const std::string& UrlOf(const Txn& txn, const Call& call) {
  return UrlOf(txn, call.branch.value, call.op);
}

void AddTurn(const Txn& txn, Call call, Time now, Duties& duties) {
  if (UrlOf(txn, call).empty()) return WakeBy(duties, now);
  const bool waits = txn.branches[call.branch.value].tried && now < txn.due;
  if (waits) return WakeBy(duties, txn.due);
  duties.calls.push_back(call);
}

void PlanQuery(Time at, Time now, Duties& duties) {
  if (now < at) return WakeBy(duties, at);
  duties.calls.push_back({kNoBranch, Op::kQuery});
}

}  // namespace treaty
