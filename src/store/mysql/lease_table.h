// The leases, on a connection of their own: they are renewed however busy the others are.
//
// Whether a lease is alive is judged by its renewals and the watcher's clock since boot, never by
// the server's clock, which may be set: one that was not renewed while its whole length went by
// in front of the watcher has ended.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/mysql/connection.h"
#include "store/mysql/mysql_store.h"
#include "store/sql/boot_clock.h"
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
  // A row of somebody else's; alive as long as `renewals` grows.
  struct Holder {
    std::string owner;
    std::string instance;
    std::int64_t renewals = 0;
    bool operator==(const Holder&) const = default;
  };

  Status Open();
  Result<std::uint64_t> Execute(const SqlText& sql);
  Result<std::vector<Holder>> FindHolders(const std::string& owner);
  Status TakeOver(const LeaseTerms& terms, const std::vector<Holder>& dead);
  Status Replace(const LeaseTerms& terms, const std::vector<Holder>& dead);
  void Drop();

  const MysqlConfig config_;
  const BootClock watch_{kNever};
  std::unique_ptr<MysqlConnection> connection_;
};

}  // namespace treaty
