// The signals the daemon obeys, taken one by one by its main thread.

#pragma once

#include <optional>

#include "base/time.h"

namespace treaty::daemon {

// Create before any other thread: these inherit that the signals are blocked.
class Signals {
 public:
  Signals();
  ~Signals();

  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  enum class Event { kStop, kHangUp, kNotified, kTimedOut };

  // Returns what came next: SIGTERM or SIGINT, SIGHUP, a Notify, or the end of `timeout`.
  Event Wait(std::optional<Duration> timeout);

  // Ends one Wait with kNotified. Any thread may call.
  void Notify();

 private:
  int signal_fd_ = -1;
  int notify_fd_ = -1;
};

}  // namespace treaty::daemon
