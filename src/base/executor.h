// Somewhere that runs tasks.

#pragma once

#include <functional>

namespace treaty {

class Executor {
 public:
  virtual ~Executor() = default;

  // Runs `task` later, never before returning; tasks are begun in the order of posting. Any thread
  // may call.
  virtual void Post(std::function<void()> task) = 0;
};

}  // namespace treaty
