// What the calls of every unary method have in common: how they end, and when they are forgotten.

#pragma once

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "api/grpc/unwritten.h"
#include "base/hand_over.h"

namespace treaty::api {

// What the calls of a service share.
struct CallPlaces {
  // `write_timeout` is how long a client may take for its answer.
  explicit CallPlaces(Duration write_timeout)
      : unwritten(std::make_shared<Unwritten>(write_timeout)) {}
  std::atomic<std::size_t> count{0};  // Of calls that gRPC is not done with.
  const std::shared_ptr<Unwritten> unwritten;
};

// One call, from its message until gRPC is done with it: it has been answered and the client has
// taken that, or it has gone. Ended once, by whoever is first; what comes later is of no interest.
class UnaryCall : public grpc::ServerUnaryReactor, public std::enable_shared_from_this<UnaryCall> {
 public:
  UnaryCall(std::shared_ptr<CallPlaces> places, grpc::CallbackServerContext& context)
      : context_(context), places_(std::move(places)) {}

  // Keeps itself alive until OnDone.
  void Begin() {
    self_ = shared_from_this();
    ++places_->count;
  }

  // `fill` writes the answer that goes with the status.
  template <typename Fill>
  void EndOnce(const grpc::Status& status, Fill fill) {
    if (ended_.exchange(true)) return;
    fill();
    place_ = places_->unwritten->Add(context_);
    hand_over::Give();
    Finish(status);
  }

  void OnCancel() override {
    hand_over::Take();
    EndOnce(Gone(), [] {});
  }

  void OnDone() override {
    hand_over::Take();
    places_->unwritten->Remove(place_);
    --places_->count;
    Forget();
    const auto last = std::move(self_);
  }

 protected:
  static grpc::Status Gone() {
    return {grpc::StatusCode::CANCELLED, "the client has cancelled the call"};
  }

  // gRPC's, until OnDone.
  grpc::CallbackServerContext& context() const { return context_; }

  // gRPC is done with the call; somebody may keep this object all the same.
  virtual void Forget() {}

 private:
  grpc::CallbackServerContext& context_;
  const std::shared_ptr<CallPlaces> places_;
  std::atomic<bool> ended_{false};
  Unwritten::Place place_;
  std::shared_ptr<UnaryCall> self_;
};

}  // namespace treaty::api
