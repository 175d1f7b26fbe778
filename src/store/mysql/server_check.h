// Whether a server keeps what it has committed, and whether its settings suit the store.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/mysql/connection.h"

namespace treaty {

struct ServerFacts {
  std::string version;
  std::int64_t flush_log = 1;  // innodb_flush_log_at_trx_commit
  bool log_bin = false;
  std::int64_t sync_binlog = 1;
  std::string binlog_format;
  std::int64_t max_packet = 0;  // max_allowed_packet, bytes
  bool read_only = false;
};

Result<ServerFacts> AskServer(MysqlConnection& connection);

// Why a committed change could be lost when the server's machine fails; one text per reason.
std::vector<std::string> WhyNotDurable(const ServerFacts& facts);

// Fails with kFailedPrecondition if the store cannot work with the server; says what to change.
// `largest_record`: bytes of payloads in one transaction.
Status CheckServer(const ServerFacts& facts, std::size_t largest_record);

}  // namespace treaty
