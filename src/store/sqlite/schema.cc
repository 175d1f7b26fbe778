// The version is SQLite's user_version, written in the transaction that makes it true.

#include "store/sqlite/schema.h"

namespace treaty {
namespace {

Status NotOurs(const std::string& path) {
  return {Code::kDataLoss, path +
                               " is not a database of Treaty, or its head is damaged; choose "
                               "another file, or restore a backup"};
}

int Apply(SqliteConnection& connection, std::span<const Migration> migrations,
          std::int64_t version) {
  int code = connection.Execute("BEGIN IMMEDIATE");
  for (const Migration& migration : migrations) {
    if (code != SQLITE_OK) return code;
    if (migration.number > version) code = connection.Execute(migration.sql);
  }
  if (code != SQLITE_OK) return code;
  code = connection.Execute("PRAGMA application_id = " + std::to_string(kApplicationId) +
                            "; PRAGMA user_version = " + std::to_string(migrations.back().number));
  return code != SQLITE_OK ? code : connection.Execute("COMMIT");
}

}  // namespace

Status CheckIsOurs(SqliteConnection& connection, const std::string& path) {
  const Result<std::int64_t> id = connection.QueryInt("PRAGMA application_id");
  const Result<std::int64_t> tables = connection.QueryInt("SELECT count(*) FROM sqlite_schema");
  for (const auto* result : {&id, &tables}) {
    if (result->ok()) continue;
    return result->status().code() == Code::kDataLoss ? NotOurs(path) : result->status();
  }
  const bool is_empty = *id == 0 && *tables == 0;
  if (*id != kApplicationId && !is_empty) return NotOurs(path);
  return {};
}

Status Upgrade(SqliteConnection& connection, std::span<const Migration> migrations,
               const std::string& path) {
  const Result<std::int64_t> version = connection.QueryInt("PRAGMA user_version");
  if (!version.ok()) return version.status();
  const std::int64_t known = migrations.back().number;
  if (*version == known) return {};
  if (*version > known) {
    return {Code::kDataLoss, path + " has version " + std::to_string(*version) +
                                 " of the schema, this program knows them up to " +
                                 std::to_string(known) +
                                 "; run the newer program, or restore an older backup"};
  }
  const int code = Apply(connection, migrations, *version);
  if (code == SQLITE_OK) return {};
  Status failed = connection.ToStatus(code, "could not upgrade the schema of " + path);
  connection.Execute("ROLLBACK");
  return failed;
}

}  // namespace treaty
