// The events of the walk. The checks are in saga_walk_checks.cc.

#include "core/saga_walk.h"

#include <bit>
#include <utility>

#include "core/backoff.h"

namespace treaty {
namespace {

constexpr Outcome kOutcomes[] = {Outcome::kSuccess, Outcome::kFailure, Outcome::kOngoing,
                                 Outcome::kUnknown};

bool Contains(unsigned set, std::uint32_t step) { return ((set >> step) & 1U) != 0; }

// Whether a time that has not come yet is of interest in any copy.
bool IsWaiting(const World& world) {
  return world.memory.due > kWalkNow || world.durable.due > kWalkNow;
}

bool IsUntimed(const World& world) {
  const Time deadline = Deadline(world.memory);
  return deadline != kNever && deadline > kWalkNow;
}

void LetDueCome(World& world) {
  for (Txn* txn : {&world.memory, &world.durable}) {
    if (txn->due > kWalkNow) txn->due = kWalkNow;
  }
}

void LetTimeoutCome(World& world) {
  for (Txn* txn : {&world.memory, &world.durable}) txn->created = kNever + std::chrono::hours(1);
}

}  // namespace

SagaWalk::SagaWalk(const WalkSaga& saga)
    : saga_(saga),
      body_(std::make_shared<Body>(saga.body)),
      terms_(std::make_shared<Terms>(saga.terms)) {}

const std::vector<std::string>& SagaWalk::Run() {
  for (const TxnStatus status : {TxnStatus::kPrepared, TxnStatus::kSubmitted}) {
    World start;
    start.memory = saga::Create(body_, terms_, status, kWalkNow);
    start.durable = start.memory;
    Reach(start);
  }
  while (!to_visit_.empty() && violations_.empty()) {
    const std::uint64_t bits = to_visit_.back();
    to_visit_.pop_back();
    Visit(Unpack(bits, body_, terms_));
  }
  for (const std::uint64_t bits : reached_) CheckItEnds(bits);
  return violations_;
}

void SagaWalk::Visit(const World& world) {
  CheckState(world);
  VisitCalls(world);
  VisitReplies(world);
  VisitRequests(world);
  VisitTime(world);
  VisitRestart(world);
}

void SagaWalk::VisitCalls(const World& world) {
  for (const Call& call : saga::Plan(world.memory, kWalkNow, saga_.policy).calls) {
    if (Contains(world.unsent, call.branch.value)) continue;  // The engine drops it.
    CheckCall(world, call);
    Reach(Called(world, call));
    if (call.op == Op::kAction) Reach(CalledUnsent(world, call));
  }
}

void SagaWalk::VisitReplies(const World& world) {
  for (std::uint32_t i = 0; i < world.memory.branches.size(); ++i) {
    if (Contains(world.action_replies, i)) VisitReply(world, {{i}, Op::kAction});
    if (Contains(world.compensate_replies, i)) VisitReply(world, {{i}, Op::kCompensate});
    if (Contains(world.unsent, i)) VisitUnsent(world, {i});
  }
}

void SagaWalk::VisitReply(const World& world, const Call& call) {
  for (const Outcome outcome : kOutcomes) {
    for (const bool round_over : {false, true}) {
      const Replied reply{call.branch, call.op, outcome, "text", round_over};
      React(world, {kWalkNow, 1.0, reply});
    }
  }
}

void SagaWalk::VisitUnsent(const World& world, BranchIndex step) {
  for (const bool round_over : {false, true}) Reach(EndUnsent(world, step, round_over));
}

// It ends once, and only then the coordinator knows that nobody has seen it.
World SagaWalk::EndUnsent(World world, BranchIndex step, bool round_over) {
  world.unsent &= ~(1U << step.value);
  const Replied reply{step, Op::kAction, Outcome::kNotSent, "", round_over, Duration(0), true};
  return Stored(world, Decide(world, {kWalkNow, 1.0, reply}));
}

void SagaWalk::VisitRequests(const World& world) {
  React(world, {kWalkNow, 1.0, Ticked{}});
  React(world, {kWalkNow, 1.0, Submitted{}});
  React(world, {kWalkNow, 1.0, DueReset{}});
  // A forced end breaks promises by order, so nothing is expected of it but the move.
  Decide(world, {kWalkNow, 1.0, ForceStopped{"who", "why"}});
}

void SagaWalk::VisitTime(const World& world) {
  if (world.memory.IsFinished()) return;
  if (IsWaiting(world)) {
    World later = world;
    LetDueCome(later);
    Reach(later);
  }
  if (IsUntimed(world)) {
    World later = world;
    LetTimeoutCome(later);
    Reach(later);
  }
  if (world.memory.live.hold_until != kNever) {
    World later = world;
    later.memory.live.hold_until = kNever;
    Reach(later);
  }
}

void SagaWalk::VisitRestart(const World& world) {
  World flushed = world;
  flushed.durable = world.memory;
  flushed.durable.live = Live();
  Reach(flushed);
  Reach(Restarted(world));
}

void SagaWalk::Reach(World world) {
  MakeAbstract(world.memory);
  MakeAbstract(world.durable);
  const std::uint64_t bits = Pack(world);
  ++transitions_;
  if (reached_.insert(bits).second) to_visit_.push_back(bits);
}

void SagaWalk::React(const World& world, const Event& event) {
  Decision decision = Decide(world, event);
  const bool changed =
      decision.durability != Durability::kUnchanged || !(decision.next.live == world.memory.live);
  if (changed) {
    Reach(Stored(world, std::move(decision)));
  } else {
    ++transitions_;
  }
}

Decision SagaWalk::Decide(const World& world, const Event& event) {
  Decision decision = saga::Apply(world.memory, event, saga_.policy);
  CheckDecision(world, event, decision);
  return decision;
}

// As the engine does it: what is durable is stored at once, the rest stays in memory.
World SagaWalk::Stored(World world, Decision decision) const {
  world.memory = std::move(decision.next);
  if (decision.durability == Durability::kDurable) {
    world.durable = world.memory;
    world.durable.live = Live();
  }
  return world;
}

World SagaWalk::Called(World world, const Call& call) const {
  const unsigned step = 1U << call.branch.value;
  if (call.op == Op::kAction) {
    saga::MarkCalled(world.memory, call.branch);
    world.called |= step;
    world.action_replies |= step;
  } else {
    world.compensated = true;
    world.compensate_replies |= step;
  }
  return world;
}

// A first call of which nothing is sent. A later one is no different from an unknown reply, but for
// the count of attempts.
World SagaWalk::CalledUnsent(World world, const Call& call) const {
  if (world.memory.branches[call.branch.value].called) return world;
  saga::MarkCalled(world.memory, call.branch);
  world.unsent |= 1U << call.branch.value;
  return world;
}

// Only this may widen the set of steps that count as called.
World SagaWalk::Restarted(World world) const {
  world.memory = world.durable;
  saga::Loaded(world.memory, kWalkNow, saga_.policy);
  saga::LeaveBehind(world.memory);
  for (std::size_t i = 0; i < world.memory.branches.size(); ++i) {
    if (world.memory.branches[i].called) world.called |= 1U << i;
  }
  world.unsent = 0;
  world.action_replies = 0;
  world.compensate_replies = 0;
  return world;
}

// The next state when participants say yes and time goes on.
World SagaWalk::FairNext(const World& world) {
  if (world.unsent != 0)
    return EndUnsent(world, {static_cast<std::uint32_t>(std::countr_zero(world.unsent))}, true);
  const Duties duties = saga::Plan(world.memory, kWalkNow, saga_.policy);
  if (!duties.calls.empty()) {
    const Call call = duties.calls.front();
    const Replied yes{call.branch, call.op, Outcome::kSuccess, "", true};
    const World called = Called(world, call);
    return Stored(called, Decide(called, {kWalkNow, 1.0, yes}));
  }
  if (duties.wake == kNever) return world;
  if (duties.wake <= kWalkNow) {
    return Stored(world, Decide(world, {kWalkNow, 1.0, Ticked{}}));
  }
  World later = world;
  LetDueCome(later);
  later.memory.live.hold_until = kNever;
  if (Pack(later) == Pack(world)) LetTimeoutCome(later);
  return later;
}

// L1: from every state, yes-saying participants and time bring the end. A prepared saga rests.
void SagaWalk::CheckItEnds(std::uint64_t start) {
  std::vector<std::uint64_t> path;
  std::uint64_t bits = start;
  while (!ends_.contains(bits)) {
    const World world = Unpack(bits, body_, terms_);
    path.push_back(bits);
    if (world.memory.IsFinished() || world.memory.status == TxnStatus::kPrepared) break;
    if (path.size() > 40) return Expect(false, "L1 it ends", Unpack(start, body_, terms_));
    World next = FairNext(world);
    MakeAbstract(next.memory);
    MakeAbstract(next.durable);
    bits = Pack(next);
  }
  ends_.insert(path.begin(), path.end());
}

}  // namespace treaty
