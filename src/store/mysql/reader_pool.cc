#include "store/mysql/reader_pool.h"

namespace treaty {

Result<ReaderPool::Lease> ReaderPool::Take() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [this] { return in_use_ < config_.max_readers; });
  ++in_use_;
  if (!idle_.empty()) {
    Lease lease{std::move(idle_.back()), true};
    idle_.pop_back();
    return lease;
  }
  lock.unlock();
  return Open();
}

Result<ReaderPool::Lease> ReaderPool::Open() {
  Result<std::unique_ptr<MysqlConnection>> opened = MysqlConnection::Open(config_, Autocommit::kOn);
  if (opened.ok()) return Lease{std::make_unique<MysqlReader>(*std::move(opened), log_), false};
  Return({}, true);
  return opened.status();
}

// The others that idle may be as dead as a lost one.
void ReaderPool::Return(Lease lease, bool lost) {
  std::vector<std::unique_ptr<MysqlReader>> ended;
  {
    const std::lock_guard lock(mutex_);
    --in_use_;
    if (lost) {
      ended.swap(idle_);
    } else {
      idle_.push_back(std::move(lease.reader));
    }
  }
  returned_.notify_one();
}

}  // namespace treaty
