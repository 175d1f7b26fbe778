// Opening: what is refused and how it is said, and the schema.

#include <atomic>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "store/mysql/schema.h"
#include "store/mysql_fixture.h"

namespace treaty::store_test {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class MysqlOpenTest : public MysqlTest {
 protected:
  // Opens, which must fail.
  Status Refused(const MysqlConfig& config) {
    const Result<std::unique_ptr<Store>> opened = Open(config);
    EXPECT_FALSE(opened.ok());
    EXPECT_THAT(opened.status().message(), Not(HasSubstr(kPassword)));
    EXPECT_THAT(log_.lines(), Each(Not(HasSubstr(kPassword))));
    return opened.status();
  }
  std::string Version() {
    return server_.Ask("SELECT version FROM " + database_ + ".treaty_schema");
  }
};

TEST_F(MysqlOpenTest, SaysThatNobodyListens) {
  MysqlConfig config = Config();
  config.port = 1;
  const Status status = Refused(config);
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("Store.Host and Store.Port"));
}

TEST_F(MysqlOpenTest, SaysThatThePasswordIsWrong) {
  MysqlConfig config = Config();
  config.password = "wrong";
  const Status status = Refused(config);
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("1045"), HasSubstr("Store.Password")));
}

TEST_F(MysqlOpenTest, SaysThatTheDatabaseIsMissing) {
  MysqlConfig config = Config();
  config.user = "root";
  config.password = "";
  config.socket = server_.socket();
  config.database = "nowhere";
  EXPECT_THAT(Refused(config).message(), AllOf(HasSubstr("nowhere"), HasSubstr("Store.Db")));
}

TEST_F(MysqlOpenTest, GivesUpAServerThatIsFrozen) {
  server_.Freeze();
  Status status;
  EXPECT_LT(Took([&] { status = Refused(Config()); }), std::chrono::seconds(5));
  server_.Continue();
  EXPECT_EQ(status.code(), Code::kUnavailable);
}

TEST_F(MysqlOpenTest, WarnsOrRefusesWhereCommitsMayBeLost) {
  server_.Run("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
  MysqlConfig config = Config();
  config.require_durable = true;
  const Status status = Refused(config);
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("innodb_flush_log_at_trx_commit is 2; set it to 1"));
  EXPECT_NE(MustOpen(Config()), nullptr);
  EXPECT_THAT(log_.lines(), Each(HasSubstr("innodb_flush_log_at_trx_commit")));
  server_.Run("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
}

TEST_F(MysqlOpenTest, SaysNothingOfADurableServer) {
  EXPECT_NE(MustOpen(Config()), nullptr);
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(MysqlOpenTest, RefusesAServerWhosePacketsAreTooSmall) {
  server_.Run("SET GLOBAL max_allowed_packet = 1048576");
  EXPECT_THAT(Refused(Config()).message(), HasSubstr("max_allowed_packet is 1048576"));
  server_.Run("SET GLOBAL max_allowed_packet = 16777216");
}

TEST_F(MysqlOpenTest, KeepsTheLeasesOfDatabasesApart) {
  const std::unique_ptr<Store> first = MustOpen(Config());
  MysqlConfig config = Config();
  config.database = server_.NewDatabase();
  server_.Run("GRANT ALL ON " + config.database + ".* TO app");
  const std::unique_ptr<Store> other = MustOpen(config);
  const LeaseTerms terms{"a", "a/1", std::chrono::seconds(6)};
  EXPECT_TRUE(first->BeginLease(terms).ok());
  EXPECT_TRUE(other->BeginLease(terms).ok());
  const std::unique_ptr<Store> beside = MustOpen(Config());
  const Status status = beside->BeginLease({"a", "a/2", std::chrono::seconds(6)});
  EXPECT_EQ(status.code(), Code::kAlreadyExists);
  EXPECT_THAT(status.message(), HasSubstr("another treatyd"));
}

// Whoever starts later goes by the clock of those who drive: the server's may have been set since.
TEST_F(MysqlOpenTest, GoesOnWithTheClockOfThoseWhoDrive) {
  constexpr std::chrono::hours kSet(5);
  const std::unique_ptr<Store> first = MustOpen(Config());
  const LeaseTerms terms{"a", "a/1", std::chrono::seconds(6)};
  ASSERT_TRUE(first->BeginLease(terms).ok());
  ASSERT_TRUE(first->RenewLease(terms).ok());
  const std::string millis = std::to_string(Duration(kSet).count());
  server_.Run("UPDATE " + database_ + ".treaty_instance SET renewed = renewed - " + millis +
              ", clock = clock");
  const std::unique_ptr<Store> second = MustOpen(Config());
  const Duration ahead = second->clock().Now() - first->clock().Now();
  EXPECT_GT(ahead, Duration(kSet) - std::chrono::seconds(5));
  EXPECT_LT(ahead, Duration(kSet) + std::chrono::seconds(5));
}

TEST_F(MysqlOpenTest, FindsWhatItLeft) {
  {
    const std::unique_ptr<Store> store = MustOpen(Config());
    ASSERT_TRUE(Insert(*store, "g").ok());
  }
  const std::unique_ptr<Store> again = MustOpen(Config());
  EXPECT_TRUE(LoadOrNothing(*again, "g"));
}

TEST_F(MysqlOpenTest, ItsClockGoesOnWhereItStood) {
  MustOpen(Config());
  const auto ahead = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()) +
                     std::chrono::hours(1);
  server_.Run("UPDATE " + database_ +
              ".treaty_clock SET last = " + std::to_string(ahead.time_since_epoch().count()));
  EXPECT_GE(MustOpen(Config())->clock().Now(), ahead);
}

TEST_F(MysqlOpenTest, RefusesASchemaThatIsNewer) {
  MustOpen(Config());
  server_.Run("UPDATE " + database_ + ".treaty_schema SET version = 1000");
  const Status status = Refused(Config());
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("1000"), HasSubstr("newer program")));
}

