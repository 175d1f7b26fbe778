#include "store/mysql/reader_pool.h"

namespace treaty {
namespace {

constexpr Duration kAskAgain = std::chrono::milliseconds(500);
constexpr Duration kSlow = std::chrono::milliseconds(500);

}  // namespace

bool ReaderPool::IsSlow(const Loan& loan) { return Steady::now() - loan.since > kSlow; }

Result<ReaderPool::Loan> ReaderPool::Take() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [this] { return in_use_ < config_.max_readers; });
  if (!trouble_.ok() && Steady::now() < ask_again_) return trouble_;
  ++in_use_;
  if (!idle_.empty()) {
    Loan loan{std::move(idle_.back()), true};
    idle_.pop_back();
    return loan;
  }
  lock.unlock();
  return Open();
}

Result<ReaderPool::Loan> ReaderPool::Open() {
  Loan loan;
  Result<std::unique_ptr<MysqlConnection>> opened = MysqlConnection::Open(config_, Autocommit::kOn);
  if (opened.ok()) return Loan{std::make_unique<MysqlReader>(*std::move(opened), log_)};
  Return(std::move(loan), opened.status());
  return opened.status();
}

// With one connection lost, the others that idle may be as dead.
void ReaderPool::Return(Loan loan, const Status& lost) {
  std::vector<std::unique_ptr<MysqlReader>> ended;
  {
    const std::lock_guard lock(mutex_);
    --in_use_;
    const bool silent = !lost.ok() && IsSlow(loan);
    trouble_ = silent ? lost : Status();
    ask_again_ = Steady::now() + kAskAgain;
    if (lost.ok()) {
      idle_.push_back(std::move(loan.reader));
    } else {
      ended.swap(idle_);
    }
  }
  returned_.notify_one();
}

}  // namespace treaty
