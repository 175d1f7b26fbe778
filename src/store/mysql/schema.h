// The schema: which version the database has, and the way up.

#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "store/mysql/connection.h"

namespace treaty {

// The SQL that leads from version number-1 to version number, counted from 1: statements that end
// with a semicolon at a line's end, each harmless when it has run already.
struct MysqlMigration {
  std::int64_t number = 0;
  const char* sql = nullptr;
};

// sql/mysql/*.sql, in order.
std::span<const MysqlMigration> MysqlMigrations();

// Brings the schema to the last version, one program at a time. Fails with kDataLoss if it is
// beyond that, kFailedPrecondition if it is older and `may_upgrade` is false or the server does
// not let us.
Status UpgradeSchema(MysqlConnection& connection, bool may_upgrade);

}  // namespace treaty
