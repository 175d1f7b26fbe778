// An event loop with a thread of its own.

#pragma once

#include <string>
#include <thread>
#include <utility>

#include "runtime/asio_loop.h"

namespace treaty::daemon {

class LoopThread {
 public:
  LoopThread() = default;
  ~LoopThread() { Stop(); }

  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  // What was posted before is run first. Call once.
  void Start(std::string name) {
    thread_ = std::thread([this, name = std::move(name)] { loop_.Run(name); });
  }

  // Ends after what has been posted so far, the ends of cancelled I/O among it. May be called
  // twice.
  void Stop() {
    if (!thread_.joinable()) return;
    // Twice: what the task under way cancels is queued only when that task has ended.
    loop_.Post([this] { loop_.Post([this] { loop_.Stop(); }); });
    thread_.join();
  }

  AsioLoop& loop() { return loop_; }

 private:
  AsioLoop loop_;
  std::thread thread_;  // After the loop it runs.
};

}  // namespace treaty::daemon
