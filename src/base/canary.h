// Mistakes that a test can switch on, to show that the simulator finds them.
//
// Everywhere but in the canary test the switches are the constant false and cost nothing.

#pragma once

#include <cstdint>

namespace treaty::canary {

enum class Canary : std::uint8_t {
  kNone,
  kAckBeforeCommit,         // A client hears of success before its request is durable.
  kMissingIntent,           // A write does not carry the set of steps called.
  kResubmitRunsAgain,       // A repeated submit starts the transaction afresh.
  kLateReplyRewrites,       // A late reply decides again.
  kNoRecovery,              // What a former process left behind is not taken up.
  kCompensateRecordedOnly,  // Only steps with a recorded success are compensated.
  kNoHold,                  // After a restart nothing waits for calls of the former process.
};

#ifdef TREATY_CANARIES
inline Canary armed = Canary::kNone;
inline bool Armed(Canary canary) { return armed == canary; }
#else
constexpr bool Armed(Canary /*canary*/) { return false; }
#endif

}  // namespace treaty::canary
