// Backups: SQLite's own copier, under one snapshot, so that writers go on meanwhile.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "store/sqlite/connection.h"
#include "store/sqlite/lock_file.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sqlite_store.h"

namespace treaty {
namespace {

Status CannotWrite(const std::string& path, int error) {
  const Code code = error == EEXIST ? Code::kAlreadyExists : Code::kUnavailable;
  return {code, "could not create the backup " + path + ": " +
                    std::generic_category().message(error) + "; name a new file"};
}

Result<SqliteConnection> OpenSource(const std::string& path) {
  Result<SqliteConnection> source = SqliteConnection::Open(path, SQLITE_OPEN_READWRITE);
  if (!source.ok()) return source;
  const Status status = CheckIsOurs(*source, path);
  if (!status.ok()) return status;
  const Result<std::int64_t> id = source->QueryInt("PRAGMA application_id");
  if (id.ok() && *id == kApplicationId) return source;
  return Status(Code::kDataLoss, path + " is empty: there is nothing to back up");
}

// All pages in one step: between two steps a busy writer would make it start again for ever.
Status Copy(SqliteConnection& source, const std::string& to) {
  Result<SqliteConnection> target = SqliteConnection::Open(to, SQLITE_OPEN_READWRITE);
  if (!target.ok()) return target.status();
  sqlite3_backup* const backup =
      sqlite3_backup_init(target->handle(), "main", source.handle(), "main");
  if (backup == nullptr) {
    return target->ToStatus(sqlite3_errcode(target->handle()), "could not begin the backup " + to);
  }
  sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) return target->ToStatus(code, "could not write the backup " + to);
  return {};
}

Status SyncFolder(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return CannotWrite(path, errno);
  const int error = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  return error == 0 ? Status() : CannotWrite(path, error);
}

// Gives the finished copy its name, unless that has been taken meanwhile.
Status Publish(const std::string& unfinished, const std::string& path) {
  if (link(unfinished.c_str(), path.c_str()) != 0) return CannotWrite(path, errno);
  return SyncFolder(path);
}

}  // namespace

Status BackupSqlite(const std::string& from, const std::string& to) {
  if (access(to.c_str(), F_OK) == 0) return CannotWrite(to, EEXIST);
  Result<SqliteConnection> source = OpenSource(from);
  if (!source.ok()) return source.status();
  const std::string unfinished = to + ".unfinished";
  // What an interrupted backup has left behind is written over; one under way has the lock.
  const Result<LockFile> lock = LockFile::Acquire(unfinished);
  if (!lock.ok()) return lock.status();
  if (!lock->IsStillNamed()) return CannotWrite(to, EEXIST);  // Another one has just ended.
  unlink((unfinished + "-journal").c_str());
  if (truncate(unfinished.c_str(), 0) != 0) return CannotWrite(unfinished, errno);
  Status status = Copy(*source, unfinished);
  if (status.ok()) status = Publish(unfinished, to);
  unlink(unfinished.c_str());
  return status;
}

}  // namespace treaty
