// What a later process finds: everything committed, damaged rows named, the clock not behind.

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "contract/branch_fixtures.h"
#include "contract/kv_fixtures.h"
#include "store/raw_database.h"
#include "store/sqlite_fixture.h"

namespace treaty::store_test {
namespace {

using ::testing::HasSubstr;

class SqliteReopenTest : public SqliteTest {
 protected:
  // Runs `work` on the store in a process that ends without closing anything.
  void InKilledProcess(const std::function<void(Store&)>& work) {
    const pid_t child = fork();
    if (child == 0) {
      const std::unique_ptr<Store> store = Open();
      work(*store);
      _exit(HasFailure() ? 1 : 0);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
  }
};

TEST_F(SqliteReopenTest, KeepsWhatWasCommittedWhenTheProcessIsKilled) {
  InKilledProcess([](Store& store) {
    for (int i = 0; i < 50; ++i) {
      const Txn txn = MakeTxn("g" + std::to_string(i));
      const Txn next = Next(txn, TxnStatus::kAborting);
      EXPECT_EQ(CommitOne(store, InsertOf(txn)), Verdict::kStored);
      EXPECT_EQ(CommitOne(store, OwnedBy("old", UpdateOf(next))), Verdict::kStored);
    }
  });
  const std::unique_ptr<Store> store = Open();
  EXPECT_EQ(Gids(store->FindOrphans("new", {}, 100)).size(), 50u);
  EXPECT_EQ(LoadOrNothing(*store, "g49")->txn.status, TxnStatus::kAborting);
}

TEST_F(SqliteReopenTest, KeepsRegisteredBranchesWhenTheProcessIsKilled) {
  const Txn first = MakePrepared("g");
  const Txn second = With(first, {BranchStep("01", std::string("\0\xc3\xa4", 3))});
  const Txn third = With(second, {BranchStep("02", ""), BranchStep("03", "x")});
  InKilledProcess([&](Store& store) {
    EXPECT_EQ(CommitOne(store, InsertOf(first)), Verdict::kStored);
    EXPECT_EQ(CommitOne(store, AddingUpdateOf(second, 1, 2)), Verdict::kStored);
    EXPECT_EQ(CommitOne(store, AddingUpdateOf(third, 2, 3)), Verdict::kStored);
  });
  ExpectSameBranches(LoadOrNothing(*Open(), "g")->txn, third);
}

TEST_F(SqliteReopenTest, KeepsEntriesAndTheirTimeWhenTheProcessIsKilled) {
  const Time late = At(9'000'000'000'000);
  InKilledProcess([&](Store& store) {
    KvEdit edit = PutOf("t", "a");
    EXPECT_EQ(CommitOne(store, EditOf(edit, 1)), Verdict::kStored);
    edit = ChangeOf(**store.LoadKv("topics", "t"), "b");
    edit.now = late;
    EXPECT_EQ(CommitOne(store, EditOf(edit, 2)), Verdict::kStored);
  });
  const std::unique_ptr<Store> store = Open();
  const auto entry = store->LoadKv("topics", "t");
  ASSERT_TRUE(entry.ok() && entry->has_value());
  EXPECT_EQ((*entry)->value, "b");
  EXPECT_EQ((*entry)->version, 2u);
  EXPECT_GE(store->clock().Now(), late);
}

// A part that is gone is named, not taken for a shorter list.
TEST_F(SqliteReopenTest, NamesATransactionThatHasLostABranch) {
  {
    const std::unique_ptr<Store> store = Open();
    const Txn first = MakePrepared("g");
    const Txn second = With(first, {BranchStep("01", ""), BranchStep("02", "")});
    ASSERT_EQ(CommitOne(*store, InsertOf(first)), Verdict::kStored);
    ASSERT_EQ(CommitOne(*store, AddingUpdateOf(second, 2)), Verdict::kStored);
  }
  RunSql(path_, "DELETE FROM part WHERE id % 65536 = 2");
  EXPECT_EQ(Open()->Load("g").status().code(), Code::kDataLoss);
}

TEST_F(SqliteReopenTest, LeavesNoPartOfAPrunedTransactionBehind) {
  {
    const std::unique_ptr<Store> store = Open();
    const Txn first = MakePrepared("g", Model::kWorkflow);
    Txn second = With(first, {BranchStep("01", ""), BranchStep("02", "")});
    second.status = TxnStatus::kSucceed;
    second.finished = second.updated;
    ASSERT_EQ(CommitOne(*store, InsertOf(first)), Verdict::kStored);
    ASSERT_EQ(CommitOne(*store, AddingUpdateOf(second, 2)), Verdict::kStored);
    ASSERT_EQ(*store->Prune(At(9'999), 10), 1u);
  }
  EXPECT_EQ(QueryNumber(path_, "SELECT count(*) FROM part"), 0);
}

TEST_F(SqliteReopenTest, HasAClockThatDoesNotGoBehindItsLastTime) {
  CreateWithOne();
  const Time ahead =
      Time::clock::now().time_since_epoch() > Duration(0)
          ? std::chrono::time_point_cast<Duration>(Time::clock::now()) + std::chrono::hours(48)
          : kNever;
  RunSql(path_, "UPDATE clock SET last = " + std::to_string(ahead.time_since_epoch().count()));
  const std::unique_ptr<Store> store = Open();
  EXPECT_GE(store->clock().Now(), ahead);
  EXPECT_LT(store->clock().Now(), ahead + std::chrono::minutes(5));
  EXPECT_THAT(log_.lines().back(), HasSubstr("wall clock"));
}

TEST_F(SqliteReopenTest, StoresTheTimeOfItsClockWhenItCloses) {
  std::unique_ptr<Store> store = Open();
  const Time before = store->clock().Now();
  store.reset();
  EXPECT_GE(QueryNumber(path_, "SELECT last FROM clock"), before.time_since_epoch().count());
}

// Each kind of row by another way: those that sleep, those with an owner, and finished ones.
TEST_F(SqliteReopenTest, TakesTheTimeOfEveryRowIntoItsClockAfterAKill) {
  const Time ahead =
      std::chrono::time_point_cast<Duration>(Time::clock::now()) + std::chrono::hours(48);
  const auto updated_at = [](Store& store, const Write& write, Time when) {
    Txn txn = *write.txn;
    txn.updated = when;
    if (txn.IsFinished()) txn.finished = when;
    Write changed = write;
    changed.txn = &txn;
    EXPECT_EQ(CommitOne(store, changed), Verdict::kStored);
  };
  InKilledProcess([&](Store& store) {
    const Txn txn = MakeTxn("asleep");
    updated_at(store, WakingAt(ahead, InsertOf(txn)), ahead);
  });
  EXPECT_GE(Open()->clock().Now(), ahead);
  InKilledProcess([&](Store& store) {
    const Txn txn = MakeTxn("owned");
    updated_at(store, OwnedBy("me", InsertOf(txn)), ahead + std::chrono::hours(48));
  });
  EXPECT_GE(Open()->clock().Now(), ahead + std::chrono::hours(48));
  InKilledProcess([&](Store& store) {
    const Txn txn = MakeTxn("finished", TxnStatus::kSucceed);
    updated_at(store, InsertOf(txn), ahead + std::chrono::hours(96));
  });
  EXPECT_GE(Open()->clock().Now(), ahead + std::chrono::hours(96));
}

TEST_F(SqliteReopenTest, NamesTheTransactionWhoseRecordIsDamagedAndServesTheOthers) {
  const char* const damages[] = {"UPDATE txn SET state = x'ff' WHERE id = 1",
                                 "UPDATE txn SET state = x'' WHERE id = 1",
                                 "UPDATE txn SET status = 9 WHERE id = 1",
                                 "UPDATE txn SET model = 77 WHERE id = 1",
                                 "UPDATE part SET body = x'ffff' WHERE id = 65536",
                                 "UPDATE part SET terms = x'ffff' WHERE id = 65536",
                                 "UPDATE part SET terms = NULL WHERE id = 65536",
                                 "DELETE FROM part WHERE id = 65536"};
  for (const char* damage : damages) {
    const TempFolder folder;
    const std::string path = folder.File("damaged.db");
    const Txn first = MakeTxn("g1");
    const Txn second = MakeTxn("g2");
    CommitAll(*OpenAt(path), {InsertOf(first), InsertOf(second)});
    RunSql(path, damage);
    const std::unique_ptr<Store> store = OpenAt(path);
    const auto loaded = store->Load("g1");
    EXPECT_EQ(loaded.status().code(), Code::kDataLoss) << damage;
    EXPECT_THAT(loaded.status().message(), HasSubstr("g1")) << damage;
    EXPECT_TRUE(LoadOrNothing(*store, "g2")) << damage;
    EXPECT_EQ(Gids(store->List({})), (std::vector<std::string>{"g2", "g1"})) << damage;
  }
}

TEST_F(SqliteReopenTest, DeletesThePartsOfWhatItPrunes) {
  CreateWithOne();
  const Txn done = Next(MakeTxn("g1"), TxnStatus::kSucceed);
  const std::unique_ptr<Store> store = Open();
  EXPECT_EQ(CommitOne(*store, UpdateOf(done)), Verdict::kStored);
  EXPECT_EQ(QueryNumber(path_, "SELECT count(*) FROM part"), 1);
  EXPECT_EQ(*store->Prune(At(9'999), 10), 1u);
  EXPECT_EQ(QueryNumber(path_, "SELECT count(*) FROM part"), 0);
}

}  // namespace
}  // namespace treaty::store_test
