// A server that is away, frozen, full of locks or cut off: every call ends soon with the right
// status, nothing acknowledged is lost, and the store works again as soon as the server does.

#include <thread>
#include <vector>

#include "store/mysql/connection.h"
#include "store/mysql_fixture.h"
#include "support/tcp_proxy.h"

namespace treaty::store_test {
namespace {

using std::chrono::seconds;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr Duration kSoon = seconds(5);

class MysqlFailureTest : public MysqlTest {
 protected:
  MysqlConfig Through(const test::TcpProxy& proxy) const {
    MysqlConfig config = Config();
    config.port = proxy.port();
    return config;
  }

  // Every method once; each ends soon, and none succeeds.
  static void ExpectAllFail(Store& store) {
    const auto fails = [](const char* what, auto call) {
      Status status;
      EXPECT_LT(Took([&] { status = call(); }), kSoon) << what;
      EXPECT_THAT(status.code(), AnyOf(Code::kUnavailable, Code::kUnknown))
          << what << ": " << status.message();
    };
    fails("commit", [&] { return Insert(store, "away"); });
    fails("load", [&] { return store.Load("g").status(); });
    fails("look", [&] { return store.Look("me", At(9), {}, 10).status(); });
    fails("leases", [&] { return store.FindLeases().status(); });
    fails("orphans", [&] { return store.FindOrphans("me", {}, 10).status(); });
    fails("later", [&] { return store.FindLater({}, 10).status(); });
    fails("parked", [&] { return store.CountParked({}, 10).status(); });
    fails("list", [&] { return store.List({}).status(); });
    fails("entry", [&] { return store.LoadKv("c", "k").status(); });
    fails("entries", [&] { return store.ListKv({}).status(); });
    fails("prune", [&] { return store.Prune(At(9), 10).status(); });
    fails("lease", [&] { return store.RenewLease({"a", "a/1", seconds(6)}); });
    fails("writable", [&] { return store.CheckWritable(); });
  }
};

TEST_F(MysqlFailureTest, OutlivesAServerThatIsKilled) {
  const std::unique_ptr<Store> store = MustOpen(Config());
  ASSERT_TRUE(Insert(*store, "g").ok());
  server_.Kill();
  ExpectAllFail(*store);
  server_.Start();
  EXPECT_TRUE(Eventually([&] { return Insert(*store, "again").ok(); }));
  EXPECT_TRUE(LoadOrNothing(*store, "g"));
  EXPECT_TRUE(LoadOrNothing(*store, "again"));
  EXPECT_TRUE(store->CheckWritable().ok());
}

TEST_F(MysqlFailureTest, OutlivesAServerThatIsFrozen) {
  const std::unique_ptr<Store> store = MustOpen(Config());
  ASSERT_TRUE(Insert(*store, "g").ok());
  server_.Freeze();
  ExpectAllFail(*store);
  server_.Continue();
  EXPECT_TRUE(Eventually([&] { return Insert(*store, "again").ok(); }));
  EXPECT_TRUE(LoadOrNothing(*store, "g"));
  // Whatever became of the insert that got no answer: one more decides it.
  Verdict verdict = Verdict::kIllegal;
  ASSERT_TRUE(Insert(*store, "away", 77, &verdict).ok());
  EXPECT_THAT(verdict, AnyOf(Verdict::kStored, Verdict::kExists));
}

// However many ask one after the other, with the time-outs of every day: none waits for all.
TEST_F(MysqlFailureTest, AnswersAQueueOfReadersSoonWhenTheServerIsFrozen) {
  MysqlConfig config = Config();
  config.read_timeout = config.write_timeout = seconds(3);
  const std::unique_ptr<Store> store = MustOpen(config);
  ASSERT_TRUE(Insert(*store, "g").ok());
  ASSERT_TRUE(store->Load("g").ok());
  server_.Freeze();
  int failed = 0;
  const Duration took = Took([&] {
    for (int i = 0; i < 200; ++i) failed += store->Load("g").ok() ? 0 : 1;
  });
  server_.Continue();
  EXPECT_LT(took, kSoon);
  EXPECT_EQ(failed, 200);
  EXPECT_TRUE(Eventually([&] { return store->Load("g").ok(); }));
}

// The same of writes, and of what else waits for the connection that writes.
TEST_F(MysqlFailureTest, AnswersAQueueOfWritersSoonWhenTheServerIsFrozen) {
  MysqlConfig config = Config();
  config.read_timeout = config.write_timeout = seconds(3);
  const std::unique_ptr<Store> store = MustOpen(config);
  ASSERT_TRUE(Insert(*store, "g").ok());
  server_.Freeze();
  EXPECT_FALSE(store->Prune(At(9), 10).ok());
  Status status;
  const Duration took = Took([&] {
    status = Insert(*store, "h");
    EXPECT_FALSE(Insert(*store, "i").ok());
    EXPECT_FALSE(store->Prune(At(9), 10).ok());
  });
  server_.Continue();
  EXPECT_LT(took, std::chrono::milliseconds(300));
  EXPECT_EQ(status.code(), Code::kUnavailable) << "nothing of it was tried";
  EXPECT_TRUE(Eventually([&] { return Insert(*store, "j").ok(); }));
}

TEST_F(MysqlFailureTest, OutlivesANetworkThatSwallowsEverything) {
  test::TcpProxy proxy(server_.port());
  const std::unique_ptr<Store> store = MustOpen(Through(proxy));
  ASSERT_TRUE(Insert(*store, "g").ok());
  proxy.Swallow(true);
  ExpectAllFail(*store);
  proxy.Swallow(false);
  EXPECT_TRUE(Eventually([&] { return Insert(*store, "again").ok(); }));
  EXPECT_TRUE(LoadOrNothing(*store, "g"));
}

TEST_F(MysqlFailureTest, TakesACutConnectionForNoReasonToFail) {
  test::TcpProxy proxy(server_.port());
  const std::unique_ptr<Store> store = MustOpen(Through(proxy));
  ASSERT_TRUE(Insert(*store, "g").ok());
  ASSERT_TRUE(store->Load("g").ok());
  proxy.Cut();
  EXPECT_TRUE(Insert(*store, "h").ok());
  EXPECT_TRUE(store->Load("h").ok());
}

TEST_F(MysqlFailureTest, DoesNotKnowACommitWhoseAnswerIsLost) {
  test::TcpProxy proxy(server_.port());
  const std::unique_ptr<Store> store = MustOpen(Through(proxy));
  proxy.LoseReplyTo("COMMIT");
  EXPECT_EQ(Insert(*store, "g", 7).code(), Code::kUnknown);
  EXPECT_EQ(proxy.lost(), 1);

  // The same condition under another id settles it: refused, and by the first try.
  Verdict verdict = Verdict::kStored;
  ASSERT_TRUE(Eventually([&] { return Insert(*store, "g", 8, &verdict).ok(); }));
  EXPECT_EQ(verdict, Verdict::kExists);
  EXPECT_EQ(LoadOrNothing(*store, "g")->write_id, 7u);
}

TEST_F(MysqlFailureTest, KnowsThatNothingIsStoredWhereTheStatementBeforeIsLost) {
  test::TcpProxy proxy(server_.port());
  MysqlConfig config = Through(proxy);
  const std::unique_ptr<Store> store = MustOpen(config);
  proxy.LoseReplyTo("INSERT INTO treaty_part");
  Verdict verdict = Verdict::kIllegal;
  ASSERT_TRUE(Insert(*store, "g", 7, &verdict).ok());  // Again, on another connection.
  EXPECT_EQ(proxy.lost(), 1);
  EXPECT_EQ(verdict, Verdict::kStored);
  EXPECT_EQ(LoadOrNothing(*store, "g")->write_id, 7u);
}

TEST_F(MysqlFailureTest, DoesNotWaitLongForSomebodyElsesLock) {
  const std::unique_ptr<Store> store = MustOpen(Config());
  const Txn first = MakeTxn("g");
  ASSERT_EQ(CommitOne(*store, InsertOf(first)), Verdict::kStored);
  auto other = MysqlConnection::Open(Config(), Autocommit::kOff);
  ASSERT_TRUE(other.ok());
  const auto ignore = [](const MysqlRow&) { return Status(); };
  ASSERT_TRUE(
      (*other)->Query(SqlText("SELECT * FROM treaty_txn FOR UPDATE"), "locking", ignore).ok());

  const Txn next = Next(first, TxnStatus::kSucceed);
  const Write write = UpdateOf(next);
  Verdict verdict = Verdict::kIllegal;
  Status status;
  EXPECT_LT(Took([&] { status = store->Commit({&write, 1}, {&verdict, 1}); }), kSoon);
  EXPECT_EQ(status.code(), Code::kBlocked);

  ASSERT_TRUE((*other)->Execute(SqlText("ROLLBACK"), "unlocking").ok());
  EXPECT_TRUE(Eventually([&] { return store->Commit({&write, 1}, {&verdict, 1}).ok(); }));
  EXPECT_EQ(verdict, Verdict::kStored);
}

// As by a process that was frozen between two statements: its locks go before its lease does.
TEST_F(MysqlFailureTest, LocksOfOneThatStandsStillAreGoneWithinItsLease) {
  const std::unique_ptr<Store> store = MustOpen(Config());
  const Txn first = MakeTxn("g");
  ASSERT_EQ(CommitOne(*store, InsertOf(first)), Verdict::kStored);
  auto frozen = MysqlConnection::Open(Config(), Autocommit::kOff);
  ASSERT_TRUE(frozen.ok());
  ASSERT_TRUE((*frozen)->Execute(SqlText("UPDATE treaty_txn SET updated = 1"), "locking").ok());
  const Txn next = Next(first, TxnStatus::kSucceed);
  const Write write = UpdateOf(next);
  Verdict verdict = Verdict::kIllegal;
  const Duration took = Took([&] {
    EXPECT_TRUE(Eventually([&] { return store->Commit({&write, 1}, {&verdict, 1}).ok(); }));
  });
  EXPECT_EQ(verdict, Verdict::kStored);
  EXPECT_LT(took, seconds(6));
  EXPECT_FALSE((*frozen)->Execute(SqlText("COMMIT"), "going on").ok());
}

TEST_F(MysqlFailureTest, SaysThatTheServerIsReadOnly) {
  const std::unique_ptr<Store> store = MustOpen(Config());
  server_.Run("SET GLOBAL read_only = 1");
  const Status status = Insert(*store, "g");
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("1290"));
  EXPECT_FALSE(store->CheckWritable().ok());
  EXPECT_TRUE(store->Load("g").ok());
  server_.Run("SET GLOBAL read_only = 0");
  EXPECT_TRUE(Insert(*store, "g").ok());
}

TEST_F(MysqlFailureTest, SaysThatTheServerHasTooManyConnections) {
  test::TcpProxy proxy(server_.port());
  const std::unique_ptr<Store> store = MustOpen(Through(proxy));
  server_.Run("ALTER USER app WITH MAX_USER_CONNECTIONS 1");
  auto other = MysqlConnection::Open(Config(), Autocommit::kOn);
  const Status status = store->Load("g").status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("max_user_connections"));
  server_.Run("ALTER USER app WITH MAX_USER_CONNECTIONS 0");
  EXPECT_TRUE(store->Load("g").ok());
}

