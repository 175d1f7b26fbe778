// The gRPC API (proto/dtmgimp): messages in, requests to the engine, statuses out. No decisions:
// those are the engine's and the core's.

#pragma once

#include <grpcpp/impl/service_type.h>

#include <atomic>
#include <cstddef>
#include <memory>

#include "api/leniency.h"
#include "api/meters.h"
#include "base/random.h"
#include "base/time.h"
#include "engine/engine.h"
#include "wire/txn_request.h"

namespace treaty::api {

struct DtmServiceConfig {
  wire::RequestRules rules;  // What the door checks of every request's content.
  Duration retry_after = std::chrono::seconds(1);  // With every refusal for lack of room.
  bool wait_result_409 = false;  // compat: the old answer for "waited, still running".
  // Under way, until the client has taken the answer or has gone; beyond: RESOURCE_EXHAUSTED.
  std::size_t max_calls = 20'000;
  std::size_t max_reply_bytes = 256 << 20;            // Of large answers not taken yet, together.
  Duration write_timeout = std::chrono::seconds(30);  // For a client to take its answer.
  std::shared_ptr<ApiMeters> meters = std::make_shared<ApiMeters>();
  std::shared_ptr<LeniencyLog> leniency;  // Null: nothing is said of what is let pass.
};

// Safe for concurrent use. Calls come on gRPC's threads and are answered on any thread, exactly
// once each; a client that has left changes nothing about that.
class DtmService {
 public:
  // `engine`, `clock` and `random` outlive it; only the service uses `random`.
  DtmService(DtmServiceConfig config, Engine& engine, const Clock& clock, Random& random);
  ~DtmService();

  grpc::Service& service();

  // Until then every call is told UNAVAILABLE: the engine has not started.
  void Open();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace treaty::api
