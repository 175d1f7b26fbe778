// The production store: MySQL or MariaDB, InnoDB tables, read and written through MySQL
// Connector/C++.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/time.h"
#include "store/store.h"

namespace treaty {

struct MysqlConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 3306;
  std::string socket = {};  // Path of a Unix socket, instead of host and port.
  std::string user = {};
  std::string password = {};  // Never part of a message.
  std::string database = {};  // Exists already.

  Duration connect_timeout = std::chrono::seconds(1);  // Whole seconds.
  Duration read_timeout = std::chrono::seconds(3);     // Of one statement; whole seconds.
  Duration write_timeout = std::chrono::seconds(3);    // Whole seconds.
  std::size_t max_readers = 32;                        // Reading connections at a time.

  bool tls = false;          // The connection must be encrypted.
  std::string ca_file = {};  // With it the server's certificate is verified; PEM.
  std::string cert_file = {};
  std::string key_file = {};

  std::size_t largest_record = 4 << 20;  // Bytes of payloads; the server's packets must hold them.

  bool upgrade_schema = true;  // Otherwise an older schema is refused.
  // How far the server's clock may be ahead of the last time in the store at the start; 0: any
  // time.
  Duration max_clock_jump{0};
  bool require_durable = false;  // Refuse a server that may lose commits, rather than warn.
};

// Connects, checks the server and brings the schema up. Fails with kUnavailable when the server
// cannot be reached, kAlreadyExists when another daemon works on the database, kFailedPrecondition
// when it, its clock or the schema is not as it must be, kDataLoss when the schema is newer than
// this program; each message says what to change. `log` is not owned and outlives the store.
Result<std::unique_ptr<Store>> OpenMysqlStore(MysqlConfig config, Log& log);

// The SQL that makes the schema, for whoever may do what the daemon may not.
std::string MysqlSchema();

}  // namespace treaty
