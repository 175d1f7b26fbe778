// The writing connection: group commits, retention, checkpoints.
//
// Every write of a batch is one or two prepared statements inside one transaction. SQLITE_BUSY
// and SQLITE_FULL roll the batch back and are reported; a failed write or fsync ends the
// process, because a second try could succeed without the data having reached the disk.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/log.h"
#include "base/status.h"
#include "store/legal_move.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/kv_writer.h"
#include "store/store.h"
#include "wire/record/record_codec.h"

namespace treaty {

// For one thread at a time.
class Writer {
 public:
  // `connection` has its schema. `log` is not owned and outlives the writer.
  static Result<std::unique_ptr<Writer>> Create(SqliteConnection connection, Log& log);

  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // See Store.
  Status Commit(std::span<const Write> writes, std::span<Verdict> verdicts);
  Result<std::size_t> Prune(Time before, std::size_t limit);

  // Stores the time of the clock: a small write that shows whether writes are possible, and
  // keeps the clock from going back after a restart.
  Status SaveClock(Time now);

  // Says so in the log and on standard error. Nothing more is written.
  [[noreturn]] void EndProcess(const Status& failure);

 private:
  Writer(SqliteConnection connection, Log& log);
  Status PrepareAll();

  int Apply(const Write& write, Verdict& verdict);
  int Insert(const Write& write, Verdict& verdict);
  int InsertPart(const Txn& txn);
  int Update(const Write& write, Verdict& verdict);
  int UpdateProgress(const Write& write, bool& stored);
  int UpdateAll(const Write& write, StatusSet legal, bool& stored);
  int UpdateTerms(const Txn& txn);
  int AddParts(const Write& write);
  int JudgeRefused(const Write& write, Verdict& verdict);
  int NoteClock(std::span<const Write> writes);
  int DeleteFinished(Time before, std::size_t limit, std::size_t& deleted);

  // Runs `work` between BEGIN and COMMIT, or leaves nothing of it.
  template <typename Work>
  Status Transact(const char* what, Work work);
  Status RollBack(int code, const char* what);
  void CheckpointIfLong();

  SqliteConnection connection_;
  Log& log_;
  KvWriter kv_;
  RecordCodec codec_;
  std::string state_bytes_, terms_bytes_, body_bytes_;
  Time saved_clock_ = kNever;
  int wal_pages_ = 0;

  Statement begin_, commit_, rollback_;
  Statement insert_, insert_part_, update_progress_, update_all_, update_terms_, add_part_, find_;
  Statement save_clock_, find_finished_, delete_parts_, delete_txn_;
};

}  // namespace treaty
