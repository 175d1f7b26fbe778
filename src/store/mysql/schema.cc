// DDL commits by itself, so a version is noted after all of it has run; whoever is interrupted, or
// comes second, finds statements that may run again.

#include "store/mysql/schema.h"

#include <optional>
#include <string>
#include <string_view>

#include "store/mysql/mysql_store.h"

namespace treaty {
namespace {

constexpr SqlConstant kWhat = "could not upgrade the schema";
constexpr SqlConstant kVersionTable =
    "CREATE TABLE IF NOT EXISTS treaty_schema (id INT NOT NULL, version INT NOT NULL, "
    "PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";
constexpr SqlConstant kIsThere =
    "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND "
    "table_name = 'treaty_schema'";
constexpr SqlConstant kVersion = "SELECT version FROM treaty_schema WHERE id = 1";
constexpr SqlConstant kNoteVersion = "REPLACE INTO treaty_schema (id, version) VALUES (1, ";

// A name per database; locks are the whole server's. Long names are cut by a hash.
constexpr SqlConstant kLock =
    "SELECT GET_LOCK(CONCAT('treaty_schema.', LEFT(MD5(database()), 16)), 60)";
constexpr SqlConstant kUnlock =
    "SELECT RELEASE_LOCK(CONCAT('treaty_schema.', LEFT(MD5(database()), 16)))";

Result<std::int64_t> QueryInt(MysqlConnection& connection, const SqlText& sql) {
  std::int64_t value = 0;
  Status status = connection.Query(sql, kWhat, [&value](const MysqlRow& row) {
    value = row.IsNull(0) ? 0 : row.Int(0);
    return Status();
  });
  if (!status.ok()) return status;
  return value;
}

// 0: there is none of ours.
Result<std::int64_t> StoredVersion(MysqlConnection& connection) {
  Result<std::int64_t> there = QueryInt(connection, SqlText(kIsThere));
  if (!there.ok() || *there == 0) return there;
  return QueryInt(connection, SqlText(kVersion));
}

Status TooNew(std::int64_t version) {
  return {Code::kDataLoss, "the database has version " + std::to_string(version) +
                               " of the schema, this program knows them up to " +
                               std::to_string(MysqlMigrations().back().number) +
                               "; run the newer program"};
}

Status TooOld(std::int64_t version, const std::string& why) {
  return {Code::kFailedPrecondition, "the database has version " + std::to_string(version) +
                                         " of the schema, this program needs " +
                                         std::to_string(MysqlMigrations().back().number) + ": " +
                                         why +
                                         "; have `treatyd --print-schema` run by somebody who may"};
}

Status RunStatement(MysqlConnection& connection, const SqlText& sql) {
  return connection.Execute(sql, kWhat).status();
}

Status RunAll(MysqlConnection& connection, std::int64_t from) {
  Status status = RunStatement(connection, SqlText(kVersionTable));
  for (const MysqlMigration& migration : MysqlMigrations()) {
    if (migration.number <= from) continue;
    for (const SqlText& statement : SqlText::Statements(migration.sql)) {
      if (status.ok()) status = RunStatement(connection, statement);
    }
  }
  if (!status.ok()) return status;
  SqlText note(kNoteVersion);
  note.Int(MysqlMigrations().back().number) << ")";
  return RunStatement(connection, note);
}

// With the lock held; another program may have been faster.
Status UpgradeLocked(MysqlConnection& connection) {
  const Result<std::int64_t> version = StoredVersion(connection);
  if (!version.ok()) return version.status();
  if (*version >= MysqlMigrations().back().number) return {};
  Status status = RunAll(connection, *version);
  if (status.ok() || status.code() != Code::kInternal) return status;
  return TooOld(*version, status.message());
}

}  // namespace

Status UpgradeSchema(MysqlConnection& connection, bool may_upgrade) {
  const std::int64_t known = MysqlMigrations().back().number;
  const Result<std::int64_t> version = StoredVersion(connection);
  if (!version.ok()) return version.status();
  if (*version > known) return TooNew(*version);
  if (*version == known) return {};
  if (!may_upgrade) return TooOld(*version, "Store.UpgradeSchema is off");
  const Result<std::int64_t> locked = QueryInt(connection, SqlText(kLock));
  if (!locked.ok()) return locked.status();
  if (*locked != 1) return {Code::kUnavailable, "another program is upgrading the schema"};
  Status status = UpgradeLocked(connection);
  const Result<std::int64_t> unlocked = QueryInt(connection, SqlText(kUnlock));
  return status.ok() ? unlocked.status() : status;
}

std::string MysqlSchema() {
  std::string text = std::string(kVersionTable.text()) + ";\n\n";
  for (const MysqlMigration& migration : MysqlMigrations()) {
    text += migration.sql;
    text += "\n";
  }
  return text + std::string(kNoteVersion.text()) + std::to_string(MysqlMigrations().back().number) +
         ");\n";
}

}  // namespace treaty
