// A prepare, submit or prepareWorkflow as it was sent, once its format has been read: what JSON and
// protobuf have in common. Every check that is not of a format stands behind it.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "wire/json_reader.h"
#include "wire/txn_request.h"

namespace treaty::wire {

// What a workflow's submit says of its end (`req_extra`).
struct EndFields {
  std::string_view status;
  std::string_view rollback_reason;
  std::string_view result;
};

// Texts belong to the message that was read.
struct TxnFields {
  std::string_view gid;
  std::string_view trans_type;
  std::string_view protocol;
  std::string_view query_prepared;
  const Element* steps = nullptr;  // JSON in every format; null: absent.
  std::vector<std::string_view> payloads;
  std::optional<EndFields> end;
  // The options, with custom_data as text only.
  std::shared_ptr<Terms> terms = std::make_shared<Terms>();
  OptionSet options;
  LeniencySet leniencies;
  bool has_payloads = false;
  bool has_query_prepared = false;
};

// What the numbers among the options may be, in seconds unless said otherwise.
inline constexpr Range kTimeoutRange{0, 365LL * 24 * 3'600};  // timeout_to_fail
inline constexpr Range kRequestTimeoutRange{0, 3'600};        // request_timeout
inline constexpr Range kRetryIntervalRange{0, 24LL * 3'600};  // retry_interval
inline constexpr Range kRetryLimitRange{0, 1'000'000};        // retry_limit, times

// A number of seconds within kRequestTimeoutRange but for its upper end, cut to that: a client may
// have one number for two units.
std::chrono::seconds CutRequestTimeout(std::int64_t number, LeniencySet& leniencies);

// Checks everything and makes the request of it.
Result<TxnRequest> BuildTxnRequest(TxnFields fields, const RequestRules& rules, Intent intent);

// The same for a registerBranch; absent texts are empty.
struct RegisterFields {
  std::string_view gid;
  std::string_view trans_type;
  std::string_view branch_id;
  std::string_view data;
  std::optional<std::string_view> confirm;
  std::optional<std::string_view> cancel;
  std::string_view url;
  std::string_view op;
  std::string_view status;
};
Result<RegisterRequest> BuildRegisterRequest(const RegisterFields& fields,
                                             const RequestRules& rules);

// The same for an abort.
struct AbortFields {
  std::string_view gid;
  std::string_view trans_type;
  std::string_view rollback_reason;
  bool wait_result = false;
};
Result<AbortRequest> BuildAbortRequest(const AbortFields& fields, const RequestRules& rules);

}  // namespace treaty::wire
