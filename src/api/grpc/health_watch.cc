// A watch asks the engine again and again, on one loop, where everything that happens to it is put
// in order.

#include "api/grpc/health_watch.h"

#include <utility>

#include "base/hand_over.h"

namespace treaty::api {

using grpc::CallbackServerContext;
using grpc::StatusCode;
using grpc::health::v1::HealthCheckResponse;

Serving ServingOf(const Status& ready) {
  return ready.ok() ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

HealthWatch::HealthWatch(const WatchParts& parts, CallbackServerContext& context, bool known)
    : config_(parts.config),
      loop_(parts.loop),
      unwritten_(parts.unwritten),
      context_(context),
      known_(known) {}

// Runs `step` on the loop; none after the last.
template <typename Step>
void HealthWatch::Later(Step step) {
  loop_.Post([watch = shared_from_this(), step] { step(*watch); });
}

void HealthWatch::Begin() {
  self_ = shared_from_this();
  hand_over::Give();
  Later([](HealthWatch& watch) { watch.Look(); });
}

void HealthWatch::Close(const grpc::Status& status) {
  Later([status](HealthWatch& watch) { watch.End(status); });
}

void HealthWatch::OnCancel() {
  hand_over::Take();
  Close({StatusCode::CANCELLED, "the client has left"});
}

void HealthWatch::OnWriteDone(bool ok) {
  hand_over::Take();
  unwritten_->Remove(writing_place_);
  Later([ok](HealthWatch& watch) {
    watch.writing_ = false;
    if (!ok) watch.End({StatusCode::CANCELLED, "the client has left"});
  });
}

void HealthWatch::OnDone() {
  hand_over::Take();
  unwritten_->Remove(ending_place_);
  const auto last = std::move(self_);  // What is posted keeps the rest alive.
}

void HealthWatch::Look() {
  if (ended_) return;
  if (!known_) return Saw(HealthCheckResponse::SERVICE_UNKNOWN);
  config_.check_ready([watch = shared_from_this()](const Status& ready) {
    watch->Later([serving = ServingOf(ready)](HealthWatch& self) { self.Saw(serving); });
  });
}

void HealthWatch::Saw(Serving serving) {
  if (ended_) return;
  loop_.After(config_.watch_period, [watch = shared_from_this()] { watch->Look(); });
  if (writing_ || (told_ && response_.status() == serving)) return;
  told_ = writing_ = true;
  response_.set_status(serving);
  writing_place_ = unwritten_->Add(context_);
  hand_over::Give();
  StartWrite(&response_);
}

void HealthWatch::End(const grpc::Status& status) {
  if (std::exchange(ended_, true)) return;
  done_ = true;
  ending_place_ = unwritten_->Add(context_);
  hand_over::Give();
  Finish(status);
}

HealthRefusal::HealthRefusal(std::shared_ptr<Unwritten> unwritten, CallbackServerContext& context,
                             const grpc::Status& status)
    : unwritten_(std::move(unwritten)), place_(unwritten_->Add(context)) {
  hand_over::Give();
  Finish(status);
}

void HealthRefusal::OnDone() {
  hand_over::Take();
  unwritten_->Remove(place_);
  delete this;
}

}  // namespace treaty::api
