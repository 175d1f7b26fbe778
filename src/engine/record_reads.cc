#include "engine/record_reads.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace treaty {

void RecordReads::Add(std::string gid, DoneFn done) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(gid), std::move(done)});
    if (running_ == kAtATime) return;
    ++running_;
  }
  reads_.Post([this] { RunBatch(); });
}

// Empty: there is nothing to do for one of those that run.
std::vector<RecordReads::Wanted> RecordReads::TakeBatch() {
  const std::lock_guard lock(mutex_);
  const auto end =
      waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(kBatch, waiting_.size()));
  std::vector<Wanted> batch(std::make_move_iterator(waiting_.begin()),
                            std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  if (batch.empty()) --running_;
  return batch;
}

void RecordReads::RunBatch() {
  const std::vector<Wanted> batch = TakeBatch();
  if (batch.empty()) return;
  std::vector<std::string> gids;
  gids.reserve(batch.size());
  for (const Wanted& one : batch) gids.push_back(one.gid);
  auto records = store_.LoadMany(gids);
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(std::move(records[i]));
  reads_.Post([this] { RunBatch(); });  // Whatever else is to be read goes in between.
}

}  // namespace treaty
