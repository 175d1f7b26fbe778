// Reads for those who want to see records: one after the other, so that only one record or page is
// in memory at a time for them, and whatever else is to be read, or asked of the store, goes beside
// and in between.

#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/status.h"

namespace treaty {

// Safe for concurrent use.
class BulkReads {
 public:
  explicit BulkReads(Executor& reads) : reads_(reads) {}

  // Runs `read` after those before it.
  void Add(std::function<void()> read);

 private:
  void RunNext();

  Executor& reads_;
  std::mutex mutex_;
  std::deque<std::function<void()>> waiting_;  // The first of them is under way.
};

// Asks one question of the store for all who wait for its answer, one question at a time.
class ReadyCheck {
 public:
  using DoneFn = std::function<void(const Status&)>;

  ReadyCheck(Executor& reads, std::function<Status()> ask) : reads_(reads), ask_(std::move(ask)) {}

  // Calls `done` there with an answer to a question asked after this call.
  void Add(DoneFn done);

 private:
  void Ask();

  Executor& reads_;
  const std::function<Status()> ask_;
  std::mutex mutex_;
  std::vector<DoneFn> waiting_;  // For the next question.
  bool asking_ = false;          // One is about to be asked, or is under way.
};

}  // namespace treaty
