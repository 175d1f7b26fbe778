// Tasks that wait until they are run by hand.

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "base/executor.h"

namespace treaty::testing {

class TaskQueue final : public Executor {
 public:
  void Post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  std::size_t size() const { return tasks_.size(); }
  void RunOne() {
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
  void RunAll() {
    while (!tasks_.empty()) RunOne();
  }

 private:
  std::deque<std::function<void()>> tasks_;
};

}  // namespace treaty::testing
