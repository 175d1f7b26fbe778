// Calling a client's write back before it has begun.
//
// Who has been told that the store could not serve a request must not find it served later, when
// nobody wants it any more. The lane, which tells, and the committer, which writes, agree here.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace treaty {

// How long a client waits for a store that does not do its part, before it is told so. With what
// comes on top, the looking and the network, less than five seconds.
inline constexpr Duration kAnswerWithin = std::chrono::seconds(4);

// What has not been begun after this time is not begun any more: the store would be at work on it
// when its client is told.
inline constexpr Duration kBeginWithin = std::chrono::milliseconds(2'500);

// How often is looked for those who have waited for so long.
inline constexpr Duration kAnswerLook = std::chrono::milliseconds(500);

// Of one write at a time. Safe for one thread on each side.
class Recall {
 public:
  // The lane's: a new write, which waits.
  void Reset() { state_.store(State::kWaiting, std::memory_order_relaxed); }

  // The lane's: the client has gone. True: the write has not begun and never will. False: it is
  // under way; if nothing comes of it, it is not tried again.
  bool CallOff() { return state_.exchange(State::kCalledOff) == State::kWaiting; }

  // The lane's: the same, but what is under way stays so.
  bool CallOffIfWaiting() { return Move(State::kWaiting, State::kCalledOff); }

  // The committer's: false if it has been called off.
  bool Begin() { return Move(State::kWaiting, State::kUnderWay); }
  bool WaitAgain() { return Move(State::kUnderWay, State::kWaiting); }

 private:
  enum class State : std::uint8_t { kWaiting, kUnderWay, kCalledOff };
  bool Move(State from, State to) { return state_.compare_exchange_strong(from, to); }

  std::atomic<State> state_{State::kWaiting};
};

}  // namespace treaty
