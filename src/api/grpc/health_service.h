// The standard health service of gRPC (proto/grpc/health): the same answer as /readyz.

#pragma once

#include <grpcpp/impl/service_type.h>

#include <functional>
#include <memory>

#include "base/loop.h"
#include "base/status.h"
#include "base/time.h"

namespace treaty::api {

struct HealthConfig {
  // Asks whether requests can be served now; calls back once, on any thread.
  std::function<void(std::function<void(Status)>)> check_ready;
  Duration watch_period = std::chrono::seconds(2);  // How often a watched server is looked at.
  std::size_t max_watches = 100;                    // Beyond: RESOURCE_EXHAUSTED.
  // Under way; beyond, one whose client has not taken its answer yet gives way to the next, and
  // without such a one it is RESOURCE_EXHAUSTED.
  std::size_t max_checks = 1'000;
  Duration write_timeout = std::chrono::seconds(30);  // For a client to take what it is told.
};

// Knows the whole server (the empty name) and dtmgimp.Dtm. Safe for concurrent use.
class HealthService {
 public:
  // `loop` outlives it, and runs from Open until gRPC is done with the watches.
  HealthService(HealthConfig config, Loop& loop);
  ~HealthService();

  grpc::Service& service();

  // Until then nothing is asked, and the answer is NOT_SERVING.
  void Open();

  // From now on the answer is NOT_SERVING; whoever watches is told UNAVAILABLE.
  void Close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace treaty::api
