#include "engine/committer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/canary.h"

namespace treaty {
namespace {

constexpr Duration kFirstRetryDelay = std::chrono::milliseconds(50);
constexpr Duration kLastRetryDelay = std::chrono::seconds(1);

using Delivery = std::pair<std::function<void(Result<Verdict>)>, Verdict>;

}  // namespace

Committer::Committer(Ports ports, std::size_t batch_writes)
    : ports_(ports), batch_writes_(batch_writes) {}

void Committer::Add(CommitJob job) {
  pending_.fetch_add(1, std::memory_order_relaxed);
  bool start = false;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(job));
    start = !std::exchange(running_, true);
  }
  if (start) ports_.loop->Post([this] { RunBatch(); });
}

void Committer::Prune(Time before, std::size_t limit, std::function<void(std::size_t)> done) {
  ports_.loop->Post([this, before, limit, done = std::move(done)] {
    const Result<std::size_t> pruned = ports_.store->Prune(before, limit);
    if (!pruned.ok()) {
      ports_.log->Write(LogLevel::kWarn, "",
                        "could not delete old transactions: " + pruned.status().message());
    }
    done(pruned.ok() ? *pruned : 0);
  });
}

void Committer::TakeBatch() {
  const std::lock_guard lock(mutex_);
  const std::size_t room = batch_writes_ - std::min(batch_writes_, batch_.size());
  const auto count = static_cast<std::ptrdiff_t>(std::min(room, queue_.size()));
  if (batch_.empty() && static_cast<std::size_t>(count) == queue_.size()) {
    batch_.swap(queue_);
    return;
  }
  std::move(queue_.begin(), queue_.begin() + count, std::back_inserter(batch_));
  queue_.erase(queue_.begin(), queue_.begin() + count);
}

// The time that a commit takes is measured only, so no port brings it.
Status Committer::Commit(std::vector<Verdict>& verdicts) {
  using Steady = std::chrono::steady_clock;
  std::vector<Write> writes;
  writes.reserve(batch_.size());
  for (const CommitJob& job : batch_) writes.push_back(job.write);
  const auto begun = Steady::now();
  Status status = ports_.store->Commit(writes, verdicts);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - begun);
  ports_.meters->time.Observe(static_cast<std::uint64_t>(took.count()));
  ports_.meters->writes.Observe(writes.size());
  if (!status.ok()) ports_.meters->failed.Add();
  return status;
}

void Committer::RunBatch() {
  TakeBatch();
  std::vector<Verdict> verdicts(batch_.size(), Verdict::kStored);
  const Status status = batch_.empty() ? Status() : Commit(verdicts);
  if (status.ok()) {
    std::vector<CommitJob> unsettled = SettleRefusals(verdicts);
    Deliver(verdicts);
    batch_ = std::move(unsettled);
    retry_delay_ = batch_.empty() ? Duration(0) : LongerDelay();
  } else if (status.code() == Code::kUnknown) {
    SettleUnknown(status);
  } else {
    Retry(status);
  }
  Continue(retry_delay_);
}

// Nothing was stored. Inserts and edits end here: their clients are told and may come again. The
// rest stays in the batch.
void Committer::Retry(const Status& status) {
  ports_.log->Write(LogLevel::kError, "", "store: " + status.message() + "; trying again");
  std::vector<CommitJob> updates;
  for (CommitJob& job : batch_) {
    const bool settling = !job.former_ids.empty();  // An earlier try may have landed.
    if (job.write.kind != Write::Kind::kUpdate && !settling) {
      Finish(job, status);
    } else {
      updates.push_back(std::move(job));
    }
  }
  batch_ = std::move(updates);
  retry_delay_ = LongerDelay();
}

// The batch may have landed, or may still land. Writing it again under new ids settles that:
// either the new write lands, and the old one no longer can, or it is refused, and the stored
// id tells whose write was there first.
void Committer::SettleUnknown(const Status& status) {
  if (canary::Armed(canary::Canary::kUnknownSettledByRead)) return SettleByReading(status);
  ports_.log->Write(LogLevel::kWarn, "", "store: outcome unknown: " + status.message());
  for (CommitJob& job : batch_) {
    if (job.former_ids.empty() && job.unsure) job.loop->Post(std::move(job.unsure));
    job.former_ids.push_back(job.write.write_id);
    job.write.write_id = ports_.random->Next();
  }
  retry_delay_ = LongerDelay();
}

