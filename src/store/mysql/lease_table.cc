#include "store/mysql/lease_table.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/sql/txn_row.h"

namespace treaty {
namespace {

constexpr SqlConstant kWhat = "could not take or keep the lease";
constexpr SqlConstant kNow = "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";

// A lease is renewed four times while it lasts: one of at most six seconds that has not moved for
// so long is nobody's.
constexpr int kLooks = 6;
constexpr SqlConstant kLock = "UPDATE treaty_clock SET id = 1 WHERE id = 1";
constexpr SqlConstant kPause = "DO SLEEP(0.3)";

Status InUse(const std::string& owner) {
  return {Code::kAlreadyExists, "another treatyd works on the database (" + owner +
                                    "); one at a time, in this version. If it has just ended, its "
                                    "lease ends within seconds"};
}

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

// A former start of the same instance that has crashed leaves a lease that nobody renews: it is
// watched for as long as a renewal could take, and then taken.
Status LeaseTable::Begin(const LeaseTerms& terms) {
  std::optional<Holder> watched;
  Status status;
  for (int look = 0; look < kLooks; ++look) {
    if (look > 0) status = Execute(SqlText(kPause)).status();
    if (status.ok()) status = TryBegin(terms, watched);
    if (status.code() != Code::kAlreadyExists || !watched) return status;
  }
  return TakeOver(terms);
}

// Begins it where there is nobody else. `watched`: the former start that seems to be alive.
Status LeaseTable::TryBegin(const LeaseTerms& terms, std::optional<Holder>& watched) {
  if (Status status = Open(); !status.ok()) return status;
  std::vector<Holder> holders;
  Status status = FindHolders(terms, holders);
  Drop();
  if (!status.ok()) return status;
  if (holders.empty()) return TakeOver(terms);
  const Holder& first = holders.front();
  const bool moved = watched && *watched != first;
  if (first.instance != terms.instance || moved) {
    watched.reset();
  } else {
    watched = first;
  }
  return InUse(first.owner);
}

Status LeaseTable::FindHolders(const LeaseTerms& terms, std::vector<Holder>& holders) {
  SqlText sql("SELECT owner, instance, ends FROM treaty_lease WHERE ends > ");
  (sql << kNow << " AND owner <> ").Bytes(terms.owner);
  // Somebody else's first: there is no use in watching.
  (sql << " ORDER BY instance = ").Bytes(terms.instance);
  return connection_->Query(sql, kWhat, [&holders](const MysqlRow& row) {
    holders.push_back({row.Bytes(0), row.Bytes(1), row.Int(2)});
    return Status();
  });
}

// One at a time: whoever comes second waits for the lock and then finds the other's row.
Status LeaseTable::TakeOver(const LeaseTerms& terms) {
  Status status = Execute(SqlText("START TRANSACTION")).status();
  if (status.ok()) status = Execute(SqlText(kLock)).status();
  if (status.ok()) status = Replace(terms);
  if (status.ok()) return Execute(SqlText("COMMIT")).status();
  if (connection_ && !Execute(SqlText("ROLLBACK")).ok()) connection_.reset();
  return status;
}

// Makes the lease where no other has time left.
Status LeaseTable::Replace(const LeaseTerms& terms) {
  SqlText remove("DELETE FROM treaty_lease WHERE ends <= ");
  (remove << kNow << " OR instance = ").Bytes(terms.instance);
  if (Status status = Execute(remove).status(); !status.ok()) return status;
  SqlText insert("INSERT INTO treaty_lease (owner, instance, ends, renewals) SELECT ");
  insert.Bytes(terms.owner);
  (insert << ", ").Bytes(terms.instance);
  (insert << ", " << kNow << " + ").Int(terms.length.count());
  insert << ", 0 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM treaty_lease)";
  const Result<std::uint64_t> made = Execute(insert);
  if (!made.ok()) return made.status();
  return *made == 1 ? Status() : InUse("it came first");
}

Status LeaseTable::Renew(const LeaseTerms& terms) {
  SqlText sql("UPDATE treaty_lease SET ends = ");
  (sql << kNow << " + ").Int(terms.length.count());
  (sql << ", renewals = renewals + 1 WHERE owner = ").Bytes(terms.owner);
  const Result<std::uint64_t> changed = Execute(sql);
  if (!changed.ok()) return changed.status();
  if (*changed == 1) return {};
  return {Code::kFailedPrecondition,
          "the lease was ended by another treatyd, which has taken over"};
}

Status LeaseTable::End(const std::string& owner) {
  SqlText sql("DELETE FROM treaty_lease WHERE owner = ");
  sql.Bytes(owner);
  return Execute(sql).status();
}

}  // namespace treaty
