// Ownership and binding of SQLite's handles, and what its codes mean here.

#include "store/sqlite/connection.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <utility>

#include "base/system_words.h"

namespace treaty {
namespace {

// Longer than a backup or an operator's statement locks anything. So short that whoever came during
// the try before is told in time as well, and that nothing is under way when he is told.
constexpr int kBusyTimeoutMs = 1'000;

Code ToCode(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_IOERR:
      return Code::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kDataLoss;
    case SQLITE_TOOBIG:
      return Code::kInvalidArgument;
    default:
      return Code::kInternal;
  }
}

// Whether the file system of a database has no room, or none for another file.
bool IsFull(const char* path) {
  struct statvfs system{};
  if (path == nullptr || statvfs(path, &system) != 0) return false;
  return system.f_bavail == 0 || (system.f_files > 0 && system.f_favail == 0);
}

// What SQLite says; of a file that it could not make or use it says little, and the system's error
// may be that of another try.
std::string Why(sqlite3* handle, int code) {
  const int primary = code & 0xFF;
  const std::string full = SystemWords(ENOSPC);
  if (primary == SQLITE_FULL) return full;
  const std::string why = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  if (handle == nullptr || (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN)) return why;
  const int error = sqlite3_system_errno(handle);
  if (error == ENOSPC || error == EDQUOT || IsFull(sqlite3_db_filename(handle, "main"))) {
    return why + ": " + full;
  }
  return error == 0 || error == ENOENT ? why : why + ": " + SystemWords(error);
}

const char* NotNull(std::string_view value) { return value.data() == nullptr ? "" : value.data(); }

}  // namespace

void Statement::Bind(int index, std::int64_t value) {
  Note(sqlite3_bind_int64(handle_.get(), index, value));
}

void Statement::BindText(int index, std::string_view value) {
  Note(sqlite3_bind_text64(handle_.get(), index, NotNull(value), value.size(), SQLITE_STATIC,
                           SQLITE_UTF8));
}

void Statement::BindBlob(int index, std::string_view value) {
  Note(sqlite3_bind_blob64(handle_.get(), index, NotNull(value), value.size(), SQLITE_STATIC));
}

int Statement::Step() {
  if (bind_error_ != SQLITE_OK) return std::exchange(bind_error_, SQLITE_OK);
  return sqlite3_step(handle_.get());
}

void Statement::Reset() { sqlite3_reset(handle_.get()); }

int Statement::Run() {
  const int code = Step();
  Reset();
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

std::int64_t Statement::Int(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string_view Statement::Bytes(int column) const {
  const void* const bytes = sqlite3_column_blob(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

Result<SqliteConnection> SqliteConnection::Open(const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteConnection connection(handle);
  if (code != SQLITE_OK) return connection.ToStatus(code, "could not open " + path);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return connection;
}

int SqliteConnection::Execute(const std::string& sql) {
  return sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
}

Result<Statement> SqliteConnection::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return ToStatus(code, "could not prepare " + std::string(sql));
  return Statement(statement);
}

Result<std::int64_t> SqliteConnection::QueryInt(std::string_view sql) {
  Result<Statement> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  const int code = statement->Step();
  if (code != SQLITE_ROW) return ToStatus(code, "could not run " + std::string(sql));
  return statement->Int(0);
}

Status SqliteConnection::ToStatus(int code, std::string_view what) const {
  return {ToCode(code),
          std::string(what) + ": " + Why(handle(), code) + " (" + std::to_string(code) + ")"};
}

bool IsDiskFailure(int code) {
  switch (code) {
    // These touch the index in shared memory, locks or the heap: nothing written is in doubt.
    case SQLITE_IOERR_NOMEM:
    case SQLITE_IOERR_SHMOPEN:
    case SQLITE_IOERR_SHMSIZE:
    case SQLITE_IOERR_SHMMAP:
    case SQLITE_IOERR_SHMLOCK:
    case SQLITE_IOERR_LOCK:
    case SQLITE_IOERR_RDLOCK:
    case SQLITE_IOERR_UNLOCK:
    case SQLITE_IOERR_CHECKRESERVEDLOCK:
      return false;
    default:
      break;
  }
  const int primary = code & 0xFF;
  return primary == SQLITE_IOERR || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

}  // namespace treaty
