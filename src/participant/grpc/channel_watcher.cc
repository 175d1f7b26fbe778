#include "participant/grpc/channel_watcher.h"

#include <grpc/support/time.h>

#include <memory>
#include <utility>

#include "base/hand_over.h"

namespace treaty {
namespace {

constexpr int kPeriodMs = 100;

}  // namespace

ChannelWatcher::~ChannelWatcher() {
  queue_.Shutdown();
  thread_.join();
}

void ChannelWatcher::Watch(grpc::Channel& channel, grpc_connectivity_state state,
                           std::function<void()> changed) {
  const gpr_timespec deadline =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(kPeriodMs, GPR_TIMESPAN));
  auto tag = std::make_unique<std::function<void()>>(std::move(changed));
  hand_over::Give();
  channel.NotifyOnStateChange(state, deadline, &queue_, tag.release());  // Run deletes it.
}

void ChannelWatcher::Run() {
  void* tag = nullptr;
  bool in_time = false;
  while (queue_.Next(&tag, &in_time)) {
    hand_over::Take();
    const std::unique_ptr<std::function<void()>> changed(static_cast<std::function<void()>*>(tag));
    (*changed)();
  }
}

}  // namespace treaty
