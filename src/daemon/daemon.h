// The running daemon: every layer, made and connected.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/status.h"
#include "daemon/config.h"

namespace treaty::daemon {

class Daemon {
 public:
  // Opens the store, binds the port and begins recovery; afterwards requests are answered.
  // `config` has passed BuildConfig; `log` outlives the daemon.
  static Result<std::unique_ptr<Daemon>> Start(const Config& config, Log& log);

  // Ends every thread. Without a Stop before it is like a crash: nothing stored is lost.
  ~Daemon();

  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Takes no more requests, lets calls in flight end for at most the request time-out, stores
  // what is known, then calls `done` on some thread. Call once.
  void Stop(std::function<void()> done);

  std::string url() const;  // "http://127.0.0.1:36789"

 private:
  class Impl;
  explicit Daemon(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace treaty::daemon
