// The lanes' readings of single records: those that wait are read together, several such batches
// side by side. A lone one is read at once, and batches grow with the load by themselves.

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/status.h"
#include "store/store.h"

namespace treaty {

// Safe for concurrent use. What has been added ends before it is destroyed.
class RecordReads {
 public:
  using DoneFn = std::function<void(Result<std::optional<StoredTxn>>)>;

  // Neither is owned; both outlive it.
  RecordReads(Executor& reads, Store& store) : reads_(reads), store_(store) {}

  // Loads the record and calls `done` with it, where it was read. No gid twice at a time.
  void Add(std::string gid, DoneFn done);

 private:
  // Records of one batch, and batches at a time: what is in memory at once is little.
  static constexpr std::size_t kBatch = 16;
  static constexpr std::size_t kAtATime = 3;

  struct Wanted {
    std::string gid;
    DoneFn done;
  };

  std::vector<Wanted> TakeBatch();
  void RunBatch();

  Executor& reads_;
  Store& store_;
  std::mutex mutex_;
  std::deque<Wanted> waiting_;  // Guarded by mutex_.
  std::size_t running_ = 0;     // Guarded by mutex_: batches posted or under way.
};

}  // namespace treaty
