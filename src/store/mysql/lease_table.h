// The leases, on a connection of their own: they are renewed however busy the others are.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/mysql/connection.h"
#include "store/mysql/mysql_store.h"
#include "store/store.h"

namespace treaty {

// For one thread at a time. See Store.
class LeaseTable {
 public:
  explicit LeaseTable(const MysqlConfig& config) : config_(config) {}

  Status Begin(const LeaseTerms& terms);
  Status Renew(const LeaseTerms& terms);
  Status End(const std::string& owner);

 private:
  // A lease that has not ended, but for those of the asking start.
  struct Holder {
    std::string owner;
    std::string instance;
    std::int64_t ends = 0;
    bool operator==(const Holder&) const = default;
  };

  Status Open();
  Result<std::uint64_t> Execute(const SqlText& sql);
  Status TryBegin(const LeaseTerms& terms, std::optional<Holder>& watched);
  Status FindHolders(const LeaseTerms& terms, std::vector<Holder>& holders);
  Status TakeOver(const LeaseTerms& terms);
  Status Replace(const LeaseTerms& terms);
  void Drop();

  const MysqlConfig config_;
  std::unique_ptr<MysqlConnection> connection_;
};

}  // namespace treaty
