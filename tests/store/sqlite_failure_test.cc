// A disk that is full, busy or broken: refused and tried again, or the end of the process.

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <filesystem>
#include <functional>
#include <iostream>

#include "store/failing_vfs.h"
#include "store/raw_database.h"
#include "store/sqlite_fixture.h"

namespace treaty::store_test {
namespace {

using ::testing::ExitedWithCode;
using ::testing::HasSubstr;

class SqliteFailureTest : public SqliteTest {
 protected:
  SqliteFailureTest() { InstallFailingVfs(); }
  ~SqliteFailureTest() override { SetDiskFault(DiskFault::kNone); }

  static Status Commit(Store& store, const Txn& txn) {
    const Write write = InsertOf(txn);
    Verdict verdict = Verdict::kIllegal;
    return store.Commit({&write, 1}, {&verdict, 1});
  }

  // Opens, then commits on a disk with that fault; on success the test's process lives on.
  void CommitOn(DiskFault fault) {
    const std::unique_ptr<Store> store = Open();
    SetDiskFault(fault);
    Commit(*store, MakeTxn("g2")).ok();
    SetDiskFault(DiskFault::kNone);
  }
};

TEST_F(SqliteFailureTest, RefusesWritesOnAFullDiskAndTakesThemWhenThereIsRoom) {
  CreateWithOne();
  const std::unique_ptr<Store> store = Open();
  const Txn txn = MakeTxn("g2");
  SetDiskFault(DiskFault::kFull);
  const Status status = Commit(*store, txn);
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("full"));
  EXPECT_FALSE(store->CheckWritable().ok());
  EXPECT_FALSE(LoadOrNothing(*store, "g2"));
  EXPECT_TRUE(LoadOrNothing(*store, "g1"));

