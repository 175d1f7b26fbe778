// The edits of key-value entries, inside the writer's transactions.

#pragma once

#include "base/status.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace treaty {

// For one thread at a time; used by the writer, which owns the connection.
class KvWriter {
 public:
  Status Prepare(SqliteConnection& connection);

  // Returns SQLite's code; see Store::Commit for the verdict.
  int Apply(const Write& write, Verdict& verdict);

 private:
  int Run(const Write& write);
  int Insert(const Write& write);
  int Update(const Write& write);
  int Delete(const Write& write);
  int JudgeRefused(const Write& write, Verdict& verdict);

  sqlite3* handle_ = nullptr;
  Statement insert_, update_, delete_, find_;
};

}  // namespace treaty