TEST_F(MysqlOpenTest, LeavesTheSchemaToSomebodyElseWhenToldSo) {
  MysqlConfig config = Config();
  config.upgrade_schema = false;
  const Status status = Refused(config);
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("--print-schema"));
  EXPECT_EQ(server_.Ask("SHOW TABLES IN " + database_), "");

  server_.Run("USE " + database_ + ";\n" + MysqlSchema());
  EXPECT_NE(MustOpen(config), nullptr);
  // Once more does no harm.
  server_.Run("USE " + database_ + ";\n" + MysqlSchema());
  EXPECT_NE(MustOpen(config), nullptr);
}

TEST_F(MysqlOpenTest, SaysWhatToDoWhereItMayNotMakeTables) {
  server_.Run("CREATE USER IF NOT EXISTS weak IDENTIFIED BY '" + std::string(kPassword) + "'");
  server_.Run("GRANT SELECT, INSERT, UPDATE, DELETE ON " + database_ + ".* TO weak");
  MysqlConfig config = Config();
  config.user = "weak";
  const Status status = Refused(config);
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("CREATE command denied"), HasSubstr("--print-")));

  // That much is enough afterwards.
  server_.Run("USE " + database_ + ";\n" + MysqlSchema());
  std::unique_ptr<Store> store = MustOpen(config);
  EXPECT_TRUE(Insert(*store, "g").ok());
}

TEST_F(MysqlOpenTest, UpgradesOnceHoweverManyTry) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([this] {
      auto connection = MysqlConnection::Open(Config(), Autocommit::kOn);
      ASSERT_TRUE(connection.ok()) << connection.status().message();
      const Status status = UpgradeSchema(**connection, true);
      EXPECT_TRUE(status.ok()) << status.message();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Version(), std::to_string(MysqlMigrations().back().number) + "\n");
}

TEST_F(MysqlOpenTest, GoesOnWithAnUpgradeThatWasInterrupted) {
  MustOpen(Config());
  server_.Run("USE " + database_ + "; DROP TABLE treaty_kv; UPDATE treaty_schema SET version = 0");
  std::unique_ptr<Store> store = MustOpen(Config());
  EXPECT_FALSE((*store->LoadKv("topics", "t")).has_value());
  EXPECT_EQ(Version(), std::to_string(MysqlMigrations().back().number) + "\n");
}

