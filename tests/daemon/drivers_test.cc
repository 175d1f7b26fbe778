// Kinds of store: what each row promises, and that nothing else knows which rows there are.

#include "daemon/drivers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "daemon/config.h"
#include "daemon/reference.h"

namespace treaty::daemon {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

StoreSettings SettingsOf(const std::vector<Given>& given) {
  Result<Loaded> loaded = BuildConfig(given);
  EXPECT_TRUE(loaded.ok()) << loaded.status().message();
  return loaded->config.store;
}

// Today's rows, and one of a server that is not there yet.
std::vector<Driver> WithOneMore() {
  static constexpr DriverDefault kDefaults[] = {{"Store.Port", "5432"}, {"Store.User", "other"}};
  std::vector<Driver> drivers(Drivers().begin(), Drivers().end());
  Driver other = drivers.back();
  other.name = "other";
  other.defaults = kDefaults;
  drivers.push_back(other);
  return drivers;
}

TEST(DriversTest, EveryRowIsComplete) {
  std::set<std::string> names;
  for (const std::string& name : DriverNames()) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_NE(FindDriver(name), nullptr) << name;
  }
  for (const Driver& driver : Drivers()) {
    EXPECT_EQ(FindDriver(driver.name), &driver);
    EXPECT_FALSE(driver.summary.empty()) << driver.name;
    EXPECT_NE(driver.open, nullptr) << driver.name;
    EXPECT_NE(driver.describe, nullptr) << driver.name;
    EXPECT_EQ(driver.other_name.empty(), driver.other_name_warning.empty()) << driver.name;
    EXPECT_EQ(driver.is_server, driver.check != nullptr) << driver.name;
    EXPECT_EQ(driver.is_server, driver.schema != nullptr) << driver.name;
  }
  EXPECT_EQ(FindDriver(""), nullptr);
  EXPECT_EQ(FindDriver("redis"), nullptr);
}

TEST(DriversTest, EveryDefaultOfARowIsOneThatItsKeyAllows) {
  for (const Driver& driver : Drivers()) {
    for (const DriverDefault& one : driver.defaults) {
      const Key* key = FindKey(one.key);
      ASSERT_NE(key, nullptr) << driver.name << " " << one.key;
      EXPECT_EQ(Canonical(*key, std::string(one.value)), one.value) << driver.name;
    }
  }
}

TEST(DriversTest, StoreDriverMayBeAnyOfTheRowsAndNothingElse) {
  EXPECT_EQ(FindKey("Store.Driver")->choices, DriverNames());
  for (const std::string& name : DriverNames()) {
    EXPECT_TRUE(BuildConfig({{"Store.Driver", name, "here"}}).ok()) << name;
  }
  const Result<Loaded> unknown = BuildConfig({{"Store.Driver", "redis", "here"}});
  ASSERT_FALSE(unknown.ok());
  for (const Driver& driver : Drivers()) {
    EXPECT_THAT(unknown.status().message(), HasSubstr(std::string(driver.name)));
  }
}

TEST(DriversTest, BoltdbMeansSqliteWithAWarning) {
  const Result<Loaded> loaded = BuildConfig({{"Store.Driver", "boltdb", "here"}});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(DriverOf(loaded->config.store).name, "sqlite");
  EXPECT_THAT(loaded->warnings,
              ElementsAre("here: Store.Driver boltdb is taken as sqlite, the embedded store; files "
                          "of DTM's are not read"));
}

TEST(DriversTest, OnlyServersAreAskedForUserAndDatabase) {
  EXPECT_TRUE(BuildConfig({{"Store.User", "", ""}, {"Store.TlsKey", "k", ""}}).ok());
  const Result<Loaded> server = BuildConfig({{"Store.Driver", "mysql", "a"},
                                             {"Store.User", "", "b"},
                                             {"Store.Host", "", "c"},
                                             {"Store.TlsKey", "k", "d"}});
  ASSERT_FALSE(server.ok());
  EXPECT_EQ(server.status().message(),
            "c: Store.Host is empty, allowed is any text\n"
            "b: Store.User is empty, allowed is any text\n"
            "default: Store.TlsCert and Store.TlsKey belong together; give both or none");
  EXPECT_TRUE(BuildConfig({{"Store.Driver", "mysql", ""},
                           {"Store.Host", "", ""},
                           {"Store.Socket", "/run/db.sock", ""}})
                  .ok());
}

