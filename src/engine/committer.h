// Group commit: the writes that lanes hand over become durable many at a time.
//
// One batch is under way at a time; what arrives meanwhile forms the next one. So a lone write
// is committed at once, and batches grow with the load by themselves.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "base/random.h"
#include "engine/meters.h"
#include "store/store.h"

namespace treaty {

struct CommitJob {
  Write write;           // write.txn or write.edit lives until `done` has been called.
  Loop* loop = nullptr;  // Where the callbacks run.

  // Called exactly once with the final word. An error means that nothing was stored and that it
  // is not tried again; only inserts and edits end so, because a client waits who can repeat them.
  // Updates are tried until the store decides.
  std::function<void(Result<Verdict>)> done;

  // Called at most once, before `done`, when the outcome is unknown and being settled.
  std::function<void()> unsure;

  std::vector<std::uint64_t> former_ids;  // Of earlier tries; used by the committer only.
};

class Committer {
 public:
  struct Ports {
    Loop* loop = nullptr;  // Runs the store's calls; may block.
    Store* store = nullptr;
    Random* random = nullptr;  // The committer's own.
    Log* log = nullptr;
    CommitMeters* meters = nullptr;
  };

  Committer(Ports ports, std::size_t batch_writes);

  // Queues a write. Any thread may call.
  void Add(CommitJob job);

  // Runs Store::Prune between batches; reports how many went. Any thread may call.
  void Prune(Time before, std::size_t limit, std::function<void(std::size_t)> done);

  // Writes queued or under way.
  std::size_t pending() const { return pending_.load(std::memory_order_relaxed); }

 private:
  void RunBatch();
  void TakeBatch();
  Status Commit(std::vector<Verdict>& verdicts);
  void Retry(const Status& status);
  void SettleUnknown(const Status& status);
  void SettleByReading(const Status& status);
  std::vector<CommitJob> SettleRefusals(std::vector<Verdict>& verdicts);
  Result<std::optional<std::uint64_t>> StoredWriteId(const Write& write);
  std::optional<bool> LandedEarlier(const CommitJob& job);
  Duration LongerDelay() const;
  void Deliver(const std::vector<Verdict>& verdicts);
  void Finish(CommitJob& job, Result<Verdict> result);
  void Continue(Duration delay);

  const Ports ports_;
  const std::size_t batch_writes_;
  std::atomic<std::size_t> pending_{0};

  std::mutex mutex_;
  std::vector<CommitJob> queue_;  // Guarded by mutex_.
  bool running_ = false;          // Guarded by mutex_: a RunBatch is posted or under way.

  // Of the commit loop alone.
  std::vector<CommitJob> batch_;
  Duration retry_delay_{0};
};

}  // namespace treaty
