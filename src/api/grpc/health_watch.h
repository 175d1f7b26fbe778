// Clients that are told of the health whenever it changes.

#pragma once

#include <grpc/health/v1/health.pb.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>

#include "api/grpc/health_service.h"
#include "api/grpc/unwritten.h"
#include "base/loop.h"

namespace treaty::api {

using Serving = grpc::health::v1::HealthCheckResponse::ServingStatus;

Serving ServingOf(const Status& ready);

// What all watches are made with.
struct WatchParts {
  const HealthConfig& config;
  Loop& loop;
  std::shared_ptr<Unwritten> unwritten;
};

// One client that watches. Keeps itself alive until gRPC is done with it.
class HealthWatch final : public grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>,
                          public std::enable_shared_from_this<HealthWatch> {
 public:
  // `known`: the service that is asked for is.
  HealthWatch(const WatchParts& parts, grpc::CallbackServerContext& context, bool known);

  void Begin();
  void Close(const grpc::Status& status);
  bool done() const { return done_; }

  void OnCancel() override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  template <typename Step>
  void Later(Step step);
  void Look();
  void Saw(Serving serving);
  void End(const grpc::Status& status);

  const HealthConfig& config_;
  Loop& loop_;
  const std::shared_ptr<Unwritten> unwritten_;
  grpc::CallbackServerContext& context_;  // gRPC's, until OnDone.
  Unwritten::Place writing_place_;
  Unwritten::Place ending_place_;
  const bool known_;
  grpc::health::v1::HealthCheckResponse response_;
  bool told_ = false;
  bool writing_ = false;
  bool ended_ = false;
  std::atomic<bool> done_{false};
  std::shared_ptr<HealthWatch> self_;
};

// A client that is not to watch. Deletes itself.
class HealthRefusal final : public grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse> {
 public:
  HealthRefusal(std::shared_ptr<Unwritten> unwritten, grpc::CallbackServerContext& context,
                const grpc::Status& status);
  void OnDone() override;

 private:
  const std::shared_ptr<Unwritten> unwritten_;
  const Unwritten::Place place_;
};

}  // namespace treaty::api
