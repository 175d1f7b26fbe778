// What must hold in every state of the walk, and in every step of it. The names in front are
// those of reliability §3.

#include <algorithm>

#include "core/model_walk.h"

namespace treaty {
namespace {

constexpr auto kPrepared = BranchStatus::kPrepared;
constexpr auto kDone = BranchStatus::kSucceed;
using S = TxnStatus;

bool SameButLive(const Txn& a, const Txn& b) {
  return a.status == b.status && a.branches == b.branches && a.registered == b.registered &&
         a.backoff == b.backoff && a.due == b.due && a.rollback_reason == b.rollback_reason &&
         a.result == b.result && a.finished == b.finished && a.updated == b.updated &&
         a.terms == b.terms && a.force == b.force;
}

const Replied* ReplyIn(const Event& event, Op op, Outcome outcome) {
  const auto* reply = std::get_if<Replied>(&event.what);
  return reply != nullptr && reply->op == op && reply->outcome == outcome ? reply : nullptr;
}

template <typename What>
bool Is(const Event& event) {
  return std::holds_alternative<What>(event.what);
}

// Whether back-off may take a step. Each call to the client is a round of its own.
bool MayBackOff(const Event& event, const Txn& txn) {
  const auto* reply = std::get_if<Replied>(&event.what);
  const bool silent = reply != nullptr && reply->outcome != Outcome::kSuccess &&
                      reply->outcome != Outcome::kOngoing;
  return silent && (reply->op == Op::kQuery || !txn.live.backed_off);
}

}  // namespace

void ModelWalk::Expect(bool condition, const char* promise, const WalkState& state) {
  if (!condition && violations_.size() < 5) {
    violations_.push_back(std::string(promise) + ": " + Describe(state));
  }
}

void ModelWalk::CheckState(const WalkState& state) {
  const Txn& txn = state.memory;
  const Duties duties = model::Plan(txn, kWalkStart, plan_.policy);
  const bool idle = duties.calls.empty() && duties.wake == kNever;
  const bool rests = txn.IsFinished() || IsLeftAlone(*body_);
  Expect(rests == idle, "G10 it is driven to its end", state);
  const bool waits = std::ranges::any_of(txn.branches, &Branch::tried);
  Expect(!waits || txn.IsFinished() || txn.due != kNever, "a wait has an end", state);
  CheckRecord(state);
}

void ModelWalk::CheckRecord(const WalkState& state) {
  const Txn& record = state.durable;
  const bool onward = record.status == S::kSubmitted || record.status == S::kSucceed;
  const bool backward = record.status == S::kAborting || record.status == S::kFailed;
  Expect(state.forward.empty() || onward, "T1 M1 forward only after a durable submitted", state);
  Expect(state.backward.empty() || backward, "T1 back only after a durable aborting", state);
  Expect(state.forward.empty() || state.backward.empty(), "G5 never both directions", state);
  const bool workflow = record.body->model == Model::kWorkflow;
  const bool message = record.body->model == Model::kMessage;
  for (const Branch& branch : record.branches) {
    if (workflow) continue;
    if (record.status == S::kSucceed) Expect(branch.action == kDone, "T3 M3 all is done", state);
    if (record.status == S::kFailed && !message) {
      Expect(branch.compensate == kDone, "T3 all is undone", state);
    }
  }
  if (workflow) Expect(state.forward.empty() && state.backward.empty(), "W only resumes", state);
  if (IsLeftAlone(*record.body)) CheckLeftAlone(state);
}

bool IsLeftAlone(const Body& body) {
  return body.model == Model::kWorkflow && body.query_prepared.empty();
}

// Nothing is ever due: it costs nothing, and no restart brings it back to memory.
void ModelWalk::CheckLeftAlone(const WalkState& state) {
  for (const Txn* txn : {&state.memory, &state.durable}) {
    const Duties duties = model::Plan(*txn, kWalkStart, plan_.policy);
    Expect(duties.calls.empty() && duties.wake == kNever, "W nobody is resumed", state);
    Expect(txn->due == kNever, "W no time is kept for nobody", state);
  }
}

void ModelWalk::CheckDecision(const WalkState& before, const Event& event,
                              const Decision& decision) {
  const Txn& txn = before.memory;
  const Txn& next = decision.next;
  if (decision.durability == Durability::kUnchanged) {
    return Expect(SameButLive(txn, next), "unchanged is unchanged", before);
  }
  Expect(!txn.IsFinished(), "G3 the end absorbs", before);
  const bool forced = Is<ForceStopped>(event);
  Expect(IsLegalMove(txn.body->model, txn.status, next.status, forced), "G3 legal moves", before);
  if (txn.status != next.status) {
    Expect(decision.durability == Durability::kDurable, "G4 a move is durable", before);
    if (!forced) CheckCause(before, event, next);
  }
  const std::uint32_t step = MayBackOff(event, txn) ? 1 : 0;
  Expect(next.backoff <= txn.backoff + step, "G11 one step a round", before);
  CheckGrowth(before, next);
}

// T5, M1, M2, W2: every decision has a cause.
void ModelWalk::CheckCause(const WalkState& before, const Event& event, const Txn& next) {
  const Model model = next.body->model;
  const bool expired = before.age == Age::kExpired;
  if (model == Model::kWorkflow) return Expect(Is<WorkflowEnded>(event), "W2 ended by it", before);
  if (before.memory.status != S::kPrepared) return;
  const bool checks = model == Model::kMessage;
  if (next.status == S::kSubmitted) {
    const bool confirmed = checks && ReplyIn(event, Op::kQuery, Outcome::kSuccess) != nullptr;
    return Expect(Is<Submitted>(event) || confirmed, "M1 T5 submitted by its client", before);
  }
  const bool denied = checks && ReplyIn(event, Op::kQuery, Outcome::kFailure) != nullptr;
  const bool timed_out = !checks && expired && Is<Ticked>(event);
  Expect(Is<Aborted>(event) || denied || timed_out, "M2 T5 undone with a cause", before);
}

// G8: what is known only grows. T2: branches are added before the decision. W1: never rewritten.
void ModelWalk::CheckGrowth(const WalkState& before, const Txn& next) {
  const Txn& txn = before.memory;
  const bool open = txn.status == S::kPrepared && next.status == S::kPrepared;
  Expect(open || next.registered.size() == txn.registered.size(), "T2 frozen", before);
  Expect(next.registered.size() >= txn.registered.size(), "W1 T2 nothing is taken away", before);
  for (std::size_t i = 0; i < txn.branches.size() && i < next.branches.size(); ++i) {
    const Branch& was = txn.branches[i];
    const Branch& is = next.branches[i];
    Expect(was.action == is.action || was.action == kPrepared, "G8 action", before);
    Expect(was.compensate == is.compensate || was.compensate == kPrepared, "G8 back", before);
    if (i >= txn.registered.size()) continue;
    Expect(*txn.registered[i] == *next.registered[i], "W1 byte for byte", before);
  }
  for (std::size_t i = 0; i + 1 < next.registered.size(); ++i) {
    const bool twice = next.registered[i]->id == next.registered.back()->id &&
                       next.registered[i]->op == next.registered.back()->op;
    Expect(!twice, "W3 W4 one record of a place", before);
  }
}

void ModelWalk::CheckCall(const WalkState& state, const Call& call) {
  const Txn& txn = state.memory;
  Expect(txn.status == state.durable.status, "G4 acts on what is durable", state);
  if (call.op == Op::kQuery) {
    const bool message = txn.body->model == Model::kMessage;
    Expect(txn.status == S::kPrepared, "M1 asked only while prepared", state);
    Expect(!message || state.age == Age::kExpired, "M2 asked after the time-out", state);
    return Expect(txn.due == kNever || txn.due <= kWalkStart, "no resume before it is due", state);
  }
  const Branch& branch = txn.branches[call.branch.value];
  Expect(!branch.tried || txn.due <= kWalkStart, "no call before it is due", state);
  const bool done = (call.op == Op::kAction ? branch.action : branch.compensate) == kDone;
  Expect(!done, "G8 no call to what is done", state);
  const bool delayed = txn.terms->delay.count() > 0 && state.age == Age::kFresh;
  Expect(!delayed, "M5 not before its time", state);
  CheckOrder(state, call);
}

// TCC: the last registered first. XA and message: the first one first.
void ModelWalk::CheckOrder(const WalkState& state, const Call& call) {
  if (plan_.terms.concurrent_option) return;
  const bool behind = plan_.terms.progress == ProgressMode::kBehind;
  const Txn& known = behind ? state.memory : state.durable;
  const bool reverse = known.body->model == Model::kTcc;
  for (std::size_t i = 0; i < known.branches.size(); ++i) {
    const bool ahead = reverse ? i > call.branch.value : i < call.branch.value;
    if (!ahead) continue;
    const Branch& other = known.branches[i];
    const bool done = (call.op == Op::kAction ? other.action : other.compensate) == kDone;
    Expect(done, "the order of the second phase", state);
  }
}

// T5 and the table of repeats: kOngoing stands for "applied, or waits for the outcome".
void ModelWalk::CheckSubmitAnswer(const WalkState& state, Answer::Kind answer) {
  const S status = state.memory.status;
  if (status == S::kPrepared || status == S::kSubmitted) {
    return Expect(answer == Answer::Kind::kOngoing, "submit of what may succeed", state);
  }
  const auto expected = status == S::kSucceed ? Answer::Kind::kSuccess : Answer::Kind::kFailure;
  Expect(answer == expected, "T5 the submit hears of the winner", state);
}

void ModelWalk::CheckAbortAnswer(const WalkState& state, Answer::Kind answer) {
  const S status = state.memory.status;
  if (status == S::kPrepared || status == S::kAborting) {
    return Expect(answer == Answer::Kind::kOngoing, "abort of what may fail", state);
  }
  const auto expected = status == S::kFailed ? Answer::Kind::kSuccess : Answer::Kind::kFailure;
  Expect(answer == expected, "T5 the abort hears of the winner", state);
}

void ModelWalk::CheckRegisterAnswer(const WalkState& state, const Step& step, Answer::Kind answer) {
  const Txn& txn = state.memory;
  const Step* known = FindRegistered(txn, step);
  const bool open = txn.status == S::kPrepared;
  if (txn.body->model == Model::kWorkflow) {
    const auto in_time = known == nullptr ? Answer::Kind::kOngoing : Answer::Kind::kRecorded;
    const auto expected = open ? in_time : Answer::Kind::kEnded;
    return Expect(answer == expected, "W3 the second is told so, and not FAILURE", state);
  }
  if (!open) return Expect(answer == Answer::Kind::kFailure, "T2 too late is a no", state);
  if (known == nullptr) return Expect(answer == Answer::Kind::kOngoing, "it is taken", state);
  const auto expected = *known == step ? Answer::Kind::kSuccess : Answer::Kind::kFailure;
  Expect(answer == expected, "a repeated registration", state);
}

}  // namespace treaty
