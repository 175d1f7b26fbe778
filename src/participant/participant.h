// Calls branches of transactions at the services that own the data.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/time.h"
#include "core/branch_call.h"

namespace treaty {

struct BranchReply {
  Outcome outcome = Outcome::kUnknown;
  // kFailure: what the participant said, at most 4 KiB, control characters removed.
  // Otherwise: a short account for the log ("status 500", "connect: refused"), never the body.
  std::string text;
  // The participant is too busy, and wants to be called again no sooner than this from now.
  Duration retry_after{0};
};

// One per lane; used on the lane's thread only.
class Participant {
 public:
  virtual ~Participant() = default;

  // Makes the call and reports its outcome exactly once on the lane's loop, never before Call
  // has returned. Calls to one destination never delay calls to another; beyond the limits of a
  // destination calls wait in its own queue, for no longer than their time-out or the default one:
  // then they end with kNotSent. The time-out of a call begins when it leaves the queue; a call
  // that takes longer than the default one may end sooner, for want of room for others
  // (turnstile.h).
  virtual void Call(BranchCall call, std::function<void(BranchReply)> done) = 0;

  // Ends all calls in flight with kUnknown and all that have no address yet, or are queued, with
  // kNotSent; for shutdown.
  virtual void CancelAll() = 0;
};

}  // namespace treaty
