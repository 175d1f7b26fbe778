// The barrier: a row per operation heard of, written in the transaction that moves the money.

#include "bank.h"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>

namespace bank {
namespace {

[[noreturn]] void Die(sqlite3* db) {
  std::fprintf(stderr, "database: %s\n", sqlite3_errmsg(db));
  std::exit(1);
}

void Run(sqlite3* db, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) Die(db);
}

// A prepared statement for one use.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql) : db_(db) {
    if (sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr) != SQLITE_OK) Die(db);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(int at, const std::string& text) {
    sqlite3_bind_text(statement_, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& Bind(int at, std::int64_t number) {
    sqlite3_bind_int64(statement_, at, number);
    return *this;
  }
  bool Step() {
    const int result = sqlite3_step(statement_);
    if (result != SQLITE_ROW && result != SQLITE_DONE) Die(db_);
    return result == SQLITE_ROW;
  }
  std::int64_t Column() { return sqlite3_column_int64(statement_, 0); }

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace

Bank::Bank(const std::string& file, std::int64_t balance) {
  if (sqlite3_open(file.c_str(), &db_) != SQLITE_OK) Die(db_);
  Run(db_, "PRAGMA journal_mode=WAL");
  Run(db_, "CREATE TABLE IF NOT EXISTS account(id INTEGER PRIMARY KEY, balance INTEGER NOT NULL)");
  Run(db_,
      "CREATE TABLE IF NOT EXISTS barrier(gid TEXT, branch TEXT, undo INTEGER, "
      "PRIMARY KEY(gid, branch, undo))");
  Statement(db_, "INSERT OR IGNORE INTO account VALUES(1, ?)").Bind(1, balance).Step();
}

Bank::~Bank() { sqlite3_close(db_); }

std::int64_t Bank::Balance() {
  const std::lock_guard lock(mutex_);
  Statement select(db_, "SELECT balance FROM account WHERE id = 1");
  select.Step();
  return select.Column();
}

Verdict Bank::Move(const Origin& origin, std::int64_t amount) {
  const std::lock_guard lock(mutex_);
  Run(db_, "BEGIN IMMEDIATE");
  const Verdict verdict = Decide(origin, amount);
  // A refusal is forgotten: nothing happened, and the undo that follows will find nothing.
  Run(db_, verdict == Verdict::kTooLittle ? "ROLLBACK" : "COMMIT");
  return verdict;
}

Verdict Bank::Decide(const Origin& origin, std::int64_t amount) {
  // The undo also takes the action's place, so that an action arriving later finds it taken.
  const bool action_never_came = origin.undo && Remember(origin, false);
  if (!Remember(origin, origin.undo)) {
    return !origin.undo && WasUndone(origin) ? Verdict::kUndoneBefore : Verdict::kDoneBefore;
  }
  if (action_never_came) return Verdict::kNothingToUndo;
  Statement update(db_,
                   "UPDATE account SET balance = balance + ?1 WHERE id = 1 AND "
                   "(?2 OR balance + ?1 >= 0)");
  update.Bind(1, amount).Bind(2, std::int64_t{origin.undo}).Step();
  return sqlite3_changes(db_) == 1 ? Verdict::kDone : Verdict::kTooLittle;
}

bool Bank::Remember(const Origin& origin, bool undo) {
  Statement insert(db_, "INSERT OR IGNORE INTO barrier VALUES(?, ?, ?)");
  insert.Bind(1, origin.gid).Bind(2, origin.branch_id).Bind(3, std::int64_t{undo}).Step();
  return sqlite3_changes(db_) == 1;
}

bool Bank::WasUndone(const Origin& origin) {
  Statement select(db_, "SELECT 1 FROM barrier WHERE gid = ? AND branch = ? AND undo = 1");
  return select.Bind(1, origin.gid).Bind(2, origin.branch_id).Step();
}

}  // namespace bank
