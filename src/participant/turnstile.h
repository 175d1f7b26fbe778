// Who may be called next, where a lane has more calls than it may make at a time: destinations take
// turns, and those that leave calls unanswered cannot take the room of the others.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace treaty {

// The calls to one destination, counted.
struct Gate {
  static constexpr std::uint32_t kSuspectAfter = 3;
  // It has let several calls in a row time out: one at a time is enough to see it come back.
  bool IsSuspect() const { return timeouts >= kSuspectAfter; }

  std::size_t queued = 0;
  std::size_t active = 0;      // Calls under way.
  std::uint32_t timeouts = 0;  // Calls in a row that it left unanswered.
  bool waiting = false;        // Stands in a line for the lane's total.
};

// Of one lane; used on its thread only. Gates outlive their place in it: one that waits stays.
class Turnstile {
 public:
  struct Limits {
    std::size_t per_gate = 0;
    std::size_t total = 0;
  };

  explicit Turnstile(Limits limits) : limits_(limits) {}

  // Gives a gate with queued calls its place in the line, if one more of them may be made.
  void LineUp(Gate& gate);

  // Calls `start` with each gate whose turn it is, for as long as there is room: it begins one of
  // the gate's queued calls (Started).
  template <typename Start>
  void ServeAll(Start start) {
    while (Gate* gate = Next()) {
      if (CanStart(*gate)) start(*gate);
      LineUp(*gate);
    }
  }

  // A queued call of the gate begins; returns whether it does so on suspicion, for Ended.
  bool Started(Gate& gate);
  void Ended(Gate& gate, bool on_suspicion);

 private:
  bool CanStart(const Gate& gate) const;
  // The gate whose turn it is, no longer in the line; null: none, or no room.
  Gate* Next();

  const Limits limits_;
  // Suspects have a line and a share of their own.
  std::deque<Gate*> line_;
  std::deque<Gate*> suspects_;
  std::size_t active_ = 0;
  std::size_t active_on_suspicion_ = 0;
};

}  // namespace treaty
