// Threads that take tasks from one queue.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/executor.h"

namespace treaty {

// Several tasks run at a time.
class WorkerThreads final : public Executor {
 public:
  WorkerThreads() = default;
  ~WorkerThreads() override { Stop(); }

  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;

  // `count` of them; `name` becomes each one's. What was posted before is run first. Call once.
  void Start(const std::string& name, std::size_t count);

  void Post(std::function<void()> task) override;

  // Ends after what has been posted so far. May be called twice; not by a task.
  void Stop();

 private:
  void Run(const std::string& name);

  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> tasks_;  // Guarded by mutex_.
  bool stopping_ = false;                    // Guarded by mutex_.
  std::vector<std::thread> threads_;
};

}  // namespace treaty
