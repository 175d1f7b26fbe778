// How much memory the requests and replies of a door may take together.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace treaty {

// Safe for concurrent use.
class MemoryBudget {
 public:
  // What is smaller than that may take the last part of a budget too: so that operators are served
  // while large requests and replies have taken the rest.
  static constexpr std::size_t kModest = 256 << 10;

  explicit MemoryBudget(std::size_t most) : most_(most) {}

  std::size_t most() const { return most_; }
  std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }

  // What one that is not modest may take at the most.
  std::size_t most_for_large() const { return most_ - most_ / 8; }

  // Takes `bytes` for what then takes `whole`; false: there is no room, nothing is taken.
  bool Take(std::size_t bytes, std::size_t whole) {
    const std::size_t limit = whole <= kModest ? most_ : most_for_large();
    const std::size_t before = taken_.fetch_add(bytes, std::memory_order_relaxed);
    if (bytes <= limit && before <= limit - bytes) return true;
    Give(bytes);
    return false;
  }
  void Give(std::size_t bytes) { taken_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  const std::size_t most_;
  std::atomic<std::size_t> taken_{0};
};

// A part of a budget, given back with it. Belongs to one thread at a time.
class MemoryShare {
 public:
  explicit MemoryShare(std::shared_ptr<MemoryBudget> budget) : budget_(std::move(budget)) {}
  ~MemoryShare() { budget_->Give(bytes_); }
  MemoryShare(const MemoryShare&) = delete;
  MemoryShare& operator=(const MemoryShare&) = delete;

  std::size_t bytes() const { return bytes_; }

  // Makes it at least `bytes`; false: there is no room, it stays as it was.
  bool Grow(std::size_t bytes) {
    if (bytes <= bytes_) return true;
    if (!budget_->Take(bytes - bytes_, bytes)) return false;
    bytes_ = bytes;
    return true;
  }

  // Makes it at most `bytes`.
  void Shrink(std::size_t bytes) {
    if (bytes < bytes_) budget_->Give(bytes_ - bytes);
    bytes_ = std::min(bytes_, bytes);
  }

 private:
  const std::shared_ptr<MemoryBudget> budget_;
  std::size_t bytes_ = 0;
};

}  // namespace treaty
