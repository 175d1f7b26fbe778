// Every rank has two lines: of suspects those without a call under way go first, of the others
// those with less than an even share. A rank's calls, with those of all ranks before it, have a
// share of the total; what is left is kept for those behind it:
//
//   rank                suspect  stranger  slowest  slow   steady  brisk  quick
//   its calls hold                         longer   640    160     40     10 ms
//   share of the total  1/2      3/4       13/16    13/16  7/8     all    all
//   a place counts      first    4         16       8      4       2      1
//
// Suspects within their share go first. Of the other ranks that wait and have room it is the turn
// of the one whose places, so counted, are fewest: quick ones need not wait for slow ones, and
// nobody waits for ever. Where two have no place at all, whoever came first goes first. A call that
// turns late counts as a suspect's from then on. That may take suspects beyond their share; what is
// too much gives way once somebody else has no room.

#include "participant/turnstile.h"

#include <algorithm>
#include <utility>

namespace treaty {
namespace {

constexpr std::size_t kSuspects = static_cast<std::size_t>(Rank::kSuspect);

struct Terms {
  std::size_t sixteenths;  // Of the total.
  unsigned shift;          // What a place counts, as a power of two.
};
constexpr std::array<Terms, kRanks> kTerms = {
    {{8, 0}, {12, 2}, {13, 4}, {13, 3}, {14, 2}, {16, 1}, {16, 0}}};

// However small the total, every rank has a place more than those before it, if there is one.
std::array<std::size_t, kRanks> SharesOf(std::size_t total) {
  std::array<std::size_t, kRanks> shares;
  for (std::size_t rank = 0; rank < kRanks; ++rank) {
    shares[rank] = std::min(total, std::max(rank + 1, total * kTerms[rank].sixteenths / 16));
  }
  shares[kSuspects] = (total + 1) / 2;
  return shares;
}

}  // namespace

Turnstile::Turnstile(Limits limits) : limits_(limits), shares_(SharesOf(limits.total)) {}

// Late calls do not keep a suspect from being tried: it may have come back since.
bool Turnstile::CanStart(const Gate& gate) const {
  if (gate.queued == 0 || gate.active >= limits_.per_gate) return false;
  return !gate.IsSuspect() || gate.active == gate.late_calls;
}

std::size_t Turnstile::LineOf(const Gate& gate) const {
  const Rank rank = gate.rank();
  const bool first =
      rank == Rank::kSuspect ? gate.active == 0 : gate.active * busy_gates_ < limits_.total;
  return 2 * static_cast<std::size_t>(rank) + (first ? 0 : 1);
}

void Turnstile::LineUp(Gate& gate) {
  if (!CanStart(gate)) return gate.ChainLink<InLine>::Leave();
  const std::size_t line = LineOf(gate);
  if (gate.waits() && gate.line == line) return;
  gate.line = static_cast<std::uint8_t>(line);
  gate.place = ++lined_up_;
  waiting_ |= 1U << line / 2;
  lines_[line].PushBack(gate);
}

Gate* Turnstile::FirstOf(std::size_t rank) {
  if ((waiting_ >> rank & 1U) == 0) return nullptr;
  if (Gate* const first = lines_[2 * rank].front()) return first;
  Gate* const first = lines_[2 * rank + 1].front();
  if (first == nullptr) waiting_ &= ~(1U << rank);
  return first;
}

bool Turnstile::IsBefore(const Gate& one, const Gate& other) const {
  const auto places = [this](const Gate& gate) {
    const std::size_t rank = gate.line / 2;
    return counts_[rank] << kTerms[rank].shift;
  };
  const std::size_t ones = places(one);
  const std::size_t others = places(other);
  return ones == others && ones == 0 ? one.place < other.place : ones < others;
}

// A call counts for its own rank and all behind it; so the quickest are looked at first.
Gate* Turnstile::FirstInRow() {
  Gate* next = nullptr;
  std::size_t taken = active_;
  for (std::size_t rank = kRanks; waiting_ != 0 && rank-- > 0;) {
    if (taken >= shares_[rank]) return next;
    taken -= counts_[rank];
    Gate* const first = FirstOf(rank);
    if (first == nullptr) continue;
    if (next == nullptr || rank == kSuspects || IsBefore(*first, *next)) next = first;
  }
  return next;
}

Gate* Turnstile::Next() {
  Gate* const next = FirstInRow();
  if (next != nullptr) next->ChainLink<InLine>::Leave();
  return next;
}

void Turnstile::Started(Gate& gate, Turn& turn, Steady::time_point now) {
  turn.gate = &gate;
  turn.begun = now;
  turn.rank = gate.rank();
  young_.PushBack(turn);
  ++Count(turn.rank);
  --gate.queued;
  if (gate.active++ == 0) ++busy_gates_;
  ++active_;
}

void Turnstile::Ended(Turn& turn, Steady::time_point now) {
  Gate& gate = *turn.gate;
  gate.Held(now - turn.begun, limits_.patience);
  turn.Leave();
  --Count(turn.rank);
  if (turn.late && --gate.late_calls == 0) gate.ChainLink<WithLateCalls>::Leave();
  if (--gate.active == 0) --busy_gates_;
  --active_;
}

void Turnstile::Heard(Gate& gate, Steady::time_point now) {
  const bool rises = gate.rank() <= Rank::kStranger;
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
  --Count(turn.rank);
  turn.rank = Rank::kSuspect;
  ++Count(turn.rank);
  if (gate.late_calls++ == 0) with_late_calls_.PushBack(gate);
  gate.late.PushBack(turn);
  if (gate.heard_at <= turn.begun) gate.silent = true;
  LineUp(gate);
}

// A suspect without any call under way also counts: else those that never answer would keep it from
// being tried.
bool Turnstile::NeedsRoom() const {
  if (with_late_calls_.empty() || 2 * counts_[kSuspects] < limits_.total) return false;
  if (!lines_[2 * kSuspects].empty()) return true;
  if (2 * counts_[kSuspects] == limits_.total) return false;
  return std::any_of(lines_.begin() + 2, lines_.end(),
                     [](const Gates& line) { return !line.empty(); });
}

Turn* Turnstile::WhoGivesWay() const {
  if (!NeedsRoom()) return nullptr;
  const Gate* most = with_late_calls_.front();
  for (const Gate* gate = most; gate != nullptr; gate = with_late_calls_.After(*gate)) {
    if (gate->late_calls > most->late_calls) most = gate;
  }
  return most->late.back();
}

}  // namespace treaty
