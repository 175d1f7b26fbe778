// Five lines, served in this order, each as far as its share of the total goes:
//
//   suspects without a call under way, then other suspects   1/2, late calls counted in
//   strangers                                                3/4, suspects counted in
//   trusted ones with less than an even share, then others   all of it
//
// A call that turns late counts as a suspect's from then on. That may take suspects beyond their
// share; what is too much gives way once somebody else has no room.

#include "participant/turnstile.h"

namespace treaty {

// Late calls do not keep a suspect from being tried: it may have come back since.
bool Turnstile::CanStart(const Gate& gate) const {
  if (gate.queued == 0 || gate.active >= limits_.per_gate) return false;
  return !gate.IsSuspect() || gate.active == gate.late_calls;
}

Turnstile::Line Turnstile::LineOf(const Gate& gate) const {
  switch (gate.standing()) {
    case Standing::kSuspect:
      return gate.active == 0 ? kProbes : kSuspects;
    case Standing::kStranger:
      return kStrangers;
    case Standing::kTrusted:
      break;
  }
  return gate.active * busy_gates_ < limits_.total ? kModest : kOthers;
}

void Turnstile::LineUp(Gate& gate) {
  if (!CanStart(gate)) return gate.ChainLink<InLine>::Leave();
  const Line line = LineOf(gate);
  if (gate.waits() && gate.line == line) return;
  gate.line = line;
  lines_[line].PushBack(gate);
}

bool Turnstile::HasRoom(std::size_t line) const {
  if (active_ >= limits_.total) return false;
  const std::size_t suspects = Count(Standing::kSuspect);
  if (line <= kSuspects) return 2 * suspects < limits_.total;
  if (line == kStrangers) return 4 * (suspects + Count(Standing::kStranger)) < 3 * limits_.total;
  return true;
}

Gate* Turnstile::Next() {
  for (std::size_t line = 0; line < kLines; ++line) {
    Gate* const next = lines_[line].front();
    if (next == nullptr || !HasRoom(line)) continue;
    next->ChainLink<InLine>::Leave();
    return next;
  }
  return nullptr;
}

void Turnstile::Started(Gate& gate, Turn& turn, Steady::time_point now) {
  turn.gate = &gate;
  turn.begun = now;
  turn.standing = gate.standing();
  young_.PushBack(turn);
  ++counts_[static_cast<std::size_t>(turn.standing)];
  --gate.queued;
  if (gate.active++ == 0) ++busy_gates_;
  ++active_;
}

void Turnstile::Ended(Turn& turn) {
  Gate& gate = *turn.gate;
  turn.Leave();
  --counts_[static_cast<std::size_t>(turn.standing)];
  if (turn.late && --gate.late_calls == 0) gate.ChainLink<WithLateCalls>::Leave();
  if (--gate.active == 0) --busy_gates_;
  --active_;
}

void Turnstile::Heard(Gate& gate, Steady::time_point now) {
  const bool rises = gate.standing() != Standing::kTrusted;
  gate.timeouts = 0;
  gate.silent = false;
  gate.heard_at = now;
  if (rises) LineUp(gate);
}

void Turnstile::Look(Steady::time_point now) {
  while (Turn* const oldest = young_.front()) {
    if (now - oldest->begun < limits_.patience) return;
    MakeLate(*oldest);
  }
}

void Turnstile::MakeLate(Turn& turn) {
  Gate& gate = *turn.gate;
  turn.late = true;
  --counts_[static_cast<std::size_t>(turn.standing)];
  turn.standing = Standing::kSuspect;
  ++counts_[static_cast<std::size_t>(turn.standing)];
  if (gate.late_calls++ == 0) with_late_calls_.PushBack(gate);
  gate.late.PushBack(turn);
  if (gate.heard_at <= turn.begun) gate.silent = true;
  LineUp(gate);
}

// A suspect without any call under way also counts: else those that never answer would keep it from
// being tried.
Turn* Turnstile::WhoGivesWay() const {
  const std::size_t suspects = Count(Standing::kSuspect);
  const bool probe_waits = 2 * suspects >= limits_.total && !lines_[kProbes].empty();
  const bool other_waits =
      2 * suspects > limits_.total &&
      !(lines_[kStrangers].empty() && lines_[kModest].empty() && lines_[kOthers].empty());
  if (!probe_waits && !other_waits) return nullptr;
  const Gate* most = with_late_calls_.front();
  for (const Gate* gate = most; gate != nullptr; gate = with_late_calls_.After(*gate)) {
    if (gate->late_calls > most->late_calls) most = gate;
  }
  return most == nullptr ? nullptr : most->late.back();
}

}  // namespace treaty
