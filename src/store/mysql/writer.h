// The writing connection: group commits, retention, the clock's trace.
//
// A batch is one database transaction. What the server rolled back is tried again at once; a
// COMMIT without an answer is kUnknown; everything else leaves nothing behind.
//
// Every connection asks for its packet limit: it may have been changed since the one before.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "base/status.h"
#include "store/mysql/connection.h"
#include "store/mysql/mysql_store.h"
#include "store/mysql/txn_writer.h"
#include "store/store.h"

namespace treaty {

// For one thread at a time.
class MysqlWriter {
 public:
  explicit MysqlWriter(MysqlConfig config);

  // Connects, if that is not done.
  Status Open();

  // See Store. `now` is left behind for the next start, once a second.
  Status Commit(std::span<const Write> writes, std::span<Verdict> verdicts, Time now);
  Result<std::size_t> Prune(Time before, std::size_t limit);

  // A small write that shows whether writes are possible.
  Status SaveClock(Time now);

 private:
  using Work = std::function<Status()>;

  // Runs `work` in a database transaction, again where that is of use.
  Status Transact(const Work& work);
  Status TryOnce(const Work& work);
  Status EndCommit();
  void RollBack();
  Status SetUp();
  Status ProbeLocks(std::span<const Write> writes);
  Status NoteClock(Time now);
  Status NoteClockOrLeaveIt(Time now);
  Result<std::size_t> DeleteFinished(Time before, std::size_t limit);

  const MysqlConfig config_;
  std::unique_ptr<MysqlConnection> connection_;
  TxnWriter txns_;
  Trouble trouble_ = Trouble::kNone;  // Of the last try.
  Time saved_clock_ = kNever;
  Time clock_blocked_until_ = kNever;  // Somebody holds a lock on the clock's row.
  bool leaves_clock_ = false;          // The try has failed at that alone.
};

}  // namespace treaty
