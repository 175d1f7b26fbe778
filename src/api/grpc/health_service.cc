// A check asks the engine. A watch asks it again and again, on one loop, where everything that
// happens to it is put in order.

#include "api/grpc/health_service.h"

#include <grpc/health/v1/health.grpc.pb.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/hand_over.h"

namespace treaty::api {
namespace {

using grpc::CallbackServerContext;
using grpc::StatusCode;
using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using Serving = HealthCheckResponse::ServingStatus;

bool IsKnown(const std::string& service) { return service.empty() || service == "dtmgimp.Dtm"; }

Serving ServingOf(const Status& ready) {
  return ready.ok() ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

// A client that is not to watch.
class Refusal final : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  explicit Refusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

// One client that watches. Keeps itself alive until gRPC is done with it.
class Watch final : public grpc::ServerWriteReactor<HealthCheckResponse>,
                    public std::enable_shared_from_this<Watch> {
 public:
  Watch(const HealthConfig& config, Loop& loop, bool known)
      : config_(config), loop_(loop), known_(known) {}

  void Begin() {
    self_ = shared_from_this();
    hand_over::Give();
    Later([](Watch& watch) { watch.Look(); });
  }

  void Close(const grpc::Status& status) {
    Later([status](Watch& watch) { watch.End(status); });
  }

  void OnCancel() override {
    hand_over::Take();
    Close({StatusCode::CANCELLED, "the client has left"});
  }
  void OnWriteDone(bool ok) override {
    hand_over::Take();
    Later([ok](Watch& watch) {
      watch.writing_ = false;
      if (!ok) watch.End({StatusCode::CANCELLED, "the client has left"});
    });
  }
  void OnDone() override {
    hand_over::Take();
    const auto last = std::move(self_);  // What is posted keeps the rest alive.
  }

  bool done() const { return done_; }

 private:
  // Runs `step` on the loop; none after the last.
  template <typename Step>
  void Later(Step step) {
    loop_.Post([watch = shared_from_this(), step] { step(*watch); });
  }

  void Look() {
    if (ended_) return;
    if (!known_) return Saw(HealthCheckResponse::SERVICE_UNKNOWN);
    config_.check_ready([watch = shared_from_this()](const Status& ready) {
      watch->Later([serving = ServingOf(ready)](Watch& self) { self.Saw(serving); });
    });
  }

  void Saw(Serving serving) {
    if (ended_) return;
    loop_.After(config_.watch_period, [watch = shared_from_this()] { watch->Look(); });
    if (writing_ || (told_ && response_.status() == serving)) return;
    told_ = writing_ = true;
    response_.set_status(serving);
    StartWrite(&response_);
  }

  void End(const grpc::Status& status) {
    if (std::exchange(ended_, true)) return;
    done_ = true;
    Finish(status);
  }

  const HealthConfig& config_;
  Loop& loop_;
  const bool known_;
  HealthCheckResponse response_;
  bool told_ = false;
  bool writing_ = false;
  bool ended_ = false;
  std::atomic<bool> done_{false};
  std::shared_ptr<Watch> self_;
};

}  // namespace

class HealthService::Impl final : public Health::CallbackService {
 public:
  Impl(HealthConfig config, Loop& loop) : config_(std::move(config)), loop_(loop) {}

  grpc::ServerUnaryReactor* Check(CallbackServerContext* context, const HealthCheckRequest* request,
                                  HealthCheckResponse* response) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    if (!IsKnown(request->service())) {
      reactor->Finish({StatusCode::NOT_FOUND, "no such service; ask for dtmgimp.Dtm, or for \"\""});
      return reactor;
    }
    if (!open_) {
      response->set_status(HealthCheckResponse::NOT_SERVING);
      reactor->Finish(grpc::Status::OK);
      return reactor;
    }
    config_.check_ready([reactor, response](const Status& ready) {
      response->set_status(ServingOf(ready));
      reactor->Finish(grpc::Status::OK);
    });
    return reactor;
  }

  grpc::ServerWriteReactor<HealthCheckResponse>* Watch(CallbackServerContext* /*context*/,
                                                       const HealthCheckRequest* request) override {
    const auto watch = std::make_shared<api::Watch>(config_, loop_, IsKnown(request->service()));
    const grpc::Status refusal = Admit(watch);
    if (!refusal.ok()) return new Refusal(refusal);  // Deletes itself.
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
  grpc::Status Admit(const std::shared_ptr<api::Watch>& watch) {
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
  Loop& loop_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<api::Watch>> watches_;
  std::atomic<bool> open_{false};
};

HealthService::HealthService(HealthConfig config, Loop& loop)
    : impl_(std::make_unique<Impl>(std::move(config), loop)) {}

HealthService::~HealthService() = default;

grpc::Service& HealthService::service() { return *impl_; }
void HealthService::Open() { impl_->Open(); }
void HealthService::Close() { impl_->Close(); }

}  // namespace treaty::api
