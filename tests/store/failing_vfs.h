// A layer between SQLite and the disk that fails on command.

#pragma once

namespace treaty::store_test {

enum class DiskFault {
  kNone,
  kFull,                 // Writes find no room.
  kWriteError,           // Writes fail.
  kSyncError,            // fsync fails.
  kSyncErrorOfDatabase,  // Only that of the database file, as at a checkpoint.
};

// Makes every connection opened from now on, in this process, pass through the layer.
void InstallFailingVfs();

// What the disk does from now on.
void SetDiskFault(DiskFault fault);

}  // namespace treaty::store_test
