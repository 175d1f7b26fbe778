// One write that the server does not take: told apart from a server that takes none, soon, and
// without harm to the others.

#include <thread>
#include <vector>

#include "store/mysql/connection.h"
#include "store/mysql_fixture.h"

namespace treaty::store_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class MysqlCulpritTest : public MysqlTest {
 protected:
  MysqlCulpritTest() : store_(MustOpen(Config())) {}

  // Somebody's console, with a transaction that stays open.
  std::unique_ptr<MysqlConnection> Console(SqlConstant sql) {
    auto console = MysqlConnection::Open(Config(), Autocommit::kOff);
    EXPECT_TRUE(console.ok());
    const auto ignore = [](const MysqlRow&) { return Status(); };
    EXPECT_TRUE((*console)->Execute(SqlText("SET SESSION wait_timeout = 600"), "console").ok());
    EXPECT_TRUE((*console)->Query(SqlText(sql), "locking", ignore).ok());
    return *std::move(console);
  }

  Status Update(const Txn& next, bool impatient = false) {
    Write write = UpdateOf(next);
    write.impatient = impatient;
    Verdict verdict = Verdict::kIllegal;
    return store_->Commit({&write, 1}, {&verdict, 1});
  }

  // The server's limit, and a new connection that goes by it.
  void SetPacket(int bytes) {
    server_.Run("SET GLOBAL max_allowed_packet = " + std::to_string(bytes));
    const std::string ids = server_.Ask(
        "SELECT group_concat('KILL ', id SEPARATOR '; ') FROM information_schema.processlist "
        "WHERE db = '" +
        database_ + "'");
    server_.Run(ids);
  }

  static Txn WithPayload(const std::string& gid, std::size_t bytes) {
    Txn txn = MakeTxn(gid);
    auto body = MakeBody(gid);
    body->steps[0].payload = std::string(bytes, 'x');
    txn.body = body;
    return txn;
  }

  const std::unique_ptr<Store> store_;
};

