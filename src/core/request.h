// What a client asks for, after the wire has parsed and the door has checked it.

#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "core/step.h"
#include "core/txn.h"

namespace treaty {

// The fields of Terms that a request can set.
enum class Option : std::uint8_t {
  kWaitResult,
  kConcurrent,
  kTimeoutToFail,
  kRequestTimeout,
  kRetryInterval,
  kRetryLimit,
  kProgress,
  kBranchHeaders,
  kPassedHeaders,
  kCustomData,  // And all that was read from it.
};
inline constexpr std::size_t kOptionCount = 10;
using OptionSet = std::bitset<kOptionCount>;  // By the number of the Option.

// What of a request was cut or passed over, where a strict reading would have refused it: clients
// of the reference count on it. It is told in the log.
enum class Leniency : std::uint8_t {
  kRequestTimeoutCut,  // It was above the limit.
  kStepsIgnored,       // Of a model whose branches are registered.
  kCompensateIgnored,  // Of a message's step.
  kAbortWithoutModel,
};
inline constexpr std::size_t kLeniencyCount = 4;
using LeniencySet = std::bitset<kLeniencyCount>;  // By the number of the Leniency.

inline void Note(LeniencySet& seen, Leniency what) { seen.set(static_cast<std::size_t>(what)); }

// A prepare or submit. The body and terms are complete; the flags tell which parts were
// present, because a submit after a prepare replaces and compares only those.
struct TxnRequest {
  std::shared_ptr<const Body> body;
  std::shared_ptr<const Terms> terms;
  bool has_steps = false;  // steps or payloads
  bool has_query_prepared = false;
  OptionSet options = {};
  std::optional<WorkflowEnded> ended = {};  // Of a workflow's submit.
  Status topic_trouble = {};                // Why body has no recipients; for a new gid only.
  LeniencySet leniencies = {};
};

// A branch that the client registers, or a workflow step whose outcome it records.
struct RegisterRequest {
  std::string gid;
  Model model = Model::kTcc;
  std::shared_ptr<const Step> step;
  BranchStatus outcome = BranchStatus::kPrepared;  // Of a workflow step: kSucceed or kFailed.
  // What is wrong with its URLs, told after the state and the model have been checked: for every
  // transaction, and by the protocol of the one that is registered with.
  Status url_trouble = {};
  Status http_trouble = {};
  Status rpc_trouble = {};
  Status grpc_trouble = {};

  const Status& TroubleWith(std::string_view protocol) const;
};

struct AbortRequest {
  std::string gid;
  std::optional<Model> model;  // As the request says; without it the stored one counts.
  std::string reason;
  bool wait_result = false;
  LeniencySet leniencies = {};
};

struct WorkflowEndRequest {
  std::string gid;
  WorkflowEnded end;
};

// How two submissions of one gid compare (design §6: content is model, steps, payloads and
// query_prepared; absent, null, empty and default are equal).
bool SameContent(const Body& stored, const Body& asked);

// The same for a submit after a prepare: only the fields present in the request count.
bool AgreesWith(const Body& stored, const TxnRequest& asked);

// kInvalidArgument where the orders in `terms` name a step that `body` does not have. A submit
// after a prepare may have come without the steps.
Status CheckOrders(const Terms& terms, const Body& body);

// The terms of the prepared transaction once `asked` submits it: each option that the submit has
// replaces the stored one (design §6). Null where it has none: they stay. Orders pass CheckOrders.
std::shared_ptr<const Terms> SubmittedTerms(const Txn& prepared, const TxnRequest& asked);

// A reply to a client. The wire words follow from `kind`: protocol §1.2 and design §4.
struct Answer {
  enum class Kind {
    kSuccess,
    kFailure,      // 409: a definite no, or rolled back.
    kOngoing,      // 425: waited, still running.
    kRecorded,     // 412: a workflow's step has an outcome already.
    kEnded,        // 412: the workflow is finished.
    kInvalid,      // 400: the message says what to change.
    kNotFound,     // 404: unknown gid.
    kOverloaded,   // 503 with Retry-After: a named limit was reached.
    kUnavailable,  // 503 with Retry-After: the store does not answer, or draining.
    kBroken,       // 500: the record cannot be used; to come again does not help.
  };
  Kind kind = Kind::kSuccess;
  std::string message;  // Empty for kSuccess.
};

}  // namespace treaty
