#include "store/mysql/writer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "store/mysql/kv_statements.h"
#include "store/mysql/row_batch.h"
#include "store/sql/txn_row.h"

namespace treaty {
namespace {

constexpr int kTries = 3;
constexpr Duration kSlow = std::chrono::milliseconds(500);
constexpr Duration kClockPeriod = std::chrono::seconds(1);

constexpr SqlConstant kWhat = "could not commit";
constexpr SqlConstant kPruning = "could not delete old transactions";

constexpr RowBatch::Frame kDelete = {
    "DELETE t, p FROM (SELECT 0 AS created, x'' AS gid FROM DUAL WHERE 1 = 0 UNION ALL SELECT ",
    " UNION ALL SELECT ",
    ") b JOIN treaty_txn t ON t.created = b.created AND t.gid = b.gid "
    "LEFT JOIN treaty_part p ON p.created = t.created AND p.gid = t.gid"};

}  // namespace

MysqlWriter::MysqlWriter(const MysqlConfig& config, std::size_t most_bytes)
    : config_(config), txns_(most_bytes) {}

Status MysqlWriter::Open() {
  if (connection_) return {};
  Result<std::unique_ptr<MysqlConnection>> opened =
      MysqlConnection::Open(config_, Autocommit::kOff);
  if (!opened.ok()) return opened.status();
  connection_ = *std::move(opened);
  return {};
}

// An idle connection may have been closed by the server, or by something between, without a word.
// One that lets us wait and says nothing is another matter.
Status MysqlWriter::Transact(const Work& work) {
  using Steady = std::chrono::steady_clock;
  const auto begun = Steady::now();
  bool idle = connection_ != nullptr;
  Status status;
  for (int i = 0; i < kTries; ++i) {
    status = TryOnce(work);
    const bool at_once = Steady::now() - begun < kSlow;
    const bool was_closed = std::exchange(idle, false) && trouble_ == Trouble::kLost && at_once;
    const bool again = was_closed || trouble_ == Trouble::kRolledBack;
    if (status.ok() || status.code() == Code::kUnknown || !again) break;
  }
  return status;
}

Status MysqlWriter::TryOnce(const Work& work) {
  trouble_ = Trouble::kNone;
  if (Status opened = Open(); !opened.ok()) return opened;
  Status status = work();
  if (status.ok()) return EndCommit();
  trouble_ = connection_->trouble();
  RollBack();
  return status;
}

// Only a refused certification and a deadlock are known to leave nothing.
Status MysqlWriter::EndCommit() {
  Status status = connection_->Execute(SqlText("COMMIT"), kWhat).status();
  if (status.ok()) return status;
  trouble_ = connection_->trouble();
  if (trouble_ == Trouble::kRolledBack) {
    RollBack();
    return status;
  }
  connection_.reset();
  return {Code::kUnknown, status.message()};
}

// What cannot be rolled back ends with its connection.
void MysqlWriter::RollBack() {
  saved_clock_ = kNever;
  const bool usable =
      trouble_ != Trouble::kLost && connection_->Execute(SqlText("ROLLBACK"), kWhat).ok();
  if (!usable) connection_.reset();
}

Status MysqlWriter::Commit(std::span<const Write> writes, std::span<Verdict> verdicts, Time now) {
  if (writes.empty()) return {};
  return Transact([&] {
    Status status = txns_.Apply(*connection_, writes, verdicts);
    for (std::size_t i = 0; i < writes.size() && status.ok(); ++i) {
      if (writes[i].kind != Write::Kind::kEdit) continue;
      status = ApplyEdit(*connection_, writes[i], verdicts[i]);
    }
    const bool note = status.ok() && now >= saved_clock_ + kClockPeriod;
    return note ? NoteClock(now) : status;
  });
}

Status MysqlWriter::NoteClock(Time now) {
  SqlText sql("UPDATE treaty_clock SET last = GREATEST(last, ");
  sql.Int(ToMillis(now)) << ") WHERE id = 1";
  Status status = connection_->Execute(sql, "could not store the time").status();
  if (status.ok()) saved_clock_ = now;
  return status;
}

Status MysqlWriter::SaveClock(Time now) {
  return Transact([&] { return NoteClock(now); });
}

Result<std::size_t> MysqlWriter::Prune(Time before, std::size_t limit) {
  std::size_t deleted = 0;
  Status status = Transact([&] {
    Result<std::size_t> done = DeleteFinished(before, limit);
    if (done.ok()) deleted = *done;
    return done.status();
  });
  if (!status.ok()) return status;
  return deleted;
}

Result<std::size_t> MysqlWriter::DeleteFinished(Time before, std::size_t limit) {
  constexpr std::size_t kMostBytes = 1 << 20;
  SqlText sql("SELECT created, gid FROM treaty_txn FORCE INDEX (treaty_txn_place) ");
  (sql << "WHERE place IN ('.failed', '.succeed') AND due < ").Int(ToMillis(before));
  (sql << " ORDER BY due LIMIT ").Int(Signed(limit));
  std::vector<SqlText> keys;
  Status status = connection_->Query(sql, kPruning, [&keys](const MysqlRow& row) {
    SqlText& key = keys.emplace_back();
    (key.Int(row.Int(0)) << ", ").Bytes(row.Bytes(1));
    return Status();
  });
  RowBatch batch(kDelete, kMostBytes, [this](const SqlText& text, const auto&) {
    return connection_->Execute(text, kPruning).status();
  });
  for (const SqlText& key : keys) {
    if (status.ok()) status = batch.Add(key, 0);
  }
  if (status.ok()) status = batch.Finish();
  if (!status.ok()) return status;
  return keys.size();
}

}  // namespace treaty
