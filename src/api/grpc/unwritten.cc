// One alarm for all of them, and none where every answer is taken at once: it is set for the first
// that may be late, and looked at again only when it has gone off.

#include "api/grpc/unwritten.h"

#include <grpc/support/time.h>
#include <grpcpp/server_context.h>

#include "base/hand_over.h"

namespace treaty::api {

Unwritten::Place Unwritten::Add(grpc::CallbackServerContext& context) {
  const std::lock_guard lock(mutex_);
  calls_.push_back({&context, Steady::now() + allowed_});
  Arm();
  return std::prev(calls_.end());
}

void Unwritten::Remove(Place place) {
  const std::lock_guard lock(mutex_);
  (place->context == nullptr ? late_ : calls_).erase(place);
}

void Unwritten::Arm() {
  if (armed_ || calls_.empty()) return;
  armed_ = true;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(calls_.front().until - Steady::now());
  hand_over::Give();
  alarm_.Set(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(left.count(), GPR_TIMESPAN)),
      [weak = weak_from_this()](bool /*on_time*/) {
        hand_over::Take();
        if (const auto self = weak.lock()) self->CancelLate();
      });
}

void Unwritten::CancelLate() {
  const std::lock_guard lock(mutex_);
  armed_ = false;
  const auto now = Steady::now();
  while (!calls_.empty() && calls_.front().until <= now) Cancel();
  Arm();
}

bool Unwritten::CancelFirst() {
  const std::lock_guard lock(mutex_);
  if (calls_.empty()) return false;
  Cancel();
  return true;
}

void Unwritten::Cancel() {
  grpc::CallbackServerContext* const context = calls_.front().context;
  calls_.front().context = nullptr;
  late_.splice(late_.end(), calls_, calls_.begin());
  context->TryCancel();
}

}  // namespace treaty::api