TEST_F(MysqlOpenTest, BringsASchemaOfVersionOneUpToDate) {
  server_.Run(
      "USE " + database_ + ";\n" + std::string(MysqlMigrations().front().sql) +
      "CREATE TABLE treaty_schema (id INT NOT NULL, version INT NOT NULL, PRIMARY KEY (id));"
      "INSERT INTO treaty_schema VALUES (1, 1);"
      "INSERT INTO treaty_lease VALUES ('a/1', 'a', 1, 1)");
  const std::unique_ptr<Store> store = MustOpen(Config());
  EXPECT_TRUE(store->BeginLease({"a", "a/2", std::chrono::seconds(6)}).ok());
  EXPECT_EQ(server_.Ask("SHOW TABLES IN " + database_ + " LIKE 'treaty_lease'"), "");
  EXPECT_EQ(Version(), std::to_string(MysqlMigrations().back().number) + "\n");
}

TEST_F(MysqlOpenTest, StoresTheSameWhateverTheServersCharacterSetIs) {
  server_.Run("CREATE DATABASE " + database_ +
              "_latin CHARACTER SET latin1 COLLATE latin1_german2_ci");
  server_.Run("GRANT ALL ON " + database_ + "_latin.* TO app");
  MysqlConfig config = Config();
  config.database += "_latin";
  const std::unique_ptr<Store> store = MustOpen(config);
  for (const char* gid : {"ß", "ss", "SS", "ä", "ae", "a", "A", "a "}) {
    ASSERT_TRUE(Insert(*store, gid).ok()) << gid;
  }
  EXPECT_EQ(Gids(store->List({.gid = "A"})), std::vector<std::string>{"A"});
  EXPECT_EQ(store->List({})->txns.size(), 8u);
}

// The way back for whoever went on with a clock years ahead.
TEST_F(MysqlOpenTest, TheClockIsSetBackByTheStatementsOfTheManual) {
  const std::string far = std::to_string(9'000'000'000'000);
  ASSERT_TRUE(Insert(*MustOpen(Config()), "g1").ok());
  const std::string use = "USE " + database_ + "; ";
  server_.Run(use + "UPDATE treaty_part SET created = " + far +
              "; UPDATE treaty_txn SET created = " + far + ", updated = " + far + ", due = " + far +
              "; UPDATE treaty_clock SET last = " + far);
  ASSERT_GE(MustOpen(Config())->clock().Now(), At(9'000'000'000'000));
  std::stringstream manual;
  manual << std::ifstream(TREATY_CLOCK_BACK_MYSQL).rdbuf();
  ASSERT_GT(manual.str().size(), 100u);

  server_.Run(use + manual.str());

  MysqlConfig config = Config();
  config.max_clock_jump = std::chrono::hours(24 * 30);
  const std::unique_ptr<Store> store = MustOpen(config);
  const Time now = store->clock().Now();
  EXPECT_LT(now, At(9'000'000'000'000) - std::chrono::hours(24 * 365));
  EXPECT_LE(LoadOrNothing(*store, "g1")->txn.created, now);
}

TEST_F(MysqlOpenTest, RefusesAServerWhoseClockIsFarAheadOfTheStore) {
  ASSERT_NE(MustOpen(Config()), nullptr);
  server_.Run("UPDATE " + database_ + ".treaty_clock SET last = 1000");
  MysqlConfig config = Config();
  config.max_clock_jump = std::chrono::hours(24 * 30);
  const Status status = Open(config).status();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("the server's clock shows"));
  EXPECT_THAT(status.message(), HasSubstr("--store-max-clock-jump 0"));
  EXPECT_EQ(server_.Ask("SELECT last FROM " + database_ + ".treaty_clock"), "1000\n");
  config.max_clock_jump = Duration(0);
  EXPECT_NE(MustOpen(config), nullptr);
}

// Those that drive tell what time it was last, even if nothing was written since.
TEST_F(MysqlOpenTest, ALeaseThatWasRenewedShowsTheLastTimeToo) {
  const std::unique_ptr<Store> store = MustOpen(Config());
  ASSERT_TRUE(store->BeginLease({"i", "i/1", std::chrono::seconds(6)}).ok());
  server_.Run("UPDATE " + database_ + ".treaty_clock SET last = 1000");
  MysqlConfig config = Config();
  config.max_clock_jump = std::chrono::hours(24 * 30);
  EXPECT_NE(MustOpen(config), nullptr);
}

}  // namespace
}  // namespace treaty::store_test
