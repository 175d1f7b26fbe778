// Reads what clients send: leniently where clients differ (protocol §1.1), and with every check
// of the door (reliability §5.2, limits table), so that nothing is stored that cannot be run.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "core/request.h"
#include "wire/target_policy.h"

namespace treaty::wire {

struct RequestRules {
  TargetPolicy targets;
  ProgressMode default_progress = ProgressMode::kDurable;
  std::size_t max_steps = 1'000;
  std::size_t max_payload_bytes = 1 << 20;  // Per step.
  std::size_t max_payload_total_bytes = 4 << 20;
  bool gid_charset_utf8 = false;
  std::string_view document = "the body";  // What messages call the JSON text.
};

// Returns the request's first HTTP header of a name; empty if there is none.
using HeaderLookup = std::function<std::string_view(std::string_view name)>;

// What the request is to do: some fields are needed for one and not for the other.
enum class Intent : std::uint8_t { kPrepare, kSubmit, kPrepareWorkflow };

// A prepare, submit or prepareWorkflow. kInvalidArgument: the message says what to change.
Result<TxnRequest> ParseTxnRequest(std::string_view json, const RequestRules& rules,
                                   const HeaderLookup& header, Intent intent = Intent::kSubmit);

// A registerBranch (protocol §1.7); `type` stands for a missing trans_type.
Result<RegisterRequest> ParseRegisterRequest(std::string_view json, const RequestRules& rules,
                                             std::string_view type);

Result<AbortRequest> ParseAbortRequest(std::string_view json, const RequestRules& rules);

// The model of a trans_type, if there is one of that name.
std::optional<Model> ParseModel(std::string_view type);

// A request about one existing transaction: forceStop, resetNextCronTime.
struct GidRequest {
  std::string gid;
  std::string reason;  // Key `reason`, else `rollback_reason`; cut to 4 KiB.
};
Result<GidRequest> ParseGidRequest(std::string_view json, const RequestRules& rules);

// 1 to 128 characters of the set; also for gids in a query.
Status CheckGid(std::string_view gid, const RequestRules& rules);

// Text of a client for a message: printable, at most 64 characters, in single quotes.
std::string Quoted(std::string_view text);

}  // namespace treaty::wire
