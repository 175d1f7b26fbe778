// A log that keeps its lines for a test to look at.

#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"

namespace treaty::store_test {

class KeptLog final : public Log {
 public:
  bool Enabled(LogLevel) const override { return true; }
  void Write(LogLevel, std::string_view, std::string_view message) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(message);
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace treaty::store_test
