// The reading connections: opened when they are needed, kept for the next one who asks.

#pragma once

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
  template <typename Query>
  auto Run(const Query& query) -> decltype(query(std::declval<MysqlReader&>())) {
    for (;;) {
      Result<Lease> lease = Take();
      if (!lease.ok()) return lease.status();
      auto result = query(*lease->reader);
      const bool lost = lease->reader->connection().trouble() == Trouble::kLost;
      const bool again = lost && lease->was_idle;
      Return(*std::move(lease), lost);
      if (!again) return result;
    }
  }

 private:
  struct Lease {
    std::unique_ptr<MysqlReader> reader;
    bool was_idle = false;
  };

  Result<Lease> Take();
  Result<Lease> Open();
  void Return(Lease lease, bool lost);

  const MysqlConfig config_;
  Log& log_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<MysqlReader>> idle_;
  std::size_t in_use_ = 0;
};

}  // namespace treaty