TEST_F(MysqlCulpritTest, ALockedRowBlocksItsWriteAndNothingElse) {
  const Txn locked = MakeTxn("locked");
  const Txn free = MakeTxn("free");
  ASSERT_EQ(CommitOne(*store_, InsertOf(locked)), Verdict::kStored);
  ASSERT_EQ(CommitOne(*store_, InsertOf(free)), Verdict::kStored);
  const auto console = Console("SELECT * FROM treaty_txn WHERE gid = 'locked' FOR UPDATE");

  const Txn next = Next(locked, TxnStatus::kSucceed);
  Status status;
  EXPECT_LT(Took([&] { status = Update(next); }), milliseconds(1'900));
  EXPECT_EQ(status.code(), Code::kBlocked) << status.message();
  EXPECT_LT(Took([&] { status = Update(next, true); }), milliseconds(500))
      << "it is not waited for";
  EXPECT_EQ(status.code(), Code::kBlocked) << status.message();
  EXPECT_TRUE(store_->CheckWritable().ok()) << "the store is not to blame";
  EXPECT_LT(Took([&] { status = Update(Next(free, TxnStatus::kSucceed), true); }), seconds(1));
  EXPECT_TRUE(status.ok()) << status.message();

  ASSERT_TRUE(console->Execute(SqlText("ROLLBACK"), "unlocking").ok());
  EXPECT_TRUE(Update(next, true).ok());
  EXPECT_EQ(LoadOrNothing(*store_, "locked")->txn.status, TxnStatus::kSucceed);
}

// With a hundred beside it in the same batch, none of which is stored by halves.
TEST_F(MysqlCulpritTest, ABatchWithALockedRowIsBlockedAsAWhole) {
  std::vector<Txn> txns;
  for (int i = 0; i < 100; ++i) txns.push_back(MakeTxn("g" + std::to_string(i)));
  std::vector<Write> writes;
  for (const Txn& txn : txns) writes.push_back(InsertOf(txn));
  CommitAll(*store_, writes);
  const auto console = Console("SELECT * FROM treaty_txn WHERE gid = 'g42' FOR UPDATE");
  std::vector<Txn> nexts;
  for (const Txn& txn : txns) nexts.push_back(Next(txn, TxnStatus::kSucceed));
  writes.clear();
  for (const Txn& next : nexts) writes.push_back(UpdateOf(next));
  std::vector<Verdict> verdicts(writes.size());
  EXPECT_EQ(store_->Commit(writes, verdicts).code(), Code::kBlocked);
  EXPECT_EQ(LoadOrNothing(*store_, "g0")->txn.status, TxnStatus::kSubmitted);
  writes.erase(writes.begin() + 42);
  EXPECT_EQ(CommitAll(*store_, writes), std::vector<Verdict>(99, Verdict::kStored));
}

// The trace of the clock goes with the batches; it is not worth that anybody waits for it.
TEST_F(MysqlCulpritTest, ALockOnTheClockStopsNobody) {
  const auto console = Console("SELECT * FROM treaty_clock FOR UPDATE");
  Status status;
  EXPECT_LT(Took([&] { status = Insert(*store_, "a"); }), seconds(2));
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_LT(Took([&] {
              for (int i = 0; i < 20; ++i) status = Insert(*store_, "g" + std::to_string(i));
            }),
            seconds(2));
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_TRUE(LoadOrNothing(*store_, "a"));
  EXPECT_TRUE(store_->CheckWritable().ok());
}

TEST_F(MysqlCulpritTest, AShrunkPacketLimitIsNoticedWithTheNextConnection) {
  ASSERT_TRUE(Insert(*store_, "before").ok());
  SetPacket(1 << 20);
  const Txn large = WithPayload("large", 800'000);
  const Write write = InsertOf(large);
  Verdict verdict = Verdict::kIllegal;
  Status status;
  EXPECT_TRUE(Eventually([&] {
    status = store_->Commit({&write, 1}, {&verdict, 1});
    return status.code() == Code::kInvalidArgument;
  })) << status.message();
  EXPECT_THAT(status.message(), HasSubstr("max_allowed_packet"));
  EXPECT_TRUE(store_->CheckWritable().ok());

  // Many that are small go in as many statements as it takes.
  std::vector<Txn> txns;
  for (int i = 0; i < 50; ++i) txns.push_back(WithPayload("g" + std::to_string(i), 50'000));
  std::vector<Write> writes;
  for (const Txn& txn : txns) writes.push_back(InsertOf(txn));
  EXPECT_EQ(CommitAll(*store_, writes), std::vector<Verdict>(50, Verdict::kStored));

  SetPacket(16 << 20);
  EXPECT_TRUE(Eventually([&] { return store_->Commit({&write, 1}, {&verdict, 1}).ok(); }));
  EXPECT_EQ(verdict, Verdict::kStored);
}

TEST_F(MysqlCulpritTest, AMistakeIsTheWritesOwn) {
  EXPECT_EQ(Insert(*store_, std::string(200, 'g')).code(), Code::kInternal);
  EXPECT_TRUE(store_->CheckWritable().ok());
  EXPECT_TRUE(Insert(*store_, "g").ok());
}

// Who asks whether the store is writable is told at once, whatever the writer waits for.
TEST_F(MysqlCulpritTest, AProbeDoesNotWaitForTheWriter) {
  const Txn first = MakeTxn("g");
  ASSERT_EQ(CommitOne(*store_, InsertOf(first)), Verdict::kStored);
  const auto console = Console("SELECT * FROM treaty_txn FOR UPDATE");
  Status written;
  std::thread writer([&] { written = Update(Next(first, TxnStatus::kSucceed)); });
  Duration longest{0};
  for (int i = 0; i < 200; ++i) {
    longest = std::max(longest, Took([&] { EXPECT_TRUE(store_->CheckWritable().ok()); }));
  }
  writer.join();
  EXPECT_LT(longest, milliseconds(900));
  EXPECT_EQ(written.code(), Code::kBlocked);
}

}  // namespace
}  // namespace treaty::store_test
