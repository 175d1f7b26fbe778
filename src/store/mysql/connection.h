// A thin skin over MySQL Connector/C++: exceptions become Status, and what is wrong with a
// connection is remembered with it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "base/status.h"
#include "store/mysql/mysql_store.h"
#include "store/mysql/session.h"
#include "store/mysql/sql_text.h"

namespace sql {
class Connection;
class ResultSet;
class SQLException;
class Statement;
}  // namespace sql

namespace treaty {

// What a failed statement means for the next step.
enum class Trouble : std::uint8_t {
  kNone,
  kLost,        // The connection is gone or cannot be trusted; open another one.
  kRolledBack,  // A deadlock, a refused certification: the same again may do at once.
  kRefused,     // The server does not take it now: disk full.
  kBlocked,     // Somebody holds a lock on something of it.
  kMistake,     // The same again will fail again.
};

// The current row of a query; columns count from 0.
class MysqlRow {
 public:
  explicit MysqlRow(sql::ResultSet& row) : row_(row) {}
  std::int64_t Int(int column) const;
  std::string Bytes(int column) const;
  bool IsNull(int column) const;

 private:
  sql::ResultSet& row_;
};

// One connection, for one thread at a time. After Trouble::kLost it is of no use.
class MysqlConnection {
 public:
  // kUnavailable: could not connect, or the server refused the session.
  static Result<std::unique_ptr<MysqlConnection>> Open(const MysqlConfig& config,
                                                       Autocommit autocommit);
  ~MysqlConnection();

  MysqlConnection(const MysqlConnection&) = delete;
  MysqlConnection& operator=(const MysqlConnection&) = delete;

  // From now on a statement of more than `bytes` is not sent, but refused with kInvalidArgument:
  // the server would end the connection over it.
  void LimitStatements(std::size_t bytes) { most_bytes_ = bytes; }

  // Runs a statement without rows; returns how many rows it has changed. Failures are
  // kUnavailable, kBlocked for that trouble, or kInternal for Trouble::kMistake; the message begins
  // with `what`.
  Result<std::uint64_t> Execute(const SqlText& sql, SqlConstant what);

  // Runs a query and shows every row to `each`; stops, with what it returned, at its first
  // failure.
  Status Query(const SqlText& sql, SqlConstant what,
               const std::function<Status(const MysqlRow&)>& each);

  // Of the last call.
  Trouble trouble() const { return trouble_; }

 private:
  MysqlConnection();
  // kInvalidArgument: the server does not know what `first` sets.
  Status Connect(const MysqlConfig& config, const SqlText& first);
  Status SetUp(Autocommit autocommit);
  Status SetUpOneByOne(Autocommit autocommit);
  Status CheckEncrypted();
  Status Failed(const sql::SQLException& error, SqlConstant what);
  Status TooLong(const SqlText& sql, SqlConstant what);
  std::string At() const;  // Which server it was, for the log.

  std::string address_;
  std::unique_ptr<sql::Connection> connection_;
  std::unique_ptr<sql::Statement> statement_;
  Trouble trouble_ = Trouble::kNone;
  std::size_t most_bytes_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace treaty
