// Who may be called next, where a lane has more calls than it may make at a time: destinations take
// turns, and those that leave calls unanswered cannot take the room of the others, however long
// their callers are ready to wait.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "participant/chain.h"

namespace treaty {

struct Gate;
struct ByAge;
struct InLine;
struct WithLateCalls;

// What is known of a destination when it is called.
enum class Standing : std::uint8_t {
  kTrusted,
  kStranger,  // It has not answered yet.
  kSuspect,   // It leaves calls unanswered; also of any call that is late.
};
inline constexpr std::size_t kStandings = 3;

// A call's place among those under way.
struct Turn : ChainLink<ByAge> {
  Gate* gate = nullptr;
  std::chrono::steady_clock::time_point begun;
  Standing standing = Standing::kTrusted;
  bool late = false;  // It takes longer than the turnstile's patience.
};

// The calls to one destination, counted.
struct Gate : ChainLink<InLine>, ChainLink<WithLateCalls> {
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::uint32_t kSuspectAfter = 3;

  // It has let several calls in a row time out, or one wait beyond all patience without answering
  // any: one more at a time is enough to see it come back.
  bool IsSuspect() const { return silent || timeouts >= kSuspectAfter; }
  Standing standing() const {
    if (IsSuspect()) return Standing::kSuspect;
    return heard_at == TimePoint::min() ? Standing::kStranger : Standing::kTrusted;
  }
  bool waits() const { return ChainLink<InLine>::linked(); }  // In a line for the lane's total.

  std::size_t queued = 0;
  std::size_t active = 0;      // Calls under way,
  std::size_t late_calls = 0;  // and those of them that are late.
  std::uint32_t timeouts = 0;  // Calls in a row that it left unanswered.
  bool silent = false;
  TimePoint heard_at = TimePoint::min();
  std::uint8_t line = 0;    // While it waits.
  Chain<Turn, ByAge> late;  // The oldest first.
};

// Of one lane; used on its thread only. Gates outlive their place in it: one that waits stays.
class Turnstile {
 public:
  using Steady = std::chrono::steady_clock;
  struct Limits {
    std::size_t per_gate = 0;
    std::size_t total = 0;
    Duration patience = std::chrono::seconds(3);
  };

  explicit Turnstile(Limits limits) : limits_(limits) {}

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

  // A queued call of the gate begins. `turn` lives until Ended.
  void Started(Gate& gate, Turn& turn, Steady::time_point now);
  void Ended(Turn& turn);

  // Its participant said something: it is no suspect, and no stranger any more.
  void Heard(Gate& gate, Steady::time_point now);

  // Finds the calls that have become late. To be called now and then, ServeAll after it.
  void Look(Steady::time_point now);

  // The call to be ended so that somebody who waits has room; null: none. Late calls are safe for
  // as long as nobody waits, or they have half of the total: beyond, the gate that has most of them
  // loses the youngest.
  Turn* WhoGivesWay() const;

 private:
  // In the order in which they are served.
  enum Line : std::uint8_t { kProbes, kSuspects, kStrangers, kModest, kOthers, kLines };
  using Gates = Chain<Gate, InLine>;

  bool CanStart(const Gate& gate) const;
  Line LineOf(const Gate& gate) const;
  bool HasRoom(std::size_t line) const;
  // The gate whose turn it is, no longer in the line; null: none, or no room.
  Gate* Next();
  void MakeLate(Turn& turn);
  std::size_t Count(Standing standing) const { return counts_[static_cast<std::size_t>(standing)]; }

  const Limits limits_;
  std::array<Gates, kLines> lines_;
  Chain<Turn, ByAge> young_;  // Under way and not late, the oldest first.
  Chain<Gate, WithLateCalls> with_late_calls_;
  std::array<std::size_t, kStandings> counts_{};  // Calls under way.
  std::size_t active_ = 0;                        // All of them.
  std::size_t busy_gates_ = 0;                    // Gates with calls under way.
};

}  // namespace treaty
