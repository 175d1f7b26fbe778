// The daemon's log: lines of text or JSON, written by a thread of its own; the only user of
// spdlog.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/status.h"

namespace treaty::daemon {

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  bool json = false;
  std::string outputs = "stderr";  // As Log.Outputs.
  std::size_t queue_lines = 8'192;
};

// "debug", "info", "warn" or "error"; anything else counts as info.
LogLevel ParseLogLevel(std::string_view text);

// Safe for concurrent use. A line is queued, never written, by its caller; when the queue is full
// the oldest line is dropped and counted.
class Logging final : public Log {
 public:
  // Fails when an output cannot be opened, naming it.
  static Result<std::unique_ptr<Logging>> Open(const LogOptions& options);
  ~Logging() override;  // Writes what is queued.

  bool Enabled(LogLevel level) const override;
  void Write(LogLevel level, std::string_view gid, std::string_view message) override;

  void SetLevel(LogLevel level);

  // Opens the files again, after they were renamed. A file that cannot be opened keeps its old
  // one, and the error says so.
  Status Reopen();

  // How many lines were dropped so far.
  std::size_t dropped() const override;

 private:
  class Impl;
  explicit Logging(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace treaty::daemon
