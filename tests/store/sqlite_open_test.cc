// What the store opens, what it refuses to open, and how it says so.

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "contract/kv_fixtures.h"
#include "store/raw_database.h"
#include "store/sqlite/schema.h"
#include "store/sqlite_fixture.h"

namespace treaty::store_test {
namespace {

using ::testing::HasSubstr;
using SqliteOpenTest = SqliteTest;

mode_t ModeOf(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

TEST_F(SqliteOpenTest, CreatesEveryFileForItsOwnerOnly) {
  const mode_t before = umask(0);
  const std::unique_ptr<Store> store = Open();
  const Txn txn = MakeTxn("g1");
  EXPECT_EQ(CommitOne(*store, InsertOf(txn)), Verdict::kStored);
  umask(before);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    EXPECT_EQ(ModeOf(path_ + suffix), 0600u) << suffix;
  }
}

TEST_F(SqliteOpenTest, UsesTheWriteAheadLogAndAnApplicationIdOfItsOwn) {
  const std::unique_ptr<Store> store = Open();
  EXPECT_EQ(QueryText(path_, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(QueryNumber(path_, "PRAGMA application_id"), kApplicationId);
}

// A file system on which memory cannot be shared: SQLite would go on without the log.
TEST_F(SqliteOpenTest, RefusesAPlaceWithoutAWriteAheadLog) {
  sqlite3_vfs* const usual = sqlite3_vfs_find(nullptr);
  sqlite3_vfs* const without = sqlite3_vfs_find("unix-none");
  ASSERT_NE(without, nullptr);
  sqlite3_vfs_register(without, 1);
  const Status status = Refusal();
  sqlite3_vfs_register(usual, 1);
  EXPECT_EQ(status.code(), Code::kFailedPrecondition) << status.message();
  EXPECT_THAT(status.message(), HasSubstr("local file system"));
}

TEST_F(SqliteOpenTest, RefusesASecondStoreOfTheSameFileByWhateverName) {
  const std::unique_ptr<Store> store = Open();
  EXPECT_EQ(Refusal().code(), Code::kAlreadyExists);
  EXPECT_THAT(Refusal().message(), HasSubstr(path_ + ".lock"));
  const std::string link = folder_.File("link.db");
  ASSERT_EQ(symlink(path_.c_str(), link.c_str()), 0);
  EXPECT_EQ(OpenSqliteStore({link}, log_).status().code(), Code::kAlreadyExists);
  const std::string twin = folder_.File("twin.db");
  std::filesystem::create_hard_link(path_, twin);
  EXPECT_EQ(OpenSqliteStore({twin}, log_).status().code(), Code::kAlreadyExists);
}

TEST_F(SqliteOpenTest, RefusesASecondProcess) {
  const std::unique_ptr<Store> store = Open();
  const pid_t child = fork();
  if (child == 0) {
    const auto opened = OpenSqliteStore({path_}, log_);
    _exit(!opened.ok() && opened.status().code() == Code::kAlreadyExists ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(SqliteOpenTest, OpensAgainAfterItWasClosed) {
  CreateWithOne();
  EXPECT_TRUE(LoadOrNothing(*Open(), "g1"));
}

TEST_F(SqliteOpenTest, RefusesAFolderThatDoesNotExist) {
  const Status status = OpenSqliteStore({folder_.File("no/treaty.db")}, log_).status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("no/treaty.db"));
  EXPECT_EQ(OpenSqliteStore({""}, log_).status().code(), Code::kUnavailable);
}

TEST_F(SqliteOpenTest, RefusesANewerSchemaAndNamesBothVersions) {
  CreateWithOne();
  RunSql(path_, "PRAGMA user_version = 47");
  const Status status = Refusal();
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("47"));
  EXPECT_THAT(status.message(), HasSubstr("up to " + std::to_string(Migrations().back().number)));
  EXPECT_EQ(QueryNumber(path_, "SELECT count(*) FROM txn"), 1);
}

TEST_F(SqliteOpenTest, RefusesTheDatabaseOfAnotherProgramAndLeavesItAlone) {
  RunSql(path_, "CREATE TABLE their (x); INSERT INTO their VALUES (1)");
  EXPECT_EQ(Refusal().code(), Code::kDataLoss);
  EXPECT_THAT(Refusal().message(), HasSubstr("not a database of Treaty"));
  EXPECT_EQ(QueryText(path_, "PRAGMA journal_mode"), "delete");
  EXPECT_EQ(QueryNumber(path_, "SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(SqliteOpenTest, RefusesAFileThatIsNoDatabaseAndLeavesItAlone) {
  const std::string text = "Dear diary, " + std::string(5'000, '.');
  std::ofstream(path_) << text;
  EXPECT_EQ(Refusal().code(), Code::kDataLoss);
  EXPECT_THAT(Refusal().message(), HasSubstr(path_));
  std::stringstream now;
  now << std::ifstream(path_).rdbuf();
  EXPECT_EQ(now.str(), text);
}

TEST_F(SqliteOpenTest, RefusesADamagedSchema) {
  CreateWithOne();
  RunSql(path_, "DROP INDEX txn_owned");
  EXPECT_EQ(Refusal().code(), Code::kDataLoss);
  EXPECT_THAT(Refusal().message(), HasSubstr("restore a backup"));
}

TEST_F(SqliteOpenTest, RefusesAFileWithADamagedHead) {
  CreateWithOne();
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file << std::string(200, '\xaa');
  file.close();
  EXPECT_EQ(Refusal().code(), Code::kDataLoss);
}

TEST_F(SqliteOpenTest, CreatesTheSchemaInAnEmptyFile) {
  std::ofstream(path_).close();
  EXPECT_TRUE(Open());
  EXPECT_EQ(QueryNumber(path_, "PRAGMA user_version"), Migrations().back().number);
}

// The schema of a version after the present one.
std::vector<Migration> AndThen(const char* sql) {
  std::vector<Migration> all(Migrations().begin(), Migrations().end());
  all.push_back({all.back().number + 1, sql});
  return all;
}

// A file of version 1 opens, its sagas are there, and it takes the other models and entries.
TEST_F(SqliteOpenTest, OpensAFileOfTheFirstVersion) {
  CreateWithOne();
  RunSql(path_, "DROP TABLE kv; PRAGMA user_version = 1");
  EXPECT_TRUE(LoadOrNothing(*Open(), "g1"));
  EXPECT_EQ(CommitOne(*Open(), EditOf(PutOf("t", "[]"), 1)), Verdict::kStored);
  EXPECT_EQ(QueryNumber(path_, "PRAGMA user_version"), Migrations().back().number);
}

TEST_F(SqliteOpenTest, UpgradesInPlaceAndKeepsTheRows) {
  CreateWithOne();
  Result<SqliteConnection> connection = SqliteConnection::Open(path_, SQLITE_OPEN_READWRITE);
  const auto next = AndThen("ALTER TABLE txn ADD COLUMN extra INTEGER NOT NULL DEFAULT 5");
  ASSERT_TRUE(Upgrade(*connection, next, path_).ok());
  EXPECT_EQ(QueryNumber(path_, "PRAGMA user_version"), next.back().number);
  EXPECT_EQ(QueryNumber(path_, "SELECT extra FROM txn WHERE gid = 'g1'"), 5);
  ASSERT_TRUE(Upgrade(*connection, next, path_).ok());
}

TEST_F(SqliteOpenTest, LeavesTheOldVersionWhenAnUpgradeFails) {
  CreateWithOne();
  Result<SqliteConnection> connection = SqliteConnection::Open(path_, SQLITE_OPEN_READWRITE);
  const auto broken = AndThen("CREATE TABLE halfway (x); INSERT INTO nowhere VALUES (1)");
  EXPECT_FALSE(Upgrade(*connection, broken, path_).ok());
  EXPECT_EQ(QueryNumber(path_, "PRAGMA user_version"), Migrations().back().number);
  EXPECT_EQ(QueryNumber(path_, "SELECT count(*) FROM sqlite_schema WHERE name = 'halfway'"), 0);
  connection = Status(Code::kInternal, "closed");
  EXPECT_TRUE(LoadOrNothing(*Open(), "g1"));
}

}  // namespace
}  // namespace treaty::store_test
