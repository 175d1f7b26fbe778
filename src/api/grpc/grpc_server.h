// The gRPC server: a port with the API, the health service and, if asked for, reflection.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "api/grpc/dtm_service.h"
#include "api/grpc/health_service.h"
#include "base/status.h"
#include "base/time.h"

namespace treaty::api {

struct GrpcServerConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port; Listen tells which.
  std::size_t max_message_bytes = 4 << 20;
  std::size_t max_metadata_bytes = 16 << 10;
  std::size_t max_streams = 1'000;           // Of one connection; further calls wait at the client.
  std::size_t max_memory_bytes = 256 << 20;  // Of all connections; gRPC keeps to it roughly.
  Duration keepalive = std::chrono::minutes(1);  // A silent connection is asked whether it lives.
  bool reflection = false;  // Tells anybody which services and messages there are.
};

// Thread-safe, except for construction and destruction.
class GrpcServer {
 public:
  // The services outlive the server.
  GrpcServer(GrpcServerConfig config, DtmService& dtm, HealthService& health);

  // Ends what is left at once; waits until gRPC is done with it.
  ~GrpcServer();

  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Binds and serves; returns the bound port. Call once.
  Result<std::uint16_t> Listen();

  std::uint16_t port() const { return port_; }

  // Tells every connection to go elsewhere, lets calls under way end, and cuts what is left after
  // `grace`. Then calls `done` on a thread of its own.
  void Close(Duration grace, std::function<void()> done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
  std::uint16_t port_ = 0;
};

}  // namespace treaty::api
