// The daemon's event loop: one Asio io_context run by one thread.

#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "base/loop.h"

namespace treaty {

class AsioLoop final : public Loop {
 public:
  AsioLoop();
  ~AsioLoop() override;

  void Post(std::function<void()> task) override;
  TimerId After(Duration delay, std::function<void()> task) override;
  void Cancel(TimerId timer) override;

  // Runs tasks on the calling thread until Stop. Call once; `name` becomes the thread's name.
  void Run(const std::string& name);

  // Makes Run return after the task under way; tasks still queued are dropped with the loop.
  // Any thread may call.
  void Stop();

  // For the layers that do I/O on this loop. Single-threaded: its concurrency hint is 1.
  boost::asio::io_context& context() { return context_; }

 private:
  struct Timers;
  boost::asio::io_context context_{1};
  std::unique_ptr<Timers> timers_;
};

}  // namespace treaty
