// The leases, on a connection of their own: they are renewed however busy the others are.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/mysql/connection.h"
#include "store/mysql/mysql_store.h"
#include "store/store.h"

namespace treaty {

// For one thread at a time. See Store. `now`: by the store's clock.
class LeaseTable {
 public:
  explicit LeaseTable(const MysqlConfig& config) : config_(config) {}

  Status Begin(const LeaseTerms& terms, Time now);
  Status Renew(const LeaseTerms& terms, Time now);
  Status End(const std::string& owner);
  Result<std::vector<LeaseRow>> Find();
  Status Reap(const LeaseRow& found);

 private:
  Status Open();
  Result<std::uint64_t> Execute(const SqlText& sql);
  void Drop();

  const MysqlConfig config_;
  std::unique_ptr<MysqlConnection> connection_;
};

}  // namespace treaty
