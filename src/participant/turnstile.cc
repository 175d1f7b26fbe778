#include "participant/turnstile.h"

namespace treaty {

bool Turnstile::CanStart(const Gate& gate) const {
  const std::size_t most = gate.IsSuspect() ? 1 : limits_.per_gate;
  return gate.queued > 0 && gate.active < most;
}

void Turnstile::LineUp(Gate& gate) {
  if (gate.waiting || !CanStart(gate)) return;
  gate.waiting = true;
  (gate.IsSuspect() ? suspects_ : line_).push_back(&gate);
}

// The suspects come first, each with one call, but together never have more than half of the
// total: however many do not answer, the others have room.
Gate* Turnstile::Next() {
  if (active_ >= limits_.total) return nullptr;
  const bool room_for_suspects = 2 * active_on_suspicion_ < limits_.total;
  std::deque<Gate*>& line = suspects_.empty() || !room_for_suspects ? line_ : suspects_;
  if (line.empty()) return nullptr;
  Gate* next = line.front();
  line.pop_front();
  next->waiting = false;
  return next;
}

bool Turnstile::Started(Gate& gate) {
  --gate.queued;
  ++gate.active;
  ++active_;
  const bool on_suspicion = gate.IsSuspect();
  if (on_suspicion) ++active_on_suspicion_;
  return on_suspicion;
}

void Turnstile::Ended(Gate& gate, bool on_suspicion) {
  --gate.active;
  --active_;
  if (on_suspicion) --active_on_suspicion_;
}

}  // namespace treaty
