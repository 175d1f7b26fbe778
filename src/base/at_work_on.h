// Which transaction a thread is at work on: what a crash is blamed on.

#pragma once

#include <string>

namespace treaty {

// While it lives, the thread is at work on `gid`, which outlives it. Nests.
class AtWorkOn {
 public:
  explicit AtWorkOn(const std::string& gid) : AtWorkOn(&gid) {}
  explicit AtWorkOn(const std::string* gid) : former_(current_) { current_ = gid; }  // Null: none.
  ~AtWorkOn() { current_ = former_; }
  AtWorkOn(const AtWorkOn&) = delete;
  AtWorkOn& operator=(const AtWorkOn&) = delete;

  // Null: on none. Safe in a signal handler of the thread.
  static const std::string* current() { return current_; }

 private:
  static inline thread_local constinit const std::string* current_ = nullptr;
  const std::string* former_;
};

}  // namespace treaty
