#include "api/grpc/health_service.h"

#include <grpc/health/v1/health.grpc.pb.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "api/grpc/health_watch.h"
#include "api/grpc/unary_call.h"
#include "base/hand_over.h"

namespace treaty::api {
namespace {

using grpc::CallbackServerContext;
using grpc::StatusCode;
using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

bool IsKnown(const std::string& service) { return service.empty() || service == "dtmgimp.Dtm"; }

// One client that asks.
class HealthCheck final : public UnaryCall {
 public:
  HealthCheck(std::shared_ptr<CallPlaces> places, CallbackServerContext& context,
              HealthCheckResponse& response)
      : UnaryCall(std::move(places), context), response_(response) {}

  void Refuse(const grpc::Status& status) {
    EndOnce(status, [] {});
  }
  void Answer(Serving serving) {
    EndOnce(grpc::Status::OK, [&] { response_.set_status(serving); });
  }

 private:
  HealthCheckResponse& response_;  // gRPC's, until OnDone.
};

}  // namespace

class HealthService::Impl final : public Health::CallbackService {
 public:
  Impl(HealthConfig config, Loop& loop)
      : config_(std::move(config)),
        checks_(std::make_shared<CallPlaces>(config_.write_timeout)),
        watch_parts_{config_, loop, std::make_shared<Unwritten>(config_.write_timeout)} {}

  grpc::ServerUnaryReactor* Check(CallbackServerContext* context, const HealthCheckRequest* request,
                                  HealthCheckResponse* response) override {
    hand_over::Give();
    const auto check = std::make_shared<HealthCheck>(checks_, *context, *response);
    check->Begin();
    Answer(check, request->service());
    return check.get();
  }

  grpc::ServerWriteReactor<HealthCheckResponse>* Watch(CallbackServerContext* context,
                                                       const HealthCheckRequest* request) override {
    const auto watch =
        std::make_shared<HealthWatch>(watch_parts_, *context, IsKnown(request->service()));
    const grpc::Status refusal = Admit(watch);
    if (!refusal.ok()) {
      return new HealthRefusal(watch_parts_.unwritten, *context, refusal);  // Deletes itself.
    }
    watch->Begin();
    return watch.get();
  }

  void Open() { open_ = true; }

  void Close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
    for (const auto& watch : watches_) {
      watch->Close({StatusCode::UNAVAILABLE, "the coordinator is stopping"});
    }
    watches_.clear();
  }

 private:
  void Answer(const std::shared_ptr<HealthCheck>& check, const std::string& service) {
    if (checks_->count > config_.max_checks && !checks_->unwritten->CancelFirst()) {
      return check->Refuse({StatusCode::RESOURCE_EXHAUSTED, "too many checks of the health"});
    }
    if (!IsKnown(service)) {
      return check->Refuse(
          {StatusCode::NOT_FOUND, "no such service; ask for dtmgimp.Dtm, or for \"\""});
    }
    if (!open_) return check->Answer(HealthCheckResponse::NOT_SERVING);
    config_.check_ready([check](const Status& ready) { check->Answer(ServingOf(ready)); });
  }

  grpc::Status Admit(const std::shared_ptr<HealthWatch>& watch) {
    const std::lock_guard lock(mutex_);
    std::erase_if(watches_, [](const auto& one) { return one->done(); });
    if (!open_) return {StatusCode::UNAVAILABLE, "the coordinator is starting or stopping"};
    if (watches_.size() >= config_.max_watches) {
      return {StatusCode::RESOURCE_EXHAUSTED, "too many watches of the health"};
    }
    watches_.push_back(watch);
    return grpc::Status::OK;
  }

  const HealthConfig config_;
  const std::shared_ptr<CallPlaces> checks_;
  const WatchParts watch_parts_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<HealthWatch>> watches_;
  std::atomic<bool> open_{false};
};

HealthService::HealthService(HealthConfig config, Loop& loop)
    : impl_(std::make_unique<Impl>(std::move(config), loop)) {}

HealthService::~HealthService() = default;

grpc::Service& HealthService::service() { return *impl_; }
void HealthService::Open() { impl_->Open(); }
void HealthService::Close() { impl_->Close(); }

}  // namespace treaty::api
