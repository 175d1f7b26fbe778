// Who may be called next, where a lane has more calls than it may make at a time: destinations take
// turns, and those that answer slowly or not at all cannot take the room of the others, however
// many they are and however long their callers are ready to wait.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "participant/chain.h"
#include "participant/gate.h"

namespace treaty {

// Of one lane; used on its thread only. Gates outlive their place in it: one that waits stays.
class Turnstile {
 public:
  using Steady = std::chrono::steady_clock;
  struct Limits {
    std::size_t per_gate = 0;
    std::size_t total = 0;
    Duration patience = std::chrono::seconds(3);
  };

  explicit Turnstile(Limits limits);

  // Gives a gate with queued calls its place in the line, if one more of them may be made; else
  // takes it away.
  void LineUp(Gate& gate);

  // Queued calls of the gate will not be made.
  void Withdrawn(Gate& gate, std::size_t calls) {
    gate.queued -= calls;
    LineUp(gate);
  }

  // Calls `start` with each gate whose turn it is, for as long as there is room: it begins one of
  // the gate's queued calls (Started).
  template <typename Start>
  void ServeAll(Start start) {
    while (Gate* gate = Next()) {
      if (CanStart(*gate)) start(*gate);
      LineUp(*gate);
    }
  }

  // A queued call of the gate begins. `turn` lives until Ended; LineUp after that.
  void Started(Gate& gate, Turn& turn, Steady::time_point now);
  void Ended(Turn& turn, Steady::time_point now);

  // Its participant said something: it is no suspect, and no stranger any more.
  void Heard(Gate& gate, Steady::time_point now);

  // Finds the calls that have become late. To be called now and then, ServeAll after it.
  void Look(Steady::time_point now);

  // Whether somebody waits whom late calls must give room: they are safe for as long as nobody
  // waits, or they have half of the total.
  bool NeedsRoom() const;
  // The call to be ended where that is so: the gate that has most late calls loses the youngest.
  // Null: none.
  Turn* WhoGivesWay() const;

 private:
  using Gates = Chain<Gate, InLine>;
  // Of one rank: those who go first, and the others.
  static constexpr std::size_t kLines = 2 * kRanks;

  bool CanStart(const Gate& gate) const;
  std::size_t LineOf(const Gate& gate) const;
  // Null: nobody of this rank waits.
  Gate* FirstOf(std::size_t rank);
  // The gate whose turn it is, no longer in the line; null: none, or no room.
  Gate* Next();
  Gate* FirstInRow();
  // Two that have room: who goes first.
  bool IsBefore(const Gate& one, const Gate& other) const;
  void MakeLate(Turn& turn);
  std::size_t& Count(Rank rank) { return counts_[static_cast<std::size_t>(rank)]; }

  const Limits limits_;
  std::array<std::size_t, kRanks> shares_;  // Of the total: of this rank and all before it.
  std::array<Gates, kLines> lines_;
  std::uint32_t waiting_ = 0;  // A bit for each rank of which somebody may be waiting.
  Chain<Turn, ByAge> young_;   // Under way and not late, the oldest first.
  Chain<Gate, WithLateCalls> with_late_calls_;
  std::array<std::size_t, kRanks> counts_{};  // Calls under way.
  std::size_t active_ = 0;                    // All of them.
  std::size_t busy_gates_ = 0;                // Gates with calls under way.
  std::uint64_t lined_up_ = 0;                // How often a gate has joined a line.
};

}  // namespace treaty
