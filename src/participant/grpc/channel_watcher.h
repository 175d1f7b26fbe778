// Waits for channels to get connected, on a thread of its own: the library goes on with a
// connection that no call uses yet only while somebody waits for it.

#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>

#include <functional>
#include <thread>

namespace treaty {

// Used by one thread.
class ChannelWatcher {
 public:
  ChannelWatcher() : thread_([this] { Run(); }) {}

  // Within a tenth of a second: every watch has been reported then.
  ~ChannelWatcher();

  ChannelWatcher(const ChannelWatcher&) = delete;
  ChannelWatcher& operator=(const ChannelWatcher&) = delete;

  // Calls `changed` once, on the watcher's thread: as soon as the channel's state is no longer
  // `state`, and after a tenth of a second anyway.
  void Watch(grpc::Channel& channel, grpc_connectivity_state state, std::function<void()> changed);

 private:
  void Run();

  grpc::CompletionQueue queue_;
  std::thread thread_;
};

}  // namespace treaty
