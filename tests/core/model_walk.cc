// The events of the walk. The checks are in model_walk_checks.cc.

#include "core/model_walk.h"

#include <algorithm>
#include <utility>

namespace treaty {
namespace {

constexpr Time kLater = kWalkStart + std::chrono::seconds(10);
constexpr Outcome kOutcomes[] = {Outcome::kSuccess, Outcome::kFailure, Outcome::kOngoing,
                                 Outcome::kUnknown, Outcome::kNotSent};

Time CreatedAt(Age age) {
  constexpr std::array<std::chrono::seconds, 3> kAges = {
      std::chrono::seconds(0), std::chrono::seconds(20), std::chrono::seconds(3'600)};
  return kWalkStart - kAges[static_cast<std::size_t>(age)];
}

char PhaseOf(Time due) {
  if (due == kNever) return '-';
  return due <= kWalkStart ? 'n' : 'l';
}

void Abstract(Txn& txn) {
  for (Branch& branch : txn.branches) {
    branch.called = false;
    branch.attempts = 0;
    branch.action_time = branch.action == BranchStatus::kPrepared ? kNever : kWalkStart;
    branch.compensate_time = branch.compensate == BranchStatus::kPrepared ? kNever : kWalkStart;
  }
  txn.backoff = std::min(txn.backoff, 1U);
  if (txn.due != kNever) txn.due = txn.due <= kWalkStart ? kWalkStart : kLater;
  if (!txn.rollback_reason.empty()) txn.rollback_reason = "reason";
  txn.updated = kWalkStart;
  txn.finished = txn.IsFinished() ? kWalkStart : kNever;
  txn.version = 0;
}

void Append(const Txn& txn, std::string& text) {
  text += std::string(Name(txn.status)) + "[";
  for (const Branch& branch : txn.branches) {
    text += std::string(Name(branch.action)) + "/" + std::string(Name(branch.compensate)) +
            (branch.tried ? " tried;" : ";");
  }
  text += "]";
  for (const auto& step : txn.registered) text += step->id + step->op + "=" + step->payload + ",";
  text += " k=" + std::to_string(txn.backoff) + " due=" + PhaseOf(txn.due) + " " +
          txn.rollback_reason + txn.result;
}

}  // namespace

std::string Describe(const WalkState& state) {
  std::string text = "memory ";
  Append(state.memory, text);
  text += "; durable ";
  Append(state.durable, text);
  text += "; backed off " + std::to_string(state.memory.live.backed_off) + "; age " +
          std::to_string(static_cast<int>(state.age)) + "; open";
  for (const Call& call : state.open) {
    text +=
        " " + std::to_string(call.branch.value) + "." + std::to_string(static_cast<int>(call.op));
  }
  text += "; forward";
  for (const BranchIndex branch : state.forward) text += " " + std::to_string(branch.value);
  text += "; backward";
  for (const BranchIndex branch : state.backward) text += " " + std::to_string(branch.value);
  text += "; runners";
  for (const std::size_t runner : state.runners) text += " " + std::to_string(runner);
  return text;
}

void MakeAbstract(WalkState& state) {
  Abstract(state.memory);
  Abstract(state.durable);
  if (state.runners[0] > state.runners[1]) std::swap(state.runners[0], state.runners[1]);
}

ModelWalk::ModelWalk(WalkPlan plan)
    : plan_(std::move(plan)),
      body_(std::make_shared<Body>(plan_.body)),
      terms_(std::make_shared<Terms>(plan_.terms)) {}

const std::vector<std::string>& ModelWalk::Run() {
  WalkState start;
  const TxnStatus status = plan_.direct ? TxnStatus::kSubmitted : TxnStatus::kPrepared;
  start.memory = model::Create(body_, terms_, status, kWalkStart);
  start.durable = start.memory;
  Reach(start);
  while (!to_visit_.empty() && violations_.empty()) {
    const std::string text = std::move(to_visit_.back());
    to_visit_.pop_back();
    Visit(WalkState(reached_.at(text)));
  }
  for (const auto& [text, state] : reached_) CheckItEnds(text);
  return violations_;
}

void ModelWalk::Visit(const WalkState& state) {
  CheckState(state);
  VisitCalls(state);
  VisitReplies(state);
  VisitDecisions(state);
  VisitRegistrations(state);
  VisitRunners(state);
  VisitTime(state);
  VisitRestart(state);
  React(state, Ticked{});
  React(state, DueReset{});
  // A forced end breaks promises by order, so nothing is expected of it but the move.
  Decide(state, ForceStopped{"who", "why"});
}

void ModelWalk::VisitCalls(const WalkState& state) {
  for (const Call& call : model::Plan(state.memory, kWalkStart, plan_.policy).calls) {
    CheckCall(state, call);
    Reach(Called(state, call));
  }
}

void ModelWalk::VisitReplies(const WalkState& state) {
  for (const Call& call : state.open) {
    for (const Outcome outcome : kOutcomes) {
      for (const bool round_over : {false, true}) {
        React(state, Replied{call.branch, call.op, outcome, "text", round_over});
      }
    }
  }
}

void ModelWalk::VisitDecisions(const WalkState& state) {
  if (body_->model == Model::kWorkflow) return;
  CheckSubmitAnswer(state, Submit(state));
  CheckAbortAnswer(state, Abort(state));
}

// The same branch, and one of the same id with other content.
void ModelWalk::VisitRegistrations(const WalkState& state) {
  if (body_->model == Model::kWorkflow || body_->model == Model::kMessage) return;
  for (const Step& branch : plan_.branches) {
    CheckRegisterAnswer(state, branch, Register(state, branch));
    if (FindRegistered(state.memory, branch) == nullptr) continue;
    Step other = branch;
    other.payload = "other";
    CheckRegisterAnswer(state, other, Register(state, other));
  }
}

void ModelWalk::VisitRunners(const WalkState& state) {
  if (body_->model != Model::kWorkflow) return;
  for (std::size_t runner = 0; runner < state.runners.size(); ++runner) {
    WalkState next = state;
    if (state.runners[runner] == 0) {
      next.runners[runner] = 1;  // Started by its client, or resumed.
      Reach(next);
      continue;
    }
    next.runners[runner] = 0;  // It dies.
    Reach(next);
    VisitRunner(state, runner);
  }
}

// Skips what is recorded, or records its own result of the step, or reports the end.
void ModelWalk::VisitRunner(const WalkState& state, std::size_t runner) {
  const std::size_t at = state.runners[runner];
  if (at > plan_.branches.size()) {
    for (const TxnStatus end : {TxnStatus::kSucceed, TxnStatus::kFailed}) EndWorkflow(state, end);
    return;
  }
  WalkState next = state;
  next.runners[runner] = at + 1;
  if (FindRegistered(state.memory, plan_.branches[at - 1]) != nullptr) Reach(next);
  Step mine = plan_.branches[at - 1];
  mine.payload = "of runner " + std::to_string(runner);
  WalkState after = next;
  CheckRegisterAnswer(state, mine, Register(state, mine, &after));
}

void ModelWalk::VisitTime(const WalkState& state) {
  if (state.memory.IsFinished()) return;
  if (state.age != Age::kExpired) {
    WalkState later = state;
    SetAge(later, static_cast<Age>(static_cast<int>(state.age) + 1));
    Reach(later);
  }
  WalkState later = state;
  for (Txn* txn : {&later.memory, &later.durable}) {
    if (txn->due != kNever) txn->due = kWalkStart;
  }
  Reach(later);
}

void ModelWalk::VisitRestart(const WalkState& state) {
  WalkState flushed = state;
  flushed.durable = state.memory;
  flushed.durable.live = Live();
  Reach(flushed);
  WalkState restarted = state;
  restarted.memory = state.durable;
  model::Loaded(restarted.memory, kWalkStart, plan_.policy);
  model::LeaveBehind(restarted.memory);
  restarted.open.clear();
  Reach(restarted);
}

void ModelWalk::Reach(WalkState state) {
  MakeAbstract(state);
  std::string text = Describe(state);
  if (reached_.try_emplace(text, std::move(state)).second) to_visit_.push_back(std::move(text));
}

void ModelWalk::React(const WalkState& state, decltype(Event::what) what) {
  Decision decision = Decide(state, std::move(what));
  const bool changed =
      decision.durability != Durability::kUnchanged || !(decision.next.live == state.memory.live);
  if (changed) Reach(Stored(state, std::move(decision)));
}

Decision ModelWalk::Decide(const WalkState& state, decltype(Event::what) what) {
  const Event event{kWalkStart, 1.0, std::move(what)};
  Decision decision = model::Apply(state.memory, event, plan_.policy);
  CheckDecision(state, event, decision);
  return decision;
}

// As the engine does it: what is durable is stored at once, the rest stays in memory.
WalkState ModelWalk::Stored(WalkState state, Decision decision) const {
  state.memory = std::move(decision.next);
  if (decision.durability == Durability::kDurable) {
    state.durable = state.memory;
    state.durable.live = Live();
  }
  return state;
}

WalkState ModelWalk::Called(WalkState state, const Call& call) const {
  state.open.insert(call);
  if (call.op == Op::kAction) state.forward.insert(call.branch);
  if (call.op == Op::kCompensate) state.backward.insert(call.branch);
  return state;
}

void ModelWalk::SetAge(WalkState& state, Age age) const {
  state.age = age;
  state.memory.created = state.durable.created = CreatedAt(age);
}

// --- Requests, as the engine answers them ------------------------------------------------------

Answer::Kind ModelWalk::Submit(const WalkState& state) {
  TxnRequest request;
  request.body = body_;
  request.terms = terms_;
  const Ruling ruling = RuleOnSubmit(state.memory, request);
  if (ruling.kind == Ruling::Kind::kApply) React(state, Submitted{});
  return ruling.kind == Ruling::Kind::kAnswer ? ruling.answer.kind : Answer::Kind::kOngoing;
}

Answer::Kind ModelWalk::Abort(const WalkState& state) {
  const AbortRequest request{body_->gid, body_->model, "changed my mind", false};
  const Ruling ruling = RuleOnAbort(state.memory, request);
  if (ruling.kind == Ruling::Kind::kApply) React(state, Aborted{request.reason});
  return ruling.kind == Ruling::Kind::kAnswer ? ruling.answer.kind : Answer::Kind::kOngoing;
}

RegisterRequest ModelWalk::Registering(const Step& step) const {
  RegisterRequest request;
  request.gid = body_->gid;
  request.model = body_->model;
  request.step = std::make_shared<Step>(step);
  request.outcome = BranchStatus::kSucceed;
  return request;
}

// `after` is the state in which it is applied, where that is not `state` itself.
Answer::Kind ModelWalk::Register(const WalkState& state, const Step& step, WalkState* after) {
  constexpr std::size_t kMostBranches = 10;
  const RegisterRequest request = Registering(step);
  const Ruling ruling = RuleOnRegister(state.memory, request, kMostBranches);
  if (ruling.kind != Ruling::Kind::kApply) return ruling.answer.kind;
  React(after != nullptr ? *after : state, Registered{request.step, request.outcome});
  return Answer::Kind::kOngoing;
}

Answer::Kind ModelWalk::EndWorkflow(const WalkState& state, TxnStatus end) {
  const WorkflowEndRequest request{body_->gid, {end, "reason", "result"}};
  const Ruling ruling = RuleOnWorkflowEnd(state.memory, request);
  if (ruling.kind == Ruling::Kind::kApply) React(state, request.end);
  const bool same = state.memory.status == end;
  const auto expected = same ? Answer::Kind::kSuccess : Answer::Kind::kFailure;
  if (state.memory.IsFinished()) {
    Expect(ruling.answer.kind == expected, "W2 the end is told as it is", state);
  }
  return ruling.answer.kind;
}

// --- Liveness ----------------------------------------------------------------------------------

// The next state when participants say yes, a resumed workflow ends, and time goes on.
WalkState ModelWalk::FairNext(const WalkState& state) {
  const Duties duties = model::Plan(state.memory, kWalkStart, plan_.policy);
  if (IsLeftAlone(*body_)) {  // Its client comes back by itself.
    return Stored(state, Decide(state, WorkflowEnded{TxnStatus::kSucceed, "", ""}));
  }
  if (!duties.calls.empty()) {
    const Call call = duties.calls.front();
    const WalkState called = Called(state, call);
    if (body_->model == Model::kWorkflow) {
      return Stored(called, Decide(called, WorkflowEnded{TxnStatus::kSucceed, "", ""}));
    }
    return Stored(called,
                  Decide(called, Replied{call.branch, call.op, Outcome::kSuccess, "", true}));
  }
  if (duties.wake <= kWalkStart) return Stored(state, Decide(state, Ticked{}));
  WalkState later = state;
  SetAge(later, Age::kExpired);
  for (Txn* txn : {&later.memory, &later.durable}) {
    if (txn->due != kNever) txn->due = kWalkStart;
  }
  return later;
}

// L1, L3, L6, XA1: from every state, yes-saying participants and time bring the end.
void ModelWalk::CheckItEnds(const std::string& start) {
  std::vector<std::string> path;
  WalkState state = reached_.at(start);
  std::string text = start;
  while (!ends_.contains(text) && !state.memory.IsFinished()) {
    path.push_back(text);
    if (path.size() > 40) return Expect(false, "L1 it ends", reached_.at(start));
    state = FairNext(state);
    MakeAbstract(state);
    text = Describe(state);
  }
  ends_.insert(path.begin(), path.end());
}

}  // namespace treaty
