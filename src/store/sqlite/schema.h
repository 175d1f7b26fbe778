// The schema of the embedded store: whose file it is, which version it has, and the way up.

#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"
#include "store/sqlite/connection.h"

namespace treaty {

// SQLite's application id of our files: "TRTY".
inline constexpr std::int64_t kApplicationId = 0x54525459;

// The SQL that leads from version number-1 to version number, counted from 1.
struct Migration {
  std::int64_t number = 0;
  const char* sql = nullptr;
};

// sql/sqlite/*.sql, in order.
std::span<const Migration> Migrations();

// Fails with kDataLoss if the database is neither ours nor empty; changes nothing.
Status CheckIsOurs(SqliteConnection& connection, const std::string& path);

// Brings the schema to the last of `migrations`, in one transaction. Fails with kDataLoss if it is
// already beyond that.
Status Upgrade(SqliteConnection& connection, std::span<const Migration> migrations,
               const std::string& path);

}  // namespace treaty
