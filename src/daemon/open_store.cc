#include "daemon/open_store.h"

#include <utility>

#include "store/mysql/mysql_store.h"
#include "store/sqlite/sqlite_store.h"

namespace treaty::daemon {
namespace {

MysqlConfig MysqlSettings(const StoreSettings& store) {
  MysqlConfig out;
  out.host = store.host;
  out.port = store.port;
  out.socket = store.socket;
  out.user = store.user;
  out.password = store.password;
  out.database = store.database;
  out.connect_timeout = store.connect_timeout;
  out.read_timeout = out.write_timeout = store.timeout;
  out.max_readers = store.max_connections - 2;
  out.tls = store.tls || !store.tls_ca.empty();
  out.ca_file = store.tls_ca;
  out.cert_file = store.tls_cert;
  out.key_file = store.tls_key;
  out.largest_record = store.largest_record;
  out.upgrade_schema = store.upgrade_schema;
  out.require_durable = store.require_durable;
  out.max_clock_jump = store.max_clock_jump;
  return out;
}

}  // namespace

Result<std::unique_ptr<Store>> OpenStore(const StoreSettings& store, Log& log) {
  if (store.driver == "mysql") return OpenMysqlStore(MysqlSettings(store), log);
  return OpenSqliteStore({.path = store.path, .max_clock_jump = store.max_clock_jump}, log);
}

bool IsShared(const StoreSettings& store) { return store.driver == "mysql"; }

std::string DescribeStore(const StoreSettings& store) {
  if (store.driver != "mysql") return store.path;
  const std::string server =
      store.socket.empty() ? store.host + ":" + std::to_string(store.port) : store.socket;
  return "mysql " + store.user + "@" + server + "/" + store.database;
}

}  // namespace treaty::daemon
