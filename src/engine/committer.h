// Group commit: the writes that lanes hand over become durable many at a time.
//
// One batch is under way at a time; what arrives meanwhile forms the next one. So a lone write
// is committed at once, and batches grow with the load by themselves.
//
// A batch that cannot be stored because of something in it is divided until the culprit stands
// alone. It then delays nobody but itself.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "base/random.h"
#include "engine/meters.h"
#include "engine/recall.h"
#include "store/store.h"

namespace treaty {

struct CommitJob {
  Write write;           // write.txn or write.edit lives until `done` has been called.
  Loop* loop = nullptr;  // Where the callbacks run.

  // A client's, who can repeat it: tried once, and not at all if it is called off in time. Null:
  // tried until the store decides. Lives until `done` has been called.
  Recall* recall = nullptr;

  // Called exactly once with the final word. An error means that nothing was stored and that it
  // is not tried again; only a client's ends so.
  std::function<void(Result<Verdict>)> done;

  // Called at most once, before `done`, when the outcome is unknown and being settled.
  std::function<void()> unsure;

  // Used by the committer only.
  std::vector<std::uint64_t> former_ids;  // Of earlier tries.
  Duration pause{0};                      // Before the last try for itself.
  std::uint32_t refusals = 0;             // Tries for itself that were refused.

  // Whether it ends when nothing was stored. What may be there already never does.
  bool EndsByRefusal() const { return recall != nullptr && former_ids.empty(); }
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
  void DropCalledOff();
  Status Commit(std::vector<Verdict>& verdicts);
  void Retry(const Status& status);
  void EndClients(std::vector<CommitJob>& jobs, const Status& status);
  void Divide(const Status& status);
  void PutBack();
  void SetApart(const Status& status);
  bool TakesAny();
  // What of one kind the log has named in the minute that ends then, and what not since.
  struct Naming {
    Time until = kNever;
    std::size_t named = 0;
    std::size_t unnamed = 0;
  };
  void LogCulprit(const CommitJob& job, const Status& status);
  bool MayName(Naming& naming) const;
  void MarkImpatient(std::vector<Write>& writes);
  void SettleUnknown(const Status& status);
  void SettleByReading(const Status& status);
  std::vector<CommitJob> SettleRefusals(std::vector<Verdict>& verdicts);
  Result<std::optional<std::uint64_t>> StoredWriteId(const Write& write);
  std::optional<bool> LandedEarlier(const CommitJob& job);
  Duration LongerDelay() const;
  void Deliver(const std::vector<Verdict>& verdicts);
  void Finish(CommitJob& job, Result<Verdict> result);
  void Continue(Duration delay);
  void GoOn();

  const Ports ports_;
  const std::size_t batch_writes_;
  std::atomic<std::size_t> pending_{0};

  std::mutex mutex_;
  std::vector<CommitJob> queue_;  // Guarded by mutex_.
  bool running_ = false;          // Guarded by mutex_: a RunBatch is posted or under way.

  // Of the commit loop alone.
  std::vector<CommitJob> batch_;
  std::deque<std::vector<CommitJob>> pieces_;  // Of batches that were divided; tried one by one,
  bool turn_of_piece_ = false;                 // in turn with what arrives.
  std::size_t in_vain_ = 0;                    // Tries that mistakes have ended, in a row.
  std::unordered_map<std::string, Time> blocked_;  // Gids, and until when that is remembered.
  Duration retry_delay_{0};
  std::size_t mistaken_ = 0;  // Jobs that are set apart for a mistake.
  Naming locked_named_;
  Naming mistaken_named_;
};

}  // namespace treaty
