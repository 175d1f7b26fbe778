// The HTTP API of protocol §1: routes, parsing, checks at the door, and the wording of replies.
//
// Requests in, replies out, no decisions: those are the engine's and the core's.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/http/host_rules.h"
#include "api/http/message.h"
#include "api/leniency.h"
#include "api/meters.h"
#include "base/memory_budget.h"
#include "base/random.h"
#include "engine/engine.h"
#include "wire/target_policy.h"
#include "wire/txn_request.h"

namespace treaty::api {

struct HandlerConfig {
  std::string version;  // What /version answers.
  Policy policy;        // For the intervals that a query shows.
  wire::TargetPolicy targets;
  HostRules hosts;
  ProgressMode default_progress = ProgressMode::kDurable;  // UpdateBranchSync
  Duration timeout_to_fail = std::chrono::seconds(35);     // For resetCronTime's default.
  Duration retry_after = std::chrono::seconds(1);          // With every 503.
  bool wait_result_409 = false;  // compat: the old answer for "waited, still running".
  std::size_t max_steps = 1'000;
  std::size_t max_payload_bytes = 1 << 20;  // Per step.
  std::size_t max_payload_total_bytes = 4 << 20;
  bool gid_charset_utf8 = false;
  std::size_t max_rpc_batch = 100;             // Requests in a JSON-RPC batch.
  std::size_t max_rpc_reply_bytes = 16 << 20;  // Records in the reply to one.
  bool json_rpc_only = false;                  // Serves "/" and "/api/json-rpc", and no other API.
  // Shared with the servers: requests and replies in memory, all together.
  std::shared_ptr<MemoryBudget> memory = std::make_shared<MemoryBudget>(128 << 20);
  std::shared_ptr<ApiMeters> meters = std::make_shared<ApiMeters>();
  std::shared_ptr<LeniencyLog> leniency;      // Null: nothing is said of what is let pass.
  std::function<std::string()> metrics_page;  // What /api/metrics answers; empty: 404.
  // What else than the engine keeps it from being ready; empty text: nothing.
  std::function<std::string()> trouble = [] { return std::string(); };
};

// What the door checks of every request's content.
wire::RequestRules RulesOf(const HandlerConfig& config);

// Safe for concurrent use. The engine outlives it.
class Handlers {
 public:
  using ReplyFn = api::ReplyFn;

  // `random` makes the gids of newGid; only the handlers use it, one call at a time.
  Handlers(HandlerConfig config, Engine& engine, const Clock& clock, Random& random);
  ~Handlers();

  // Answers `request` exactly once, on any thread, possibly before returning. `peer` is the
  // client's address, for the record of a forced stop.
  void Handle(HttpRequest request, const std::string& peer, ReplyFn reply);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace treaty::api
