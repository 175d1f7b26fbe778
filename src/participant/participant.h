// Calls branches of transactions at the services that own the data.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "core/txn.h"

namespace treaty {

// One call, complete: nothing else of the transaction is needed to make it.
struct BranchCall {
  std::shared_ptr<const Body> body;    // gid, model, protocol; the payload of step `branch`.
  std::shared_ptr<const Terms> terms;  // Headers.
  BranchIndex branch;
  Op op = Op::kAction;
  Duration timeout{0};  // From handing over to the end of the reply; queueing counts.

  const std::string& url() const {
    const Step& step = body->steps[branch.value];
    return op == Op::kAction ? step.action : step.compensate;
  }
  const std::string& payload() const { return body->steps[branch.value].payload; }
};

struct BranchReply {
  Outcome outcome = Outcome::kUnknown;
  // kFailure: what the participant said, at most 4 KiB, control characters removed.
  // Otherwise: a short account for the log ("status 500", "connect: refused"), never the body.
  std::string text;
};

// One per lane; used on the lane's thread only.
class Participant {
 public:
  virtual ~Participant() = default;

  // Makes the call and reports its outcome exactly once on the lane's loop, never before Call
  // has returned and at the latest at the call's time-out. Calls to one destination never
  // delay calls to another; beyond the limits of a destination calls wait in its own queue.
  virtual void Call(BranchCall call, std::function<void(BranchReply)> done) = 0;

  // Ends all calls in flight and queued with kUnknown; for shutdown.
  virtual void CancelAll() = 0;
};

}  // namespace treaty