// A mistake: what is not there may still come.
void Committer::SettleByReading(const Status& status) {
  for (CommitJob& job : std::exchange(batch_, {})) {
    const auto stored = StoredWriteId(job.write);
    const bool landed = stored.ok() && *stored == job.write.write_id;
    const bool update = job.write.kind == Write::Kind::kUpdate;
    if (landed) {
      Finish(job, Verdict::kStored);
    } else if (update) {
      Finish(job, Verdict::kStale);
    } else {
      Finish(job, Status(Code::kUnavailable, status.message()));
    }
  }
}

// Takes the jobs out of the batch whose record could not be read: what was refused may be
// their own earlier try, so they come again with the next batch. `verdicts` keeps in step.
std::vector<CommitJob> Committer::SettleRefusals(std::vector<Verdict>& verdicts) {
  std::vector<CommitJob> unsettled;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const bool refused = verdicts[i] == Verdict::kExists || verdicts[i] == Verdict::kStale;
    const std::optional<bool> own = refused ? LandedEarlier(batch_[i]) : false;
    if (!own.has_value()) {
      unsettled.push_back(std::move(batch_[i]));
      continue;
    }
    verdicts[kept] = *own ? Verdict::kStored : verdicts[i];
    if (kept != i) batch_[kept] = std::move(batch_[i]);
    ++kept;
  }
  batch_.resize(kept);
  verdicts.resize(kept);
  return unsettled;
}

// The id of the write that the record or entry shows; nothing where there is none.
Result<std::optional<std::uint64_t>> Committer::StoredWriteId(const Write& write) {
  if (write.kind == Write::Kind::kEdit) {
    const auto entry = ports_.store->LoadKv(write.edit->cat, write.edit->key);
    if (!entry.ok()) return entry.status();
    return *entry ? std::optional((*entry)->write_id) : std::nullopt;
  }
  const auto stored = ports_.store->Load(write.txn->gid());
  if (!stored.ok()) return stored.status();
  return *stored ? std::optional((*stored)->write_id) : std::nullopt;
}

// Whether the record that refused this write was written by an earlier try of the same write;
// nothing if it cannot be read now. A damaged one counts as somebody else's: the lane then reads
// it again itself.
std::optional<bool> Committer::LandedEarlier(const CommitJob& job) {
  if (job.former_ids.empty()) return false;
  const auto stored = StoredWriteId(job.write);
  if (!stored.ok() && stored.status().code() != Code::kDataLoss) return std::nullopt;
  if (!stored.ok() || !stored->has_value()) return false;
  return std::ranges::find(job.former_ids, **stored) != job.former_ids.end();
}

Duration Committer::LongerDelay() const {
  return std::clamp(retry_delay_ * 2, kFirstRetryDelay, kLastRetryDelay);
}

// Tells each lane all its verdicts in one post.
void Committer::Deliver(const std::vector<Verdict>& verdicts) {
  std::vector<std::pair<Loop*, std::vector<Delivery>>> lanes;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    CommitJob& job = batch_[i];
    auto lane = std::ranges::find(lanes, job.loop, &decltype(lanes)::value_type::first);
    if (lane == lanes.end()) lane = lanes.insert(lanes.end(), {job.loop, {}});
    lane->second.emplace_back(std::move(job.done), verdicts[i]);
  }
  pending_.fetch_sub(batch_.size(), std::memory_order_relaxed);
  batch_.clear();
  for (auto& lane : lanes) {
    lane.first->Post([deliveries = std::move(lane.second)] {
      for (const auto& [done, verdict] : deliveries) done(verdict);
    });
  }
}

void Committer::Finish(CommitJob& job, Result<Verdict> result) {
  pending_.fetch_sub(1, std::memory_order_relaxed);
  job.loop->Post([done = std::move(job.done), result = std::move(result)] { done(result); });
}

// Runs the next batch, if there is one; each in its own task, so that others may come between.
void Committer::Continue(Duration delay) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.empty() && batch_.empty()) {
      running_ = false;
      return;
    }
  }
  if (delay == Duration(0)) return ports_.loop->Post([this] { RunBatch(); });
  ports_.loop->After(delay, [this] { RunBatch(); });
}

}  // namespace treaty
