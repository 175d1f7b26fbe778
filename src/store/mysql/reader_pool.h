// The reading connections: opened when they are needed, kept for the next one who asks.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "store/mysql/mysql_store.h"
#include "store/mysql/reader.h"

namespace treaty {

// Safe for concurrent use.
class ReaderPool {
 public:
  // `log` is not owned and outlives the pool.
  ReaderPool(const MysqlConfig& config, Log& log) : config_(config), log_(log) {}

  // Runs `query(reader)`, which returns a Result, on a connection of its own; waits for one
  // where all are in use. Runs it again on another one if the server had closed an idle one.
  // While the server does not answer, only one call in half a second finds that out; the others
  // fail at once, so that no queue of them grows.
  template <typename Query>
  auto Run(const Query& query) -> decltype(query(std::declval<MysqlReader&>())) {
    for (;;) {
      Result<Loan> loan = Take();
      if (!loan.ok()) return loan.status();
      auto result = query(*loan->reader);
      const bool lost = loan->reader->connection().trouble() == Trouble::kLost;
      const bool again = lost && loan->was_idle && !IsSlow(*loan);
      Return(*std::move(loan), lost ? result.status() : Status());
      if (!again) return result;
    }
  }

 private:
  using Steady = std::chrono::steady_clock;
  struct Loan {
    std::unique_ptr<MysqlReader> reader;
    bool was_idle = false;
    Steady::time_point since = Steady::now();
  };

  // Whether the server has let a call wait, rather than told it that the connection is gone.
  static bool IsSlow(const Loan& loan);

  Result<Loan> Take();
  Result<Loan> Open();
  void Return(Loan loan, const Status& lost);

  const MysqlConfig config_;
  Log& log_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<MysqlReader>> idle_;
  std::size_t in_use_ = 0;
  Status trouble_;                // Of the server, as it was last found,
  Steady::time_point ask_again_;  // and for how long nobody need find it again.
};

}  // namespace treaty
