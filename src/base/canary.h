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
  kBothDirections,          // An abort after the submit turns a TCC or XA transaction round.
  kLateRegistration,        // A branch is registered after the decision.
  kNoTimeout,               // A prepared TCC or XA transaction waits for its client for ever.
  kBranchOrder,             // The second phase runs in the wrong order.
  kOngoingIsDone,           // ONGOING counts as success in a phase without a way back.
  kFinishesEarly,           // A phase ends with a branch left.
  kNoCheckBack,             // A prepared message is delivered without asking its client.
  kUnknownSubmits,          // A check-back without an answer counts as SUCCESS.
  kNoDelay,                 // A message is delivered before its delay is over.
  kResultRewritten,         // A workflow's step takes a second outcome.
  kRunnerToldFailure,       // The second runner of a workflow hears FAILURE.
  kNoQuarantine,            // Nobody counts how many processes a transaction has killed.
  kSubmitOfNothing,         // A submit creates a TCC transaction without branches.
  kTopicExpandedTwice,      // A submit after the prepare expands a message's topics anew.
  kTopicEditLost,           // An edit that lost a race is written without being made anew.
  kNoLease,                 // Calls go on after the end of the process's lease.
  kNoLeaseCheck,            // Another's lease is reaped before its length has gone by.
  kLeaseByWallClock,        // Another's lease is judged by a clock that may be set.
  kNoVersionCheck,          // A write replaces whatever is there.
  kGoesOnAfterRefusal,      // A refused write does not stop the calls.
  kUnknownSettledByRead,    // What a read does not show is taken for not written.
  kModeFromConfig,          // A record is driven in the configured progress mode, not its own.
  kAnswersFromCopy,         // An answer without a write comes from a copy that may be old.
  kSleepIsACrash,           // After a mere sleep a step counts as called that never was.
  kUnsentIsSeen,            // A step counts as called although nothing of its call was sent.
};

#ifdef TREATY_CANARIES
inline Canary armed = Canary::kNone;
inline bool Armed(Canary canary) { return armed == canary; }
#else
constexpr bool Armed(Canary /*canary*/) { return false; }
#endif

}  // namespace treaty::canary
