// Plain SQLite, opened and closed for each call.

#include "store/raw_database.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace treaty::store_test {
namespace {

int KeepFirst(void* kept, int columns, char** values, char**) {
  if (columns > 0 && values[0] != nullptr) *static_cast<std::string*>(kept) = values[0];
  return 0;
}

}  // namespace

std::string QueryText(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  std::string kept;
  EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  sqlite3_busy_timeout(database, 5'000);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), KeepFirst, &kept, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
  return kept;
}

void RunSql(const std::string& path, const std::string& sql) { QueryText(path, sql); }

std::int64_t QueryNumber(const std::string& path, const std::string& sql) {
  const std::string text = QueryText(path, sql);
  return text.empty() ? -1 : std::stoll(text);
}

}  // namespace treaty::store_test
