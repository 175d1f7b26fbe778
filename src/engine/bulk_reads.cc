#include "engine/bulk_reads.h"

namespace treaty {

void BulkReads::Add(std::function<void()> read) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(read));
    if (waiting_.size() > 1) return;
  }
  reads_.Post([this] { RunNext(); });
}

void BulkReads::RunNext() {
  std::function<void()> read;
  {
    const std::lock_guard lock(mutex_);
    read = std::move(waiting_.front());
  }
  read();
  read = nullptr;
  const std::lock_guard lock(mutex_);
  waiting_.pop_front();
  if (!waiting_.empty()) reads_.Post([this] { RunNext(); });
}

void ReadyCheck::Add(DoneFn done) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(done));
    if (std::exchange(asking_, true)) return;
  }
  reads_.Post([this] { Ask(); });
}

void ReadyCheck::Ask() {
  std::vector<DoneFn> all;
  {
    const std::lock_guard lock(mutex_);
    all = std::exchange(waiting_, {});
  }
  const Status answer = ask_();
  for (const DoneFn& done : all) done(answer);
  {
    const std::lock_guard lock(mutex_);
    asking_ = !waiting_.empty();
    if (!asking_) return;
  }
  reads_.Post([this] { Ask(); });
}

}  // namespace treaty
