// A thin skin over the C API of SQLite: ownership and binding, no policy.

#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace treaty {

// A prepared statement. Bound text and blobs are not copied: they outlive the next Reset.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

  void Bind(int index, std::int64_t value);
  void BindText(int index, std::string_view value);
  void BindBlob(int index, std::string_view value);

  // Returns SQLITE_ROW, SQLITE_DONE or what went wrong, binding included.
  int Step();
  void Reset();

  // Steps once and resets; SQLITE_OK instead of SQLITE_ROW and SQLITE_DONE.
  int Run();

  std::int64_t Int(int column) const;
  std::string_view Bytes(int column) const;  // Of text or blob; valid until the next Step.
  bool IsNull(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  void Note(int code) {
    if (code != SQLITE_OK) bind_error_ = code;
  }

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int bind_error_ = SQLITE_OK;
};

// Resets a statement at the end of the scope, so that no snapshot stays open.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
  ~ResetAtEnd() { statement_.Reset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  Statement& statement_;
};

// One connection, for one thread at a time. Statements die before it.
class SqliteConnection {
 public:
  // `path` is absolute; `flags` are SQLITE_OPEN_*.
  static Result<SqliteConnection> Open(const std::string& path, int flags);

  // Runs one or several statements; returns SQLite's extended code.
  int Execute(const std::string& sql);

  Result<Statement> Prepare(std::string_view sql);

  // Runs a query for one number.
  Result<std::int64_t> QueryInt(std::string_view sql);

  // Translates a code of the last call into a Status that begins with `what`.
  Status ToStatus(int code, std::string_view what) const;

  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  explicit SqliteConnection(sqlite3* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3, Close> handle_;
};

// Whether a code of the writing connection means that the disk can no longer be trusted: then
// nothing may be tried again, because the kernel may have dropped what could not be written.
bool IsDiskFailure(int code);

}  // namespace treaty
