// A session means the same on every server, whatever somebody has set there.

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "store/hostile_server.h"
#include "store/mysql/connection.h"
#include "store/mysql/session.h"
#include "store/mysql_fixture.h"
#include "store/session_variables.h"

namespace treaty::store_test {
namespace {

// Set by SetSession and SetTransactions besides what SessionSettings lists.
const std::set<std::string> kSetToo = {
    "autocommit",   "wait_timeout",          "tx_isolation",
    "tx_read_only", "transaction_isolation", "transaction_read_only",
};

std::string InSmallLetters(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return std::tolower(c); });
  return text;
}

bool IsSet(const std::string& name) {
  const auto settings = SessionSettings();
  return kSetToo.contains(name) || std::ranges::any_of(settings, [&](const SessionSetting& one) {
           return one.name.text() == name;
         });
}

using Variables = std::map<std::string, std::string>;

Variables Ask(MysqlConnection& connection, const SqlText& sql) {
  Variables found;
  const Status status = connection.Query(sql, "could not ask", [&](const MysqlRow& row) {
    found[InSmallLetters(row.Bytes(0))] = row.Bytes(1);
    return Status();
  });
  EXPECT_TRUE(status.ok()) << status.message();
  return found;
}

// Whoever reads this in a failure looks what the variable does: either src/store/mysql/session.cc
// sets it, or tests/store/session_variables.cc says why it need not.
TEST_F(MysqlTest, EverySessionVariableIsSetOrKnownToBeHarmless) {
  auto opened = MysqlConnection::Open(Config(), Autocommit::kOn);
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  const Variables all = Ask(**opened, SqlText("SHOW SESSION VARIABLES"));
  const Variables scopes = Ask(
      **opened, SqlText("SELECT variable_name, variable_scope FROM "
                        "information_schema.system_variables WHERE variable_scope <> 'GLOBAL'"));
  ASSERT_GT(scopes.size(), 100u);
  for (const auto& [name, scope] : scopes) {
    EXPECT_TRUE(IsSet(name) || !WhyHarmless(name).empty()) << name << " is unknown";
  }
  for (const auto& [name, value] : all) {
    if (IsSet(name)) {
      EXPECT_TRUE(scopes.contains(name)) << name << " is nothing of a session";
    }
  }
}

TEST(SessionVariablesTest, NoneIsBothSetAndHarmless) {
  for (const SessionSetting& setting : SessionSettings()) {
    EXPECT_EQ(WhyHarmless(setting.name.text()), "") << setting.name.text();
  }
  for (const std::string& name : kSetToo) EXPECT_EQ(WhyHarmless(name), "") << name;
}

TEST_F(MysqlTest, EverySessionIsTheSameWhateverTheServersDefaultsAre) {
  HostileServer& hostile = SharedHostileServer();
  const std::string database = hostile.server().NewDatabase();
  for (const Autocommit autocommit : {Autocommit::kOff, Autocommit::kOn}) {
    auto usual = MysqlConnection::Open(Config(), autocommit);
    auto other = MysqlConnection::Open(hostile.ConfigOf(database), autocommit);
    ASSERT_TRUE(usual.ok()) << usual.status().message();
    ASSERT_TRUE(other.ok()) << other.status().message();
    const Variables want = Ask(**usual, SqlText("SHOW SESSION VARIABLES"));
    const Variables got = Ask(**other, SqlText("SHOW SESSION VARIABLES"));
    for (const auto& [name, value] : want) {
      if (IsSet(name)) {
        EXPECT_EQ(got.at(name), value) << name;
      }
    }
    EXPECT_EQ(want.at("tx_isolation"), "READ-COMMITTED");
    EXPECT_EQ(want.at("tx_read_only"), "OFF");
  }
}

// The hostile settings did arrive, so that the tests above and below show something.
TEST(HostileServerTest, SetsWhatOthersHaveToSetBack) {
  HostileServer& hostile = SharedHostileServer();
  EXPECT_THAT(hostile.server().Ask("SELECT @@global.init_connect"),
              ::testing::HasSubstr("sql_safe_updates = 1"));
  const std::string database = hostile.server().NewDatabase();
  auto opened = MysqlConnection::Open(hostile.ConfigOf(database), Autocommit::kOn);
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  const Variables got = Ask(**opened, SqlText("SHOW SESSION VARIABLES"));
  EXPECT_EQ(got.at("auto_increment_increment"), "7");
  EXPECT_EQ(got.at("sql_if_exists"), "ON");
}

// A server of another version, as far as one can be had: what it does not know it does without.
TEST_F(MysqlTest, EachSettingAloneComesToTheSame) {
  auto usual = MysqlConnection::Open(Config(), Autocommit::kOff);
  auto other = MysqlConnection::Open(Config(), Autocommit::kOn);
  ASSERT_TRUE(usual.ok() && other.ok());
  std::size_t refused = 0;
  for (const SingleSetting& one : SetSessionOneByOne(Autocommit::kOff)) {
    const bool ok = (*other)->Execute(one.sql, "could not set").ok();
    EXPECT_TRUE(ok || one.may_fail) << one.sql.text();
    refused += ok ? 0 : 1;
  }
  EXPECT_EQ(refused, 1u);  // MySQL's max_execution_time.
  const SqlText show("SHOW SESSION VARIABLES WHERE Variable_name NOT LIKE '%timestamp%'");
  const Variables want = Ask(**usual, show);
  const Variables got = Ask(**other, show);
  for (const auto& [name, value] : want) {
    if (IsSet(name)) {
      EXPECT_EQ(got.at(name), value) << name;
    }
  }
}

}  // namespace
}  // namespace treaty::store_test
