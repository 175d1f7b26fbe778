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

// A failure that takes so long is silence: building and sending the largest statement takes less,
// the time-out more.
constexpr Duration kSlow = std::chrono::seconds(1);
constexpr Duration kClockPeriod = std::chrono::seconds(1);

// The clock's trace can wait, but not for a lock: everything else would wait with it.
constexpr Duration kClockBlocked = std::chrono::seconds(10);

constexpr SqlConstant kWhat = "could not commit";
constexpr SqlConstant kSettingUp = "could not set up the connection that writes";

// What somebody holds a lock on is told apart from the rest and waits by itself; the rest should
// not wait long for that to be known.
constexpr SqlConstant kLockWait = "SET SESSION innodb_lock_wait_timeout = 1";
constexpr Duration kLeastTimeout = std::chrono::seconds(2);
constexpr SqlConstant kPacket = "SELECT @@max_allowed_packet";

// In a packet there is a little more than the statement.
constexpr std::int64_t kAroundStatement = 64;

// Fails at once where somebody holds a lock on one of the rows.
constexpr RowBatch::Frame kProbe = {
    "SELECT 1 FROM treaty_txn FORCE INDEX (treaty_txn_gid) WHERE gid IN (", ", ",
    ") FOR UPDATE NOWAIT"};
constexpr std::size_t kMostProbed = 1 << 16;  // Bytes of one statement.
constexpr SqlConstant kPruning = "could not delete old transactions";

constexpr RowBatch::Frame kDelete = {
    "DELETE t, p FROM (SELECT 0 AS created, x'' AS gid FROM DUAL WHERE 1 = 0 UNION ALL SELECT ",
    " UNION ALL SELECT ",
    ") b JOIN treaty_txn t ON t.created = b.created AND t.gid = b.gid "
    "LEFT JOIN treaty_part p ON p.created = t.created AND p.gid = t.gid"};

}  // namespace

// The server tells of a lock before the connection is given up.
MysqlWriter::MysqlWriter(MysqlConfig config)
    : config_([&config] {
        config.read_timeout = std::max(config.read_timeout, kLeastTimeout);
        return std::move(config);
      }()) {}

Status MysqlWriter::Open() {
  if (connection_) return {};
  Result<std::unique_ptr<MysqlConnection>> opened =
      MysqlConnection::Open(config_, Autocommit::kOff);
  if (!opened.ok()) return opened.status();
  connection_ = *std::move(opened);
  Status status = SetUp();
  if (status.ok()) return status;
  connection_.reset();
  return {Code::kUnavailable, status.message()};
}

Status MysqlWriter::SetUp() {
  Status status = connection_->Execute(SqlText(kLockWait), kSettingUp).status();
  std::int64_t packet = 0;
  if (status.ok()) {
    status = connection_->Query(SqlText(kPacket), kSettingUp, [&packet](const MysqlRow& row) {
      packet = row.Int(0);
      return Status();
    });
  }
  if (!status.ok()) return status;
  connection_->LimitStatements(static_cast<std::size_t>(packet - kAroundStatement));
  txns_.LimitStatements(static_cast<std::size_t>(packet / 2));
  return connection_->Execute(SqlText("COMMIT"), kSettingUp).status();
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
    const bool left_clock = std::exchange(leaves_clock_, false);
    const bool again = was_closed || left_clock || trouble_ == Trouble::kRolledBack;
    if (status.ok() || status.code() == Code::kUnknown || !again) break;
  }
  const bool deadlocks = !status.ok() && trouble_ == Trouble::kRolledBack;
  return deadlocks ? Status(Code::kBlocked, status.message()) : status;
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
    Status status = ProbeLocks(writes);
    if (status.ok()) status = txns_.Apply(*connection_, writes, verdicts);
    for (std::size_t i = 0; i < writes.size() && status.ok(); ++i) {
      if (writes[i].kind != Write::Kind::kEdit) continue;
      status = ApplyEdit(*connection_, writes[i], verdicts[i]);
    }
    const bool blocked = now < clock_blocked_until_;
    const bool note = status.ok() && now >= saved_clock_ + kClockPeriod && !blocked;
    return note ? NoteClockOrLeaveIt(now) : status;
  });
}

// Locks the rows of the impatient.
Status MysqlWriter::ProbeLocks(std::span<const Write> writes) {
  RowBatch batch(kProbe, kMostProbed, [this](const SqlText& sql, const auto&) {
    return connection_->Query(sql, kWhat, [](const MysqlRow&) { return Status(); });
  });
  Status status;
  for (const Write& write : writes) {
    if (!write.impatient || write.kind != Write::Kind::kUpdate) continue;
    SqlText row;
    row.Bytes(write.txn->gid());
    if (status.ok()) status = batch.Add(row, 0);
  }
  return status.ok() ? batch.Finish() : status;
}

// Where the row is locked the same is done again without it: what the server has left of the
// transaction depends on its settings.
Status MysqlWriter::NoteClockOrLeaveIt(Time now) {
  Status status = NoteClock(now);
  if (status.code() != Code::kBlocked) return status;
  clock_blocked_until_ = now + kClockBlocked;
  leaves_clock_ = true;
  return status;
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
