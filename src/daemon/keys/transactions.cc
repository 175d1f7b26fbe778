// When transactions are driven on, given up and reported, and how large they may be.

#include <algorithm>

#include "daemon/config.h"
#include "daemon/keys/row.h"
#include "daemon/keys/sections.h"

namespace treaty::daemon::keys {
namespace {

constexpr std::size_t kMostParts = 65'535;  // What a record has places for.

}  // namespace

// clang-format off
Section Retries() {
  return {"Retries and time-outs", {
      Seconds(Dtm("RetryInterval"), {10, 1, kDay}, [](Config& c, Duration v) { c.engine.policy.retry_interval = v; },
              "First pause before an unanswered call is repeated; doubles each time. A request's retry_interval beats it"),
      Seconds(Own("RetryIntervalMax"), {300, 1, kDay}, [](Config& c, Duration v) { c.engine.policy.retry_cap = v; },
              "Upper bound of the doubled pause"),
      Seconds(Dtm("RequestTimeout"), {3, 1, 3'600}, [](Config& c, Duration v) { c.engine.policy.request_timeout = c.http_calls.patience = c.grpc_calls.patience = v; },
              "How long a call to a participant may take. A request's request_timeout beats it"),
      Seconds(Dtm("TimeoutToFail"), {35, 1, kYear}, [](Config& c, Duration v) { c.engine.policy.timeout_to_fail = c.handlers.timeout_to_fail = v; },
              "When an unfinished transaction is given up; a saga without timeout_to_fail never is"),
      Count(Dtm("UpdateBranchSync"), {1, 0, 1}, [](Config& c, std::size_t v) { c.handlers.default_progress = v == 0 ? ProgressMode::kBehind : ProgressMode::kDurable; },
            "1: each branch's result is durable before the next call. 0: results are written behind, faster, more repeats after a crash"),
  }};
}

Section Alerts() {
  return {"Alerts", {
      Count(Dtm("AlertRetryLimit"), {3, 1, 1'000}, [](Config& c, std::size_t v) { c.engine.alert_retry_limit = static_cast<std::uint32_t>(v); },
            "Calls of a branch in a row without a definite answer, from which on each one raises an alert"),
      SecretUrl(Dtm("AlertWebHook"), [](Config& c, const std::string& v) { c.web_hook.url = v; },
                "URL to which alerts are posted as JSON, never in the way of a transaction; empty: none are. AllowTargets and AllowLoopbackTargets hold for it too"),
  }};
}

Section Transactions() {
  return {"Limits of transactions", {
      Count(Own("Limits.LiveTransactions"), {20'000, 1, 10'000'000}, [](Config& c, std::size_t v) { c.engine.limits.live_txns = v; },
            "Transactions in memory; beyond: 503"),
      Bytes(Own("Limits.LiveBytes"), {256 * kMiB, kMiB, 64 * kGiB}, [](Config& c, std::size_t v) { c.engine.limits.live_bytes = v; },
            "Memory of those transactions, roughly; beyond: 503"),
      Count(Own("Limits.QueuedWrites"), {40'000, 1, 10'000'000}, [](Config& c, std::size_t v) { c.engine.limits.queued_writes = v; },
            "Changes waiting for the store; beyond: 503"),
      Count(Own("Limits.BatchWrites"), {1'000, 1, 100'000}, [](Config& c, std::size_t v) { c.engine.limits.batch_writes = v; },
            "Changes in one database transaction"),
      Count(Own("Limits.WaitingReads"), {1'000, 1, 1'000'000}, [](Config& c, std::size_t v) { c.engine.limits.waiting_reads = v; },
            "Requests waiting to read the store; beyond: 503"),
      Count(Own("Limits.Steps"), {1'000, 1, 100'000}, [](Config& c, std::size_t v) { c.handlers.max_steps = v; c.engine.limits.branches = std::min(v, kMostParts); },
            "Steps of one transaction. Branches that are registered and recipients of a message are at most 65,535, whatever it says"),
      Bytes(Own("Limits.PayloadBytes"), {kMiB, 1, 256 * kMiB}, [](Config& c, std::size_t v) { c.handlers.max_payload_bytes = v; },
            "Payload of one step"),
      Bytes(Own("Limits.PayloadTotalBytes"), {4 * kMiB, 1, 256 * kMiB}, [](Config& c, std::size_t v) { c.handlers.max_payload_total_bytes = c.engine.limits.branch_bytes = c.store.largest_record = v; },
            "Payloads of one transaction together"),
      Count(Own("Limits.QueuedAlerts"), {1'000, 1, 100'000}, [](Config& c, std::size_t v) { c.web_hook.queued = v; },
            "Alerts waiting for AlertWebHook; beyond: dropped and counted"),
      Count(Own("Limits.RpcBatch"), {100, 1, 10'000}, [](Config& c, std::size_t v) { c.handlers.max_rpc_batch = v; },
            "Requests in one JSON-RPC batch"),
      Bytes(Own("Limits.RpcReplyBytes"), {16 * kMiB, 64 * kKiB, kGiB}, [](Config& c, std::size_t v) { c.handlers.max_rpc_reply_bytes = v; },
            "Records in the reply to one JSON-RPC batch, together; those that do not fit are told to come alone"),
  }};
}
// clang-format on

}  // namespace treaty::daemon::keys
