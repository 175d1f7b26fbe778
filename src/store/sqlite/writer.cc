// The statements of the writer, and the order in which they run.

#include "store/sqlite/writer.h"

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "store/sql/txn_row.h"
#include "store/sqlite/sqlite_store.h"

namespace treaty {
namespace {

// Pages in the write-ahead log before they are copied into the database.
constexpr int kCheckpointPages = 4'000;

constexpr char kInsert[] =
    "INSERT INTO txn (gid, model, status, created, updated, finished, wake, owner, version, "
    "write_id, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
    "ON CONFLICT (gid) DO NOTHING";
constexpr char kInsertPart[] = "INSERT INTO part (id, terms, body) VALUES (?1, ?2, ?3)";

// The frequent update: nothing moves but the progress, so no index is touched. SQLite rewrites
// an index as soon as one of its columns is assigned, whether the value differs or not.
constexpr char kUpdateProgress[] =
    "UPDATE txn SET updated = ?1, version = ?2, write_id = ?3, state = ?4 "
    "WHERE gid = ?5 AND version = ?2 - 1 AND status = ?6 AND owner = ?7 AND wake = ?8";
constexpr char kUpdateAll[] =
    "UPDATE txn SET status = ?1, updated = ?2, finished = ?3, wake = ?4, owner = ?5, "
    "version = ?6, write_id = ?7, state = ?8 "
    "WHERE gid = ?9 AND version = ?6 - 1 AND (?10 >> status) & 1";
constexpr char kUpdateTerms[] =
    "UPDATE part SET terms = ?1 WHERE id = (SELECT id * 65536 FROM txn WHERE gid = ?2)";
constexpr char kAddPart[] =
    "INSERT INTO part (id, terms, body) SELECT id * 65536 + ?1, NULL, ?2 FROM txn WHERE gid = ?3";
constexpr char kFind[] = "SELECT version, write_id FROM txn WHERE gid = ?1";

constexpr char kSaveClock[] = "UPDATE clock SET last = max(last, ?1) WHERE id = 1";
constexpr char kFindFinished[] =
    "SELECT id FROM txn WHERE status >= 3 AND finished < ?1 ORDER BY finished LIMIT ?2";
constexpr char kDeleteParts[] =
    "DELETE FROM part WHERE id BETWEEN ?1 * 65536 AND ?1 * 65536 + 65535";
constexpr char kDeleteTxn[] = "DELETE FROM txn WHERE id = ?1";

constexpr std::int64_t kPartsPerTxn = 65'536;

}  // namespace

Writer::Writer(SqliteConnection connection, Log& log)
    : connection_(std::move(connection)), log_(log) {}

Result<std::unique_ptr<Writer>> Writer::Create(SqliteConnection connection, Log& log) {
  std::unique_ptr<Writer> writer(new Writer(std::move(connection), log));
  Status status = writer->PrepareAll();
  if (!status.ok()) return status;
  sqlite3_wal_hook(
      writer->connection_.handle(),
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &writer->wal_pages_);
  return writer;
}

Status Writer::PrepareAll() {
  const std::pair<Statement*, const char*> all[] = {
      {&begin_, "BEGIN IMMEDIATE"},   {&commit_, "COMMIT"},
      {&rollback_, "ROLLBACK"},       {&insert_, kInsert},
      {&insert_part_, kInsertPart},   {&update_progress_, kUpdateProgress},
      {&update_all_, kUpdateAll},     {&update_terms_, kUpdateTerms},
      {&add_part_, kAddPart},         {&find_, kFind},
      {&save_clock_, kSaveClock},     {&find_finished_, kFindFinished},
      {&delete_parts_, kDeleteParts}, {&delete_txn_, kDeleteTxn},
  };
  for (const auto& [statement, sql] : all) {
    Result<Statement> prepared = connection_.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return kv_.Prepare(connection_);
}

template <typename Work>
Status Writer::Transact(const char* what, Work work) {
  int code = begin_.Run();
  if (code == SQLITE_OK) code = work();
  if (code == SQLITE_OK) code = commit_.Run();
  if (code != SQLITE_OK) return RollBack(code, what);
  CheckpointIfLong();
  return {};
}

Status Writer::RollBack(int code, const char* what) {
  Status failure = connection_.ToStatus(code, what);
  if (IsDiskFailure(code)) EndProcess(failure);
  saved_clock_ = kNever;  // Unknown again: the batch may have held it.
  if (sqlite3_get_autocommit(connection_.handle()) == 0) {
    const int again = rollback_.Run();
    if (again != SQLITE_OK) EndProcess(connection_.ToStatus(again, "could not roll back"));
  }
  return failure;
}

Status Writer::Commit(std::span<const Write> writes, std::span<Verdict> verdicts) {
  TREATY_CHECK(writes.size() == verdicts.size());
  return Transact("could not commit", [&] {
    for (std::size_t i = 0; i < writes.size(); ++i) {
      const int code = Apply(writes[i], verdicts[i]);
      if (code != SQLITE_OK) return code;
    }
    return NoteClock(writes);
  });
}

int Writer::Apply(const Write& write, Verdict& verdict) {
  if (write.kind == Write::Kind::kEdit) return kv_.Apply(write, verdict);
  return write.kind == Write::Kind::kInsert ? Insert(write, verdict) : Update(write, verdict);
}

int Writer::Insert(const Write& write, Verdict& verdict) {
  const Txn& txn = *write.txn;
  codec_.EncodeState(txn, state_bytes_);
  insert_.BindText(1, txn.gid());
  insert_.Bind(2, static_cast<int>(txn.body->model));
  insert_.Bind(3, static_cast<int>(txn.status));
  insert_.Bind(4, ToMillis(txn.created));
  insert_.Bind(5, ToMillis(txn.updated));
  insert_.Bind(6, ToMillis(txn.finished));
  insert_.Bind(7, ToMillis(write.wake));
  insert_.BindText(8, write.owner);
  insert_.Bind(9, Signed(txn.version));
  insert_.Bind(10, Signed(write.write_id));
  insert_.BindBlob(11, state_bytes_);
  const int code = insert_.Run();
  if (code != SQLITE_OK) return code;
  if (sqlite3_changes(connection_.handle()) == 0) return JudgeRefused(write, verdict);
  verdict = Verdict::kStored;
  return InsertPart(txn);
}

int Writer::InsertPart(const Txn& txn) {
  codec_.EncodeTerms(txn, terms_bytes_);
  codec_.EncodeBody(*txn.body, body_bytes_);
  insert_part_.Bind(1, sqlite3_last_insert_rowid(connection_.handle()) * kPartsPerTxn);
  insert_part_.BindBlob(2, terms_bytes_);
  insert_part_.BindBlob(3, body_bytes_);
  return insert_part_.Run();
}

int Writer::Update(const Write& write, Verdict& verdict) {
  const Txn& txn = *write.txn;
  const StatusSet legal = LegalPredecessors(txn);
  codec_.EncodeState(txn, state_bytes_);
  bool stored = false;
  int code = SQLITE_OK;
  const bool may_stay = Contains(legal, txn.status) && txn.finished == kNever;
  if (may_stay) code = UpdateProgress(write, stored);
  if (code == SQLITE_OK && !stored) code = UpdateAll(write, legal, stored);
  if (code != SQLITE_OK) return code;
  if (!stored) return JudgeRefused(write, verdict);
  verdict = Verdict::kStored;
  code = write.terms_changed ? UpdateTerms(txn) : SQLITE_OK;
  return code == SQLITE_OK ? AddParts(write) : code;
}

int Writer::UpdateProgress(const Write& write, bool& stored) {
  const Txn& txn = *write.txn;
  update_progress_.Bind(1, ToMillis(txn.updated));
  update_progress_.Bind(2, Signed(txn.version));
  update_progress_.Bind(3, Signed(write.write_id));
  update_progress_.BindBlob(4, state_bytes_);
  update_progress_.BindText(5, txn.gid());
  update_progress_.Bind(6, static_cast<int>(txn.status));
  update_progress_.BindText(7, write.owner);
  update_progress_.Bind(8, ToMillis(write.wake));
  const int code = update_progress_.Run();
  stored = code == SQLITE_OK && sqlite3_changes(connection_.handle()) == 1;
  return code;
}

int Writer::UpdateAll(const Write& write, StatusSet legal, bool& stored) {
  const Txn& txn = *write.txn;
  update_all_.Bind(1, static_cast<int>(txn.status));
  update_all_.Bind(2, ToMillis(txn.updated));
  update_all_.Bind(3, ToMillis(txn.finished));
  update_all_.Bind(4, ToMillis(write.wake));
  update_all_.BindText(5, write.owner);
  update_all_.Bind(6, Signed(txn.version));
  update_all_.Bind(7, Signed(write.write_id));
  update_all_.BindBlob(8, state_bytes_);
  update_all_.BindText(9, txn.gid());
  update_all_.Bind(10, legal);
  const int code = update_all_.Run();
  stored = code == SQLITE_OK && sqlite3_changes(connection_.handle()) == 1;
  return code;
}

int Writer::UpdateTerms(const Txn& txn) {
  codec_.EncodeTerms(txn, terms_bytes_);
  update_terms_.BindBlob(1, terms_bytes_);
  update_terms_.BindText(2, txn.gid());
  return update_terms_.Run();
}

// The newly registered branches; the n-th of the transaction becomes part n.
int Writer::AddParts(const Write& write) {
  const Txn& txn = *write.txn;
  for (std::size_t n = txn.registered.size() - write.added; n < txn.registered.size(); ++n) {
    codec_.EncodeStep(*txn.registered[n], body_bytes_);
    add_part_.Bind(1, Signed(n + 1));
    add_part_.BindBlob(2, body_bytes_);
    add_part_.BindText(3, txn.gid());
    const int code = add_part_.Run();
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

// Finds out, inside the same transaction, why a write changed no row.
int Writer::JudgeRefused(const Write& write, Verdict& verdict) {
  const bool is_insert = write.kind == Write::Kind::kInsert;
  verdict = is_insert ? Verdict::kExists : Verdict::kStale;
  find_.BindText(1, write.txn->gid());
  const ResetAtEnd reset(find_);
  const int code = find_.Step();
  if (code == SQLITE_DONE) return SQLITE_OK;
  if (code != SQLITE_ROW) return code;
  if (find_.Int(1) == Signed(write.write_id)) {
    verdict = Verdict::kStored;
  } else if (!is_insert && find_.Int(0) + 1 == Signed(write.txn->version)) {
    verdict = Verdict::kIllegal;
  }
  return SQLITE_OK;
}

// At the next start the clock begins after the latest time that any row shows. Rows of owners and
// finished ones are found by their indexes; the times of those that sleep, and of edits, are noted
// here.
int Writer::NoteClock(std::span<const Write> writes) {
  Time latest = saved_clock_;
  for (const Write& write : writes) {
    if (write.kind == Write::Kind::kEdit) {
      latest = std::max(latest, write.edit->now);
      continue;
    }
    const bool sleeps = write.owner.empty() && !write.txn->IsFinished();
    if (sleeps) latest = std::max(latest, write.txn->updated);
  }
  if (latest == saved_clock_) return SQLITE_OK;
  save_clock_.Bind(1, ToMillis(latest));
  const int code = save_clock_.Run();
  if (code == SQLITE_OK) saved_clock_ = latest;
  return code;
}

Status Writer::SaveClock(Time now) {
  return Transact("could not store the time", [&] {
    save_clock_.Bind(1, ToMillis(now));
    return save_clock_.Run();
  });
}

Result<std::size_t> Writer::Prune(Time before, std::size_t limit) {
  std::size_t deleted = 0;
  Status status = Transact("could not delete old transactions",
                           [&] { return DeleteFinished(before, limit, deleted); });
  if (!status.ok()) return status;
  return deleted;
}

int Writer::DeleteFinished(Time before, std::size_t limit, std::size_t& deleted) {
  std::vector<std::int64_t> ids;
  {
    const ResetAtEnd reset(find_finished_);
    find_finished_.Bind(1, ToMillis(before));
    find_finished_.Bind(2, Signed(limit));
    int code = SQLITE_OK;
    while ((code = find_finished_.Step()) == SQLITE_ROW) ids.push_back(find_finished_.Int(0));
    if (code != SQLITE_DONE) return code;
  }
  for (const std::int64_t id : ids) {
    delete_parts_.Bind(1, id);
    delete_txn_.Bind(1, id);
    int code = delete_parts_.Run();
    if (code == SQLITE_OK) code = delete_txn_.Run();
    if (code != SQLITE_OK) return code;
  }
  deleted = ids.size();
  return SQLITE_OK;
}

// SQLite's own checkpointing would ignore a failed fsync of the database file.
void Writer::CheckpointIfLong() {
  if (wal_pages_ < kCheckpointPages) return;
  wal_pages_ = 0;
  const int code = sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr,
                                             SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK || (code & 0xFF) == SQLITE_BUSY) return;
  const Status failure = connection_.ToStatus(code, "could not copy the log into the database");
  if (IsDiskFailure(code)) EndProcess(failure);
  log_.Write(LogLevel::kWarn, "", failure.message());
}

// No destructor runs: whatever is in memory must not reach the disk any more.
void Writer::EndProcess(const Status& failure) {
  const std::string message = "the store failed, ending the process: " + failure.message();
  log_.Write(LogLevel::kError, "", message);
  const std::string line = message + "\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
  _exit(kExitStoreFailed);
}

}  // namespace treaty