TEST_F(MysqlFailureTest, SharesFewConnectionsAmongManyReaders) {
  MysqlConfig config = Config();
  config.max_readers = 2;
  const std::unique_ptr<Store> store = MustOpen(config);
  ASSERT_TRUE(Insert(*store, "g").ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&store] {
      for (int n = 0; n < 50; ++n) EXPECT_TRUE(LoadOrNothing(*store, "g"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string count = server_.Ask(
      "SELECT count(*) FROM information_schema.processlist WHERE db = '" + database_ + "'");
  EXPECT_LE(std::stoi(count), 3);
}

TEST_F(MysqlTest, ADamagedRecordHidesNoneOfThoseReadWithIt) {
  const auto store = MustOpen(Config());
  for (const char* gid : {"g1", "g2", "g3"}) ASSERT_TRUE(Insert(*store, gid).ok());
  server_.Run("UPDATE " + database_ + ".treaty_part SET body = 'x' WHERE gid = 'g2'");
  const std::vector<std::string> gids = {"g1", "g2", "g3", "g4"};
  const auto found = store->LoadMany(gids);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_TRUE(found[0].ok() && found[0]->has_value());
  EXPECT_EQ(found[1].status().code(), Code::kDataLoss);
  EXPECT_NE(found[1].status().message().find("g2"), std::string::npos);
  EXPECT_TRUE(found[2].ok() && found[2]->has_value());
  EXPECT_TRUE(found[3].ok() && !found[3]->has_value());
}

}  // namespace
}  // namespace treaty::store_test
