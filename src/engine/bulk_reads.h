// Reads for those who want to see records: one after the other on the read loop, so that only one
// record or page is in memory at a time for them, and whatever else is to be read, or asked of the
// store, goes in between.

#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/status.h"

namespace treaty {

// Safe for concurrent use.
class BulkReads {
 public:
  explicit BulkReads(Loop& read_loop) : loop_(read_loop) {}

  // Runs `read` on the read loop after those before it.
  void Add(std::function<void()> read);

 private:
  void RunNext();

  Loop& loop_;
  std::mutex mutex_;
  std::deque<std::function<void()>> waiting_;  // The first of them is under way.
};

// Asks one question on the read loop for all who wait for its answer.
class ReadyCheck {
 public:
  using DoneFn = std::function<void(const Status&)>;

  ReadyCheck(Loop& read_loop, std::function<Status()> ask)
      : loop_(read_loop), ask_(std::move(ask)) {}

  // Calls `done` on the read loop with an answer to a question asked after this call.
  void Add(DoneFn done);

 private:
  void Ask();

  Loop& loop_;
  const std::function<Status()> ask_;
  std::mutex mutex_;
  std::vector<DoneFn> waiting_;  // Not empty: the question is about to be asked.
};

}  // namespace treaty
