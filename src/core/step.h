// The vocabulary of deciding: events go in, the next state and the duties come out.
//
// Deciding is pure: no I/O, no clock, no randomness. Whatever of these a decision needs
// arrives inside the event.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/txn.h"

namespace treaty {

// The daemon's defaults, for what a transaction's terms leave open.
struct Policy {
  Duration retry_interval = std::chrono::seconds(10);
  Duration retry_cap = std::chrono::seconds(300);  // Upper bound of the doubled interval.
  Duration request_timeout = std::chrono::seconds(3);
  Duration timeout_to_fail = std::chrono::seconds(35);  // Not for sagas.
};

// Every call of a round ended: see Replied.
struct Replied {
  BranchIndex branch;
  Op op = Op::kAction;
  Outcome outcome = Outcome::kUnknown;
  std::string text;         // Of a FAILURE: what the participant said.
  bool round_over = true;   // No other call of this transaction is in flight.
  Duration retry_after{0};  // The participant wants no call sooner.
  // The action did not count as called before this call: see model::IsNews. Where nothing of it was
  // sent, the action does not count as called after it either.
  bool first_call = false;
};

// A wake-up: something may have become due.
struct Ticked {};

// The client submits a prepared transaction; null terms: they stay as they are.
struct Submitted {
  std::shared_ptr<const Terms> terms;
};

// The client gives up what it prepared: TCC, XA, message.
struct Aborted {
  std::string reason;
};

// The client registers a branch (TCC, XA), or records the outcome of a workflow's step.
struct Registered {
  std::shared_ptr<const Step> step;
  BranchStatus outcome = BranchStatus::kPrepared;
};

// The client has come to the end of its workflow.
struct WorkflowEnded {
  TxnStatus status = TxnStatus::kSucceed;  // kSucceed or kFailed.
  std::string reason;
  std::string result;
};

struct ForceStopped {
  std::string who;
  std::string why;
};

// An operator wants the next attempt now, or releases it from quarantine.
struct DueReset {};

// A process crashed while it was at work on the transaction.
struct Crashed {};

struct Event {
  Time now;             // By the store's clock.
  double jitter = 1.0;  // Factor for the next retry's time, 0.8 to 1.2.
  std::variant<Replied, Ticked, Submitted, Aborted, Registered, WorkflowEnded, ForceStopped,
               DueReset, Crashed>
      what;
};

enum class Durability : std::uint8_t {
  kUnchanged,  // Nothing to store: a duplicate, a late or an ONGOING reply.
  kBehind,     // To be stored some time, at the latest with the next kDurable change.
  kDurable,    // To be stored before anything is done because of it.
};

// What an event came to. With kUnchanged `next` may still differ from the input in `live`.
struct Decision {
  Durability durability = Durability::kUnchanged;
  Txn next;
};

struct Call {
  BranchIndex branch;
  Op op = Op::kAction;
  auto operator<=>(const Call&) const = default;
};

// Everything that is due. Calls may already be in flight: the engine drops those, and keeps
// back a call while another one to the same branch is in flight.
struct Duties {
  std::vector<Call> calls;
  Time wake = kNever;  // When to send Ticked; may be in the past, meaning now. kNever: no need.
};

}  // namespace treaty
