// The port for gRPC with what answers there.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "api/grpc/dtm_service.h"
#include "api/grpc/grpc_server.h"
#include "api/grpc/health_service.h"
#include "api/grpc/library_log.h"
#include "api/http/handlers.h"
#include "daemon/config.h"
#include "daemon/system_random.h"
#include "engine/engine.h"

namespace treaty::daemon {

class GrpcFront {
 public:
  // As the HTTP API is set up by `http`, so is this one. The other references outlive it; `loop`
  // runs from Open until Close has reported.
  GrpcFront(const Config& config, const api::HandlerConfig& http, Engine& engine,
            const Clock& clock, Loop& loop, Log& log);

  // Binds; until Open every call is told UNAVAILABLE, so that a port that is taken is known before
  // the engine starts. Returns the port.
  Result<std::uint16_t> Listen();

  // The engine has started.
  void Open();

  // See GrpcServer::Close.
  void Close(Duration grace, std::function<void()> done) { server_.Close(grace, std::move(done)); }

 private:
  api::LibraryLog library_log_;
  SystemRandom random_;
  api::DtmService dtm_;
  api::HealthService health_;
  api::GrpcServer server_;
  const std::uint16_t asked_;  // The port of the configuration.
};

}  // namespace treaty::daemon
