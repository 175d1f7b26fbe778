#include "engine/committer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
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
  const bool may_take_piece = batch_.empty() && !pieces_.empty();
  if (may_take_piece && (queue_.empty() || (turn_of_piece_ = !turn_of_piece_))) {
    batch_ = std::move(pieces_.front());
    return pieces_.pop_front();
  }
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
  if (!blocked_.empty()) MarkImpatient(writes);
  const auto begun = Steady::now();
  Status status = ports_.store->Commit(writes, verdicts);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - begun);
  ports_.meters->time.Observe(static_cast<std::uint64_t>(took.count()));
  ports_.meters->writes.Observe(writes.size());
  if (!status.ok()) ports_.meters->failed.Add();
  return status;
}

// What is being settled goes on: it may be there already.
void Committer::DropCalledOff() {
  std::erase_if(batch_, [this](CommitJob& job) {
    const bool drops = job.EndsByRefusal() && !job.recall->Begin();
    if (drops) Finish(job, Status(Code::kUnavailable, "called off before it was begun"));
    return drops;
  });
}

void Committer::RunBatch() {
  TakeBatch();
  DropCalledOff();
  std::vector<Verdict> verdicts(batch_.size(), Verdict::kStored);
  const Status status = batch_.empty() ? Status() : Commit(verdicts);
  if (status.ok()) {
    in_vain_ = 0;
    std::vector<CommitJob> unsettled = SettleRefusals(verdicts);
    Deliver(verdicts);
    batch_ = std::move(unsettled);
    retry_delay_ = batch_.empty() ? Duration(0) : LongerDelay();
  } else if (status.code() == Code::kUnknown) {
    SettleUnknown(status);
  } else if (status.code() == Code::kUnavailable) {
    Retry(status);
  } else {
    Divide(status);
  }
  Continue(retry_delay_);
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
    if (queue_.empty() && batch_.empty() && pieces_.empty()) {
      running_ = false;
      return;
    }
  }
  if (delay == Duration(0)) return ports_.loop->Post([this] { RunBatch(); });
  ports_.loop->After(delay, [this] { RunBatch(); });
}

// On the commit loop, where something has come that was not in the queue.
void Committer::GoOn() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(running_, true)) return;
  }
  RunBatch();
}

}  // namespace treaty