TEST(DriversTest, ADescriptionHasNoSecret) {
  const std::vector<Given> given = {{"Store.Driver", "mysql", ""},
                                    {"Store.Host", "db.example", ""},
                                    {"Store.Port", "3307", ""},
                                    {"Store.User", "me", ""},
                                    {"Store.Password", "s3cret", ""}};
  const StoreSettings server = SettingsOf(given);
  EXPECT_EQ(DriverOf(server).describe(server), "mysql me@db.example:3307/dtm");
  StoreSettings local = server;
  local.socket = "/run/db.sock";
  EXPECT_EQ(DriverOf(local).describe(local), "mysql me@/run/db.sock/dtm");
  const StoreSettings embedded = SettingsOf({{"Store.Path", "/x.db", ""}});
  EXPECT_EQ(DriverOf(embedded).describe(embedded), "/x.db");
}

TEST(DriversTest, TheSchemaIsThatOfTheDriverOrElseOfTheOneThatHasSome) {
  const std::string of_mysql = SchemaOf(SettingsOf({{"Store.Driver", "mysql", ""}}));
  EXPECT_THAT(of_mysql, HasSubstr("CREATE TABLE"));
  EXPECT_EQ(SchemaOf(SettingsOf({})), of_mysql);
}

TEST(DriversTest, ADriverMayHaveDefaultsOfItsOwn) {
  const std::vector<Driver> drivers = WithOneMore();
  const auto of = [&drivers](const char* key, const char* driver) {
    return DefaultOf(*FindKey(key), *FindDriver(driver, drivers));
  };
  EXPECT_EQ(of("Store.Port", "mysql"), "3306");
  EXPECT_EQ(of("Store.Port", "sqlite"), "3306");
  EXPECT_EQ(of("Store.Port", "other"), "5432");
  EXPECT_EQ(of("Store.User", "other"), "other");
  EXPECT_EQ(of("Store.Db", "other"), "dtm");
  EXPECT_EQ(OtherDefaults(*FindKey("Store.Port"), drivers), ", with other 5432");
  EXPECT_EQ(OtherDefaults(*FindKey("Store.Db"), drivers), "");
  EXPECT_EQ(OtherDefaults(*FindKey("Store.Port")), "");
}

// Here the row of mysql has them, as the word must be one that Store.Driver may be.
TEST(DriversTest, DefaultsOfADriverHoldWhileItIsChosenAndNothingElseIsGiven) {
  std::vector<Driver> drivers = WithOneMore();
  drivers[1].defaults = drivers[2].defaults;
  const auto load = [&drivers](const std::vector<Given>& given) {
    Result<Loaded> loaded = BuildConfig(given, drivers);
    EXPECT_TRUE(loaded.ok()) << loaded.status().message();
    return *std::move(loaded);
  };
  const Given chosen{"Store.Driver", "mysql", "here"};
  EXPECT_EQ(load({}).config.store.port, 3306);
  EXPECT_EQ(load({{"Store.Driver", "boltdb", "here"}}).config.store.port, 3306);
  EXPECT_EQ(load({chosen}).config.store.port, 5432);
  EXPECT_EQ(load({chosen}).config.store.user, "other");
  EXPECT_EQ(load({chosen, {"Store.Port", "7", "here"}}).config.store.port, 7);
  EXPECT_EQ(load({{"Store.Port", "3306", "here"}, chosen}).config.store.port, 3306);
  EXPECT_THAT(PrintConfig(load({chosen})), HasSubstr("  Port: 5432  # default\n"));
}

TEST(DriversTest, PagesNameTheDefaultsOfEachDriverAndTheFileLeavesThemOpen) {
  const std::vector<Driver> drivers = WithOneMore();
  EXPECT_THAT(ReferencePage(drivers),
              AllOf(HasSubstr("| `Store.Port` | 3306, with other 5432 | 1 to 65535 |"),
                    HasSubstr("| `Store.User` | root, with other other |"),
                    HasSubstr("| `Store.Db` | dtm | any text |")));
  const std::string file = DefaultConfigFile(drivers);
  EXPECT_THAT(file, HasSubstr("  # Default: 3306, with other 5432\n  Port:\n"));
  EXPECT_THAT(file, HasSubstr("\n  Db: dtm\n"));
  EXPECT_THAT(DefaultConfigFile(), Not(HasSubstr("# Default:")));
}

TEST(DriversTest, ABackupSaysWhatToDoWithTheCopy) {
  const std::string folder = ::testing::TempDir() + "drivers_test_backup";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  const StoreSettings store = SettingsOf({{"Store.Path", folder + "/none.db", ""}});
  ASSERT_NE(DriverOf(store).backup, nullptr);
  EXPECT_FALSE(DriverOf(store).backup(store, folder + "/copy.db").ok());
  EXPECT_EQ(FindDriver("mysql")->backup, nullptr);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace treaty::daemon
