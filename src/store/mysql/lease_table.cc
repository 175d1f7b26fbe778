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

// A lease of six seconds is renewed four times while it lasts. A former start of the instance that
// misses one renewal has crashed: nobody starts it twice at a time.
constexpr Duration kFormerStart = std::chrono::milliseconds(1'800);
constexpr SqlConstant kLock = "UPDATE treaty_clock SET id = 1 WHERE id = 1";
constexpr SqlConstant kPause = "DO SLEEP(0.25)";

Status InUse(const std::string& owner) {
  return {Code::kAlreadyExists,
          "another treatyd works on the database (" + owner + "); one at a time, in this version"};
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

// Watches whoever holds it: as soon as one of them renews it belongs to them.
Status LeaseTable::Begin(const LeaseTerms& terms) {
  const Time begun = watch_.Now();
  std::optional<std::vector<Holder>> seen;
  for (;;) {
    const Result<std::vector<Holder>> holders = FindHolders(terms.owner);
    if (!holders.ok()) return holders.status();
    if (!seen) seen = *holders;
    Duration needed{0};
    for (const Holder& holder : *holders) {
      if (std::ranges::find(*seen, holder) == seen->end()) return InUse(holder.owner);
      const bool former = holder.instance == terms.instance;
      needed = std::max(needed, former ? std::min(kFormerStart, terms.length) : terms.length);
    }
    if (watch_.Now() - begun >= needed) return TakeOver(terms, *holders);
    if (Status status = Execute(SqlText(kPause)).status(); !status.ok()) return status;
  }
}

Result<std::vector<LeaseTable::Holder>> LeaseTable::FindHolders(const std::string& owner) {
  if (Status status = Open(); !status.ok()) return status;
  SqlText sql("SELECT owner, instance, renewals FROM treaty_lease WHERE owner <> ");
  sql.Bytes(owner);
  std::vector<Holder> holders;
  Status status = connection_->Query(sql, kWhat, [&holders](const MysqlRow& row) {
    holders.push_back({row.Bytes(0), row.Bytes(1), row.Int(2)});
    return Status();
  });
  Drop();
  if (!status.ok()) return status;
  return holders;
}

// One at a time: whoever comes second waits for the lock and then finds the other's row.
Status LeaseTable::TakeOver(const LeaseTerms& terms, const std::vector<Holder>& dead) {
  Status status = Execute(SqlText("START TRANSACTION")).status();
  if (status.ok()) status = Execute(SqlText(kLock)).status();
  if (status.ok()) status = Replace(terms, dead);
  if (status.ok()) return Execute(SqlText("COMMIT")).status();
  if (connection_ && !Execute(SqlText("ROLLBACK")).ok()) connection_.reset();
  return status;
}

// Makes the lease where nobody has one: those of the dead are removed, unless they were renewed
// in this moment.
Status LeaseTable::Replace(const LeaseTerms& terms, const std::vector<Holder>& dead) {
  for (const Holder& holder : dead) {
    SqlText remove("DELETE FROM treaty_lease WHERE owner = ");
    (remove.Bytes(holder.owner) << " AND renewals = ").Int(holder.renewals);
    if (Status status = Execute(remove).status(); !status.ok()) return status;
  }
  SqlText insert("INSERT INTO treaty_lease (owner, instance, renewed, renewals) SELECT ");
  insert.Bytes(terms.owner);
  (insert << ", ").Bytes(terms.instance);
  insert << ", " << kNow << ", 0 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM treaty_lease)";
  const Result<std::uint64_t> made = Execute(insert);
  if (!made.ok()) return made.status();
  return *made == 1 ? Status() : InUse("it came first");
}

Status LeaseTable::Renew(const LeaseTerms& terms) {
  SqlText sql("UPDATE treaty_lease SET renewals = renewals + 1, renewed = ");
  (sql << kNow << " WHERE owner = ").Bytes(terms.owner);
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
