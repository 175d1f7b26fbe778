#include "daemon/drivers.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "store/mysql/mysql_store.h"
#include "store/sqlite/sqlite_store.h"

namespace treaty::daemon {
namespace {

Result<std::unique_ptr<Store>> OpenSqlite(const StoreSettings& store, Log& log) {
  return OpenSqliteStore({.path = store.path, .max_clock_jump = store.max_clock_jump}, log);
}

std::string DescribeSqlite(const StoreSettings& store) { return store.path; }

Result<std::string> CopySqlite(const StoreSettings& store, const std::string& to) {
  if (Status status = BackupSqlite(store.path, to); !status.ok()) return status;
  return "Copied " + store.path + " to " + to +
         ". To restore, stop treatyd, remove the old file with its -wal and -shm, and put the copy "
         "in its place.";
}

Result<std::unique_ptr<Store>> OpenMysql(const StoreSettings& store, Log& log) {
  MysqlConfig config;
  config.host = store.host;
  config.port = store.port;
  config.socket = store.socket;
  config.user = store.user;
  config.password = store.password;
  config.database = store.database;
  config.connect_timeout = store.connect_timeout;
  config.read_timeout = config.write_timeout = store.timeout;
  config.max_readers = store.max_connections - 2;
  config.tls = store.tls || !store.tls_ca.empty();
  config.ca_file = store.tls_ca;
  config.cert_file = store.tls_cert;
  config.key_file = store.tls_key;
  config.largest_record = store.largest_record;
  config.upgrade_schema = store.upgrade_schema;
  config.require_durable = store.require_durable;
  config.max_clock_jump = store.max_clock_jump;
  return OpenMysqlStore(std::move(config), log);
}

// Of any server.
std::string DescribeServer(const StoreSettings& store) {
  const std::string place =
      store.socket.empty() ? store.host + ":" + std::to_string(store.port) : store.socket;
  return std::string(DriverOf(store).name) + " " + store.user + "@" + place + "/" + store.database;
}

// Of any server.
std::vector<KeyMistake> CheckServer(const StoreSettings& store) {
  std::vector<KeyMistake> out;
  const auto not_empty = [&out](std::string_view key, const std::string& value) {
    if (value.empty()) out.push_back({key, std::string(key) + " is empty, allowed is any text"});
  };
  if (store.socket.empty()) not_empty("Store.Host", store.host);
  not_empty("Store.User", store.user);
  not_empty("Store.Db", store.database);
  if (store.tls_cert.empty() != store.tls_key.empty()) {
    out.push_back(
        {"Store.TlsCert", "Store.TlsCert and Store.TlsKey belong together; give both or none"});
  }
  return out;
}

const Driver kDrivers[] = {
    {.name = "sqlite",
     .summary = "is embedded",
     .other_name = "boltdb",
     .other_name_warning = "the embedded store; files of DTM's are not read",
     .open = OpenSqlite,
     .describe = DescribeSqlite,
     .backup = CopySqlite},
    {.name = "mysql",
     .summary = "is a MySQL or MariaDB server",
     .is_server = true,
     .check = CheckServer,
     .open = OpenMysql,
     .describe = DescribeServer,
     .schema = MysqlSchema},
};

}  // namespace

std::span<const Driver> Drivers() { return kDrivers; }

const Driver* FindDriver(std::string_view name, std::span<const Driver> drivers) {
  const auto found = std::ranges::find_if(drivers, [name](const Driver& driver) {
    return driver.name == name || (!name.empty() && driver.other_name == name);
  });
  return found == drivers.end() ? nullptr : &*found;
}

const Driver& DriverOf(const StoreSettings& store) {
  const Driver* driver = FindDriver(store.driver);
  TREATY_CHECK(driver != nullptr);
  return *driver;
}

std::vector<std::string> DriverNames() {
  std::vector<std::string> out;
  for (const Driver& driver : kDrivers) {
    out.emplace_back(driver.name);
    if (!driver.other_name.empty()) out.emplace_back(driver.other_name);
  }
  return out;
}

std::string DriverSummaries() {
  std::string out;
  for (const Driver& driver : kDrivers) {
    out += (out.empty() ? "" : ", ") + std::string(driver.name) + " " + std::string(driver.summary);
    if (driver.other_name.empty()) continue;
    out += " (" + std::string(driver.other_name) + " is taken to mean it)";
  }
  return out;
}

std::string ServerNames() {
  std::string out;
  for (const Driver& driver : kDrivers) {
    if (driver.is_server) out += (out.empty() ? "" : ", ") + std::string(driver.name);
  }
  return out;
}

std::string DefaultOf(const Key& key, const Driver& driver) {
  const auto found = std::ranges::find(driver.defaults, key.name, &DriverDefault::key);
  return found == driver.defaults.end() ? key.fallback : std::string(found->value);
}

std::string OtherDefaults(const Key& key, std::span<const Driver> drivers) {
  std::string out;
  for (const Driver& driver : drivers) {
    const std::string value = DefaultOf(key, driver);
    if (value != key.fallback) out += ", with " + std::string(driver.name) + " " + value;
  }
  return out;
}

std::string SchemaOf(const StoreSettings& store) {
  if (const Driver& driver = DriverOf(store); driver.schema != nullptr) return driver.schema();
  const auto* first =
      std::ranges::find_if(kDrivers, [](const Driver& driver) { return driver.schema != nullptr; });
  TREATY_CHECK(first != std::end(kDrivers));
  return first->schema();
}

}  // namespace treaty::daemon
