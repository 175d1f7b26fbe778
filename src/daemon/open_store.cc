#include "daemon/open_store.h"

#include <chrono>
#include <utility>

#include "store/mysql/mysql_store.h"
#include "store/sqlite/sqlite_store.h"

namespace treaty::daemon {
namespace {

Duration MaxClockJump(const Config& config) {
  return std::chrono::seconds(config.store_max_clock_jump_s);
}

MysqlConfig MysqlSettings(const Config& config) {
  MysqlConfig out;
  out.host = config.store_host;
  out.port = static_cast<std::uint16_t>(config.store_port);
  out.socket = config.store_socket;
  out.user = config.store_user;
  out.password = config.store_password;
  out.database = config.store_db;
  out.connect_timeout = std::chrono::seconds(config.store_connect_timeout_s);
  out.read_timeout = out.write_timeout = std::chrono::seconds(config.store_timeout_s);
  out.max_readers = static_cast<std::size_t>(config.store_max_connections - 2);
  out.tls = config.store_tls || !config.store_tls_ca.empty();
  out.ca_file = config.store_tls_ca;
  out.cert_file = config.store_tls_cert;
  out.key_file = config.store_tls_key;
  out.largest_record = static_cast<std::size_t>(config.max_payload_total_bytes);
  out.upgrade_schema = config.store_upgrade_schema;
  out.require_durable = config.store_require_durable;
  out.max_clock_jump = MaxClockJump(config);
  return out;
}

}  // namespace

Result<std::unique_ptr<Store>> OpenStore(const Config& config, Log& log) {
  if (config.store_driver == "mysql") return OpenMysqlStore(MysqlSettings(config), log);
  return OpenSqliteStore({.path = config.store_path, .max_clock_jump = MaxClockJump(config)}, log);
}

bool IsShared(const Config& config) { return config.store_driver == "mysql"; }

std::string DescribeStore(const Config& config) {
  if (config.store_driver != "mysql") return config.store_path;
  const std::string server = config.store_socket.empty()
                                 ? config.store_host + ":" + std::to_string(config.store_port)
                                 : config.store_socket;
  return "mysql " + config.store_user + "@" + server + "/" + config.store_db;
}

}  // namespace treaty::daemon
