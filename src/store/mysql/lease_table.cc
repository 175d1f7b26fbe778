#include "store/mysql/lease_table.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/sql/txn_row.h"

namespace treaty {
namespace {

constexpr SqlConstant kWhat = "could not take or keep the lease";
constexpr SqlConstant kNow = "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";

}  // namespace

Status LeaseTable::Open() {
  if (connection_) return {};
  Result<std::unique_ptr<MysqlConnection>> opened = MysqlConnection::Open(config_, Autocommit::kOn);
  if (!opened.ok()) return opened.status();
  connection_ = *std::move(opened);
  return {};
}

void LeaseTable::Drop() {
  if (connection_ && connection_->trouble() == Trouble::kLost) connection_.reset();
}

Result<std::uint64_t> LeaseTable::Execute(const SqlText& sql) {
  if (Status status = Open(); !status.ok()) return status;
  Result<std::uint64_t> changed = connection_->Execute(sql, kWhat);
  Drop();
  return changed;
}

// One statement, so that nobody who stands still holds a lock. Another start's row stays as it is
// and does not count as changed.
Status LeaseTable::Begin(const LeaseTerms& terms, Time now) {
  SqlText sql("INSERT INTO treaty_instance (owner, instance, renewals, renewed, clock) VALUES (");
  sql.Bytes(terms.owner);
  (sql << ", ").Bytes(terms.instance);
  (sql << ", 0, " << kNow << ", ").Int(ToMillis(now));
  sql << ") ON DUPLICATE KEY UPDATE owner = treaty_instance.owner";
  const Result<std::uint64_t> made = Execute(sql);
  if (!made.ok()) return made.status();
  if (*made == 1) return {};
  return {Code::kAlreadyExists, "another treatyd of this InstanceId works on the database"};
}

Status LeaseTable::Renew(const LeaseTerms& terms, Time now) {
  SqlText sql("UPDATE treaty_instance SET renewals = renewals + 1, renewed = ");
  (sql << kNow << ", clock = ").Int(ToMillis(now));
  (sql << " WHERE owner = ").Bytes(terms.owner);
  const Result<std::uint64_t> changed = Execute(sql);
  if (!changed.ok()) return changed.status();
  if (*changed == 1) return {};
  return {Code::kFailedPrecondition, "the lease was ended by another treatyd, which took over"};
}

Status LeaseTable::End(const std::string& owner) {
  SqlText sql("DELETE FROM treaty_instance WHERE owner = ");
  sql.Bytes(owner);
  return Execute(sql).status();
}

Result<std::vector<LeaseRow>> LeaseTable::Find() {
  if (Status status = Open(); !status.ok()) return status;
  std::vector<LeaseRow> rows;
  const SqlText sql("SELECT owner, instance, renewals, renewed FROM treaty_instance");
  Status status = connection_->Query(sql, kWhat, [&rows](const MysqlRow& row) {
    rows.push_back(
        {row.Bytes(0), row.Bytes(1), static_cast<std::uint64_t>(row.Int(2)), ToTime(row.Int(3))});
    return Status();
  });
  Drop();
  if (!status.ok()) return status;
  return rows;
}

Status LeaseTable::Reap(const LeaseRow& found) {
  SqlText sql("DELETE FROM treaty_instance WHERE owner = ");
  sql.Bytes(found.owner);
  (sql << " AND renewals = ").Int(static_cast<std::int64_t>(found.renewals));
  const Result<std::uint64_t> changed = Execute(sql);
  if (!changed.ok()) return changed.status();
  if (*changed == 1) return {};
  return {Code::kFailedPrecondition, "the lease was renewed or ended meanwhile"};
}

}  // namespace treaty
