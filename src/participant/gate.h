// What the turnstile knows of a destination, and of each call to it that is under way.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "participant/chain.h"

namespace treaty {

struct Gate;
struct ByAge;
struct InLine;
struct WithLateCalls;

// Who a destination is when it is called. Each leaves room for those behind it.
enum class Rank : std::uint8_t {
  kSuspect,   // It leaves calls unanswered; also of any call that is late.
  kStranger,  // It has not answered yet.
  // It answers: how long its calls hold their places, on the average.
  kSlowest,
  kSlow,
  kSteady,
  kBrisk,
  kQuick,
};
inline constexpr std::size_t kRanks = 7;

// A call's place among those under way.
struct Turn : ChainLink<ByAge> {
  Gate* gate = nullptr;
  std::chrono::steady_clock::time_point begun;
  Rank rank = Rank::kQuick;
  bool late = false;  // It takes longer than the turnstile's patience.
};

// The calls to one destination, counted and timed.
struct Gate : ChainLink<InLine>, ChainLink<WithLateCalls> {
  using TimePoint = std::chrono::steady_clock::time_point;
  using Length = std::chrono::nanoseconds;
  static constexpr std::uint32_t kSuspectAfter = 3;
  // Where the ranks of those that answer part.
  static constexpr Length kQuickBelow = std::chrono::milliseconds(10);
  static constexpr Length kBriskBelow = std::chrono::milliseconds(40);
  static constexpr Length kSteadyBelow = std::chrono::milliseconds(160);
  static constexpr Length kSlowBelow = std::chrono::milliseconds(640);
  // Who has answered once is not yet quick: that takes some twenty quick answers.
  static constexpr Length kFirstGuess = std::chrono::milliseconds(100);
  static constexpr int kAveragedOver = 16;

  // It has let several calls in a row time out, or one wait beyond all patience without answering
  // any: one more at a time is enough to see it come back.
  bool IsSuspect() const { return silent || timeouts >= kSuspectAfter; }

  Rank rank() const {
    if (IsSuspect()) return Rank::kSuspect;
    if (heard_at == TimePoint::min()) return Rank::kStranger;
    if (holds < kBriskBelow) return holds < kQuickBelow ? Rank::kQuick : Rank::kBrisk;
    if (holds < kSteadyBelow) return Rank::kSteady;
    return holds < kSlowBelow ? Rank::kSlow : Rank::kSlowest;
  }

  // One of its calls held a place for so long; beyond `most`, late is late.
  void Held(Length time, Length most) { holds += (std::min(time, most) - holds) / kAveragedOver; }

  bool waits() const { return ChainLink<InLine>::linked(); }  // In a line for the lane's total.

  std::size_t queued = 0;
  std::size_t active = 0;      // Calls under way,
  std::size_t late_calls = 0;  // and those of them that are late.
  std::uint32_t timeouts = 0;  // Calls in a row that it left unanswered.
  bool silent = false;
  TimePoint heard_at = TimePoint::min();
  Length holds = kFirstGuess;  // The decaying average.
  std::uint8_t line = 0;       // While it waits,
  std::uint64_t place = 0;     // and when it came, counted over all lines.
  Chain<Turn, ByAge> late;     // The oldest first.
};

}  // namespace treaty
