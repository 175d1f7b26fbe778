#include "runtime/worker_threads.h"

#include <pthread.h>

#include <utility>

namespace treaty {

void WorkerThreads::Start(const std::string& name, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this, name] { Run(name); });
}

void WorkerThreads::Post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  posted_.notify_one();
}

void WorkerThreads::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  posted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerThreads::Run(const std::string& name) {
  constexpr std::size_t kLongestName = 15;  // The kernel's limit.
  pthread_setname_np(pthread_self(), name.substr(0, kLongestName).c_str());
  std::unique_lock lock(mutex_);
  for (;;) {
    posted_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // What it holds may take long to destroy.
    lock.lock();
  }
}

}  // namespace treaty