  SetDiskFault(DiskFault::kNone);
  EXPECT_TRUE(store->CheckWritable().ok());
  EXPECT_TRUE(Commit(*store, txn).ok());
  EXPECT_TRUE(LoadOrNothing(*store, "g2"));
}

TEST_F(SqliteFailureTest, AStartOnAFullDiskSaysSo) {
  SetDiskFault(DiskFault::kFull);
  const Status fresh = Refusal();
  EXPECT_EQ(fresh.code(), Code::kUnavailable);
  EXPECT_THAT(fresh.message(), HasSubstr("disk full; make room"));
  SetDiskFault(DiskFault::kNone);
  EXPECT_TRUE(Open());
}

TEST_F(SqliteFailureTest, StoresNothingOfABatchThatTheFullDiskCutOff) {
  const std::unique_ptr<Store> store = Open();
  std::vector<Txn> txns;
  for (int i = 0; i < 100; ++i) txns.push_back(MakeTxn("g" + std::to_string(i)));
  std::vector<Write> writes;
  for (const Txn& txn : txns) writes.push_back(InsertOf(txn));
  std::vector<Verdict> verdicts(writes.size());
  SetDiskFault(DiskFault::kFull);
  EXPECT_EQ(store->Commit(writes, verdicts).code(), Code::kUnavailable);
  SetDiskFault(DiskFault::kNone);
  EXPECT_TRUE(Gids(store->List({})).empty());
  EXPECT_EQ(CommitAll(*store, writes), std::vector<Verdict>(100, Verdict::kStored));
}

TEST_F(SqliteFailureTest, RefusesWritesWhileAnotherHoldsTheLockAndTakesThemAfterwards) {
  const std::unique_ptr<Store> store = Open();
  sqlite3* operators = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &operators), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(operators, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const Txn txn = MakeTxn("g1");
  EXPECT_EQ(Commit(*store, txn).code(), Code::kUnavailable);
  EXPECT_FALSE(LoadOrNothing(*store, "g1"));
  sqlite3_close(operators);
  EXPECT_TRUE(Commit(*store, txn).ok());
  EXPECT_TRUE(LoadOrNothing(*store, "g1"));
}

using SqliteFailureDeathTest = SqliteFailureTest;

TEST_F(SqliteFailureDeathTest, AFailedFsyncEndsTheProcess) {
  CreateWithOne();
  EXPECT_EXIT(CommitOn(DiskFault::kSyncError), ExitedWithCode(kExitStoreFailed),
              "the store failed");
  EXPECT_TRUE(LoadOrNothing(*Open(), "g1"));
}

TEST_F(SqliteFailureDeathTest, AFailedWriteEndsTheProcess) {
  CreateWithOne();
  EXPECT_EXIT(CommitOn(DiskFault::kWriteError), ExitedWithCode(kExitStoreFailed),
              "the store failed");
  const std::unique_ptr<Store> store = Open();
  EXPECT_TRUE(LoadOrNothing(*store, "g1"));
  EXPECT_FALSE(LoadOrNothing(*store, "g2"));
}

TEST_F(SqliteFailureDeathTest, AFailedFsyncOfACheckpointEndsTheProcess) {
  const auto write_much = [this] {
    const std::unique_ptr<Store> store = Open();
    SetDiskFault(DiskFault::kSyncErrorOfDatabase);
    for (int i = 0; i < 40; ++i) {
      Txn txn = MakeTxn("g" + std::to_string(i));
      auto body = MakeBody(txn.gid());
      body->steps[0].payload = std::string(1'000'000, 'x');
      txn.body = body;
      if (!Commit(*store, txn).ok()) return;
    }
    SetDiskFault(DiskFault::kNone);
  };
  EXPECT_EXIT(write_much(), ExitedWithCode(kExitStoreFailed), "could not copy the log");
  EXPECT_TRUE(LoadOrNothing(*Open(), "g0"));
}

TEST_F(SqliteFailureDeathTest, ADeletedOrReplacedFileEndsTheProcess) {
  CreateWithOne();
  const auto commit_after = [this](const std::function<void()>& mishap) {
    const std::unique_ptr<Store> store = Open();
    mishap();
    Commit(*store, MakeTxn("g2")).ok();
  };
  const std::string copy = folder_.File("copy.db");
  ASSERT_TRUE(BackupSqlite(path_, copy).ok());
  EXPECT_EXIT(commit_after([&] { std::filesystem::rename(copy, path_); }),
              ExitedWithCode(kExitStoreFailed), "deleted or replaced");
  EXPECT_EXIT(commit_after([&] { std::filesystem::remove(path_); }),
              ExitedWithCode(kExitStoreFailed), "deleted or replaced");
}

// What was committed last is in the log alone.
TEST_F(SqliteFailureDeathTest, ALostLogOrIndexEndsTheProcessBeforeAnythingIsAcknowledged) {
  CreateWithOne();
  using Use = std::function<void(Store&)>;
  const Use uses[] = {[](Store& store) { Commit(store, MakeTxn("g2")).ok(); },
                      [](Store& store) { store.CheckWritable().ok(); },
                      [](Store& store) { store.Prune(At(1), 1).ok(); }};
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::string file = path_ + suffix;
    const std::function<void()> mishaps[] = {[&] { std::filesystem::remove(file); },
                                             [&] { std::filesystem::rename(file, file + ".away"); },
                                             [&] {
                                               std::filesystem::copy_file(file, file + ".copy");
                                               std::filesystem::rename(file + ".copy", file);
                                             }};
    for (const auto& mishap : mishaps) {
      for (const Use& use : uses) {
        const auto use_after = [&] {
          const std::unique_ptr<Store> store = Open();
          ASSERT_TRUE(store->CheckWritable().ok());
          mishap();
          use(*store);
          std::cerr << "acknowledged\n";
          _exit(0);
        };
        EXPECT_EXIT(use_after(), ExitedWithCode(kExitStoreFailed), "was deleted or replaced");
        std::filesystem::remove(file + ".away");
        std::filesystem::remove(file + ".copy");
      }
    }
  }
}

TEST_F(SqliteFailureDeathTest, GoesOnWhenTheDiskIsSound) {
  CommitOn(DiskFault::kNone);
  EXPECT_TRUE(LoadOrNothing(*Open(), "g2"));
}

}  // namespace
}  // namespace treaty::store_test
