// The calls that have been answered and whose clients have not taken the answer yet.

#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <list>
#include <memory>
#include <mutex>

#include "base/time.h"

namespace treaty::api {

// Cancels a call whose client takes too long. Safe for concurrent use.
class Unwritten : public std::enable_shared_from_this<Unwritten> {
 public:
  using Steady = std::chrono::steady_clock;
  struct Call {
    grpc::CallbackServerContext* context;
    Steady::time_point until;
  };
  using Place = std::list<Call>::iterator;

  // `allowed` is how long a client may take.
  explicit Unwritten(Duration allowed) : allowed_(allowed) {}

  // A call is about to be answered. Its context stays valid until Remove has returned.
  Place Add(grpc::CallbackServerContext& context);
  void Remove(Place place);

  // Cancels the call whose client has taken longest so far; false: there is none.
  bool CancelFirst();

 private:
  void Arm();
  void CancelLate();
  void Cancel();

  const Duration allowed_;
  // Cancelling a call may remove it at once, on the same thread.
  std::recursive_mutex mutex_;
  std::list<Call> calls_;  // The first to be late at the front.
  std::list<Call> late_;   // Cancelled, and not removed yet.
  grpc::Alarm alarm_;
  bool armed_ = false;
};

}  // namespace treaty::api
