// Backups taken while the store is written to.

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "contract/branch_fixtures.h"
#include "store/raw_database.h"
#include "store/sqlite/lock_file.h"
#include "store/sqlite_fixture.h"

namespace treaty::store_test {
namespace {

using ::testing::HasSubstr;
using SqliteBackupTest = SqliteTest;

TEST_F(SqliteBackupTest, IsConsistentWhileWritesGoOn) {
  const std::unique_ptr<Store> store = Open();
  std::atomic<bool> stop = false;
  std::atomic<int> committed = 0;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const Txn left = MakeTxn("left" + std::to_string(i));
      const Txn right = MakeTxn("right" + std::to_string(i));
      CommitAll(*store, {InsertOf(left), InsertOf(right)});
      committed = i + 1;
    }
  });
  for (int round = 0; round < 5; ++round) {
    const int at_least = committed;
    const std::string copy = folder_.File("copy" + std::to_string(round));
    const Status status = BackupSqlite(path_, copy);
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(QueryText(copy, "PRAGMA integrity_check"), "ok");
    const auto lefts = QueryNumber(copy, "SELECT count(*) FROM txn WHERE gid LIKE 'left%'");
    EXPECT_GE(lefts, at_least);
    EXPECT_EQ(QueryNumber(copy, "SELECT count(*) FROM txn"), 2 * lefts);
    EXPECT_EQ(QueryNumber(copy, "SELECT count(*) FROM part"), 2 * lefts);
  }
  stop = true;
  writer.join();
}

TEST_F(SqliteBackupTest, OpensAsAStore) {
  CreateWithOne();
  const std::string copy = folder_.File("copy.db");
  ASSERT_TRUE(BackupSqlite(path_, copy).ok());
  EXPECT_TRUE(LoadOrNothing(*OpenAt(copy), "g1"));
}

TEST_F(SqliteBackupTest, ContainsTheRegisteredBranches) {
  Txn txn = MakePrepared("g1");
  {
    const std::unique_ptr<Store> store = Open();
    ASSERT_EQ(CommitOne(*store, InsertOf(txn)), Verdict::kStored);
    txn = With(txn, {BranchStep("01", std::string("a\0b", 3)), BranchStep("02", "")});
    ASSERT_EQ(CommitOne(*store, AddingUpdateOf(txn, 2)), Verdict::kStored);
  }
  const std::string copy = folder_.File("copy.db");
  ASSERT_TRUE(BackupSqlite(path_, copy).ok());
  ExpectSameBranches(LoadOrNothing(*OpenAt(copy), "g1")->txn, txn);
}

TEST_F(SqliteBackupTest, IsForItsOwnerOnly) {
  CreateWithOne();
  const std::string copy = folder_.File("copy.db");
  const mode_t before = umask(0);
  ASSERT_TRUE(BackupSqlite(path_, copy).ok());
  umask(before);
  struct stat status{};
  ASSERT_EQ(stat(copy.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(SqliteBackupTest, RefusesToOverwriteAFile) {
  CreateWithOne();
  const std::string copy = folder_.File("copy.db");
  std::ofstream(copy) << "precious";
  const Status status = BackupSqlite(path_, copy);
  EXPECT_EQ(status.code(), Code::kAlreadyExists);
  EXPECT_THAT(status.message(), HasSubstr(copy));
  EXPECT_EQ(std::filesystem::file_size(copy), 8u);
}

TEST_F(SqliteBackupTest, WritesOverWhatAnInterruptedOneLeftBehind) {
  CreateWithOne();
  const std::string copy = folder_.File("copy.db");
  std::ofstream(copy + ".unfinished") << std::string(100'000, 'x');
  std::ofstream(copy + ".unfinished-journal") << std::string(1'000, 'x');
  ASSERT_TRUE(BackupSqlite(path_, copy).ok());
  EXPECT_TRUE(LoadOrNothing(*OpenAt(copy), "g1"));
  EXPECT_FALSE(std::filesystem::exists(copy + ".unfinished"));
}

TEST_F(SqliteBackupTest, LeavesAnotherThatIsUnderWayAlone) {
  CreateWithOne();
  const std::string copy = folder_.File("copy.db");
  const Result<LockFile> other = LockFile::Acquire(copy + ".unfinished");
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(BackupSqlite(path_, copy).code(), Code::kAlreadyExists);
  EXPECT_TRUE(std::filesystem::exists(copy + ".unfinished"));
}

TEST_F(SqliteBackupTest, RefusesASourceThatIsMissingOrNotOurs) {
  EXPECT_FALSE(BackupSqlite(folder_.File("none.db"), folder_.File("copy.db")).ok());
  EXPECT_FALSE(std::filesystem::exists(folder_.File("none.db")));
  std::ofstream(folder_.File("empty.db")).close();
  EXPECT_EQ(BackupSqlite(folder_.File("empty.db"), folder_.File("copy.db")).code(),
            Code::kDataLoss);
  RunSql(path_, "CREATE TABLE their (x)");
  EXPECT_EQ(BackupSqlite(path_, folder_.File("copy.db")).code(), Code::kDataLoss);
  EXPECT_FALSE(std::filesystem::exists(folder_.File("copy.db")));
}

TEST_F(SqliteBackupTest, LeavesNothingBehindWhenItFails) {
  CreateWithOne();
  EXPECT_EQ(BackupSqlite(path_, folder_.File("no/copy.db")).code(), Code::kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(folder_.File("no")));
}

}  // namespace
}  // namespace treaty::store_test
