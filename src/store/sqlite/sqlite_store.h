// The embedded store: one SQLite file, WAL, synchronous=FULL.

#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "base/time.h"
#include "store/store.h"

namespace treaty {

// The exit code of a process whose disk refused a write or an fsync that may not be retried.
inline constexpr int kExitStoreFailed = 74;

struct SqliteConfig {
  std::string path = "treaty.db";  // Created with mode 0600 where missing.
  // How far the wall clock may be ahead of the last time in the store at the start; 0: any time.
  Duration max_clock_jump{0};
};

// Opens or creates the file and upgrades its schema in place. Fails with kAlreadyExists when
// another process holds it, kDataLoss when the schema is damaged or newer than this program,
// kUnavailable when the file cannot be opened, kFailedPrecondition when the wall clock is too far
// ahead; each message names the file and what to do.
Result<std::unique_ptr<Store>> OpenSqliteStore(SqliteConfig config, Log& log);

// Writes a consistent copy of the database at `from` to the new file `to`, while a daemon may
// be running on it.
Status BackupSqlite(const std::string& from, const std::string& to);

}  // namespace treaty
