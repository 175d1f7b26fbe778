// Where a store's clock starts, and what an operator is told.

#include "store/sql/clock_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "contract/kept_log.h"
#include "contract/kv_fixtures.h"
#include "store/raw_database.h"
#include "store/sqlite_fixture.h"

namespace treaty::store_test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr Duration kMonth = hours(24 * 30);
constexpr Duration kYear = hours(24 * 365);
const Time kThen = kNever + 50 * kYear;

class ClockStartTest : public ::testing::Test {
 protected:
  Result<Time> Start(Time stored, Time now, Duration most_ahead = kMonth) {
    return StartOfClock({"the wall clock", now, stored, most_ahead}, log_);
  }
  KeptLog log_;
};

TEST_F(ClockStartTest, NeverStartsBehindAndSaysNothingOfLittle) {
  EXPECT_EQ(*Start(kThen, kThen + hours(23)), kThen + hours(23));
  EXPECT_EQ(*Start(kThen, kThen - seconds(59)), kThen);
  EXPECT_EQ(*Start(kThen, kThen), kThen);
  EXPECT_EQ(*Start(kNever, kThen), kThen);
  EXPECT_TRUE(log_.lines().empty());
}

TEST_F(ClockStartTest, WarnsOfDaysEitherWay) {
  EXPECT_EQ(*Start(kThen, kThen + hours(24 * 29)), kThen + hours(24 * 29));
  EXPECT_THAT(log_.lines().back(), AllOf(HasSubstr("29 days ahead of"), HasSubstr("2019-12-20T")));
  EXPECT_EQ(*Start(kThen, kThen - minutes(2)), kThen);
  EXPECT_THAT(log_.lines().back(), HasSubstr("120 s behind"));
}

TEST_F(ClockStartTest, RefusesWhatIsTooFarAhead) {
  for (const Duration jump : {kMonth + Duration(1), kYear, 60 * kYear, 8'000 * kYear}) {
    const Result<Time> start = Start(kThen, kThen + jump);
    EXPECT_EQ(start.status().code(), Code::kFailedPrecondition);
    EXPECT_THAT(start.status().message(),
                AllOf(HasSubstr("ahead of the last time in the store"),
                      HasSubstr("set it and start"), HasSubstr("--store-max-clock-jump 0")));
    EXPECT_EQ(*Start(kThen, kThen + jump, Duration(0)), kThen + jump);
  }
}

TEST_F(ClockStartTest, GoesOnFromATimeYearsAheadAndNamesTheWayBack) {
  EXPECT_EQ(*Start(kThen + 3 * kYear, kThen), kThen + 3 * kYear);
  EXPECT_THAT(log_.lines().back(),
              AllOf(HasSubstr("1095 days behind"), HasSubstr("operations.md")));
}

using SqliteClockTest = SqliteTest;

TEST_F(SqliteClockTest, ARefusedStartChangesNothing) {
  RunSql(path_, "PRAGMA user_version");
  Open();
  RunSql(path_, "UPDATE clock SET last = 1000");
  for (int i = 0; i < 2; ++i) {
    const auto refused = OpenSqliteStore({path_, kMonth}, log_);
    EXPECT_EQ(refused.status().code(), Code::kFailedPrecondition);
    EXPECT_EQ(QueryNumber(path_, "SELECT last FROM clock"), 1000);
  }
  EXPECT_TRUE(OpenSqliteStore({path_, Duration(0)}, log_).ok());
  EXPECT_TRUE(OpenSqliteStore({path_, kMonth}, log_).ok());  // The last one has stored its time.
}

// Nobody asks or writes for months; retention goes round all the same.
TEST_F(SqliteClockTest, IsStoredWhileNobodyWrites) {
  const std::unique_ptr<Store> store = Open();
  RunSql(path_, "UPDATE clock SET last = 1000");
  ASSERT_TRUE(store->Prune(Time(), 1).ok());
  EXPECT_GT(QueryNumber(path_, "SELECT last FROM clock"), 1'000'000);
}

// The way back for whoever went on with a clock years ahead.
TEST_F(SqliteClockTest, IsSetBackByTheStatementsOfTheManual) {
  const std::string far = std::to_string(9'000'000'000'000);
  const Txn finished = MakeTxn("done");
  const Txn asleep = MakeTxn("asleep");
  {
    const std::unique_ptr<Store> store = Open();
    EXPECT_EQ(CommitOne(*store, InsertOf(finished)), Verdict::kStored);
    EXPECT_EQ(CommitOne(*store, WakingAt(At(5), InsertOf(asleep))), Verdict::kStored);
    EXPECT_EQ(CommitOne(*store, EditOf(PutOf("t", "a"), 1)), Verdict::kStored);
  }
  RunSql(path_, "UPDATE txn SET created = " + far + ", updated = " + far);
  RunSql(path_, "UPDATE txn SET wake = " + far + " WHERE wake > 0");
  RunSql(path_, "UPDATE txn SET status = 4, finished = " + far + " WHERE gid = 'done'");
  RunSql(path_, "UPDATE clock SET last = " + far);
  ASSERT_GE(Open()->clock().Now(), At(9'000'000'000'000));

  std::stringstream manual;
  manual << std::ifstream(TREATY_CLOCK_BACK_SQL).rdbuf();
  ASSERT_GT(manual.str().size(), 100u);
  RunSql(path_, manual.str());

  const auto opened = OpenSqliteStore({path_, kMonth}, log_);
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  Store& store = **opened;
  const Time now = store.clock().Now();
  EXPECT_LT(now, At(9'000'000'000'000) - kYear);
  EXPECT_LE(LoadOrNothing(store, "done")->txn.created, now);
  EXPECT_LE(LoadOrNothing(store, "asleep")->txn.created, now);
  EXPECT_EQ(store.Look("me", now, {}, 10)->due.size(), 1u);
  EXPECT_EQ(*store.Prune(now + seconds(10), 10), 1u);
}

}  // namespace
}  // namespace treaty::store_test
