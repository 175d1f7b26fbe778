#include "store/mysql/server_check.h"

#include <charconv>
#include <utility>

namespace treaty {
namespace {

constexpr SqlConstant kFacts =
    "SELECT @@version, @@innodb_flush_log_at_trx_commit, @@log_bin, @@sync_binlog, "
    "@@binlog_format, @@max_allowed_packet, @@read_only";

// The oldest that have what the statements need.
constexpr int kOldestMysql = 8;
constexpr int kOldestMariadbMinor = 5;

// Beside the payloads: URLs, options, the statement's own words.
constexpr std::int64_t kAroundPayloads = 1 << 20;

std::pair<int, int> MajorMinor(const std::string& version) {
  int major = 0;
  int minor = 0;
  const char* const end = version.data() + version.size();
  const auto dot = std::from_chars(version.data(), end, major).ptr;
  if (dot != end && *dot == '.') std::from_chars(dot + 1, end, minor);
  return {major, minor};
}

bool IsTooOld(const std::string& version) {
  const auto [major, minor] = MajorMinor(version);
  if (version.find("MariaDB") == std::string::npos) return major < kOldestMysql;
  return major < 10 || (major == 10 && minor < kOldestMariadbMinor);
}

Status Unfit(std::string why) { return {Code::kFailedPrecondition, std::move(why)}; }

}  // namespace

Result<ServerFacts> AskServer(MysqlConnection& connection) {
  ServerFacts facts;
  Status status = connection.Query(SqlText(kFacts), "could not ask the server for its settings",
                                   [&facts](const MysqlRow& row) {
                                     facts = {.version = row.Bytes(0),
                                              .flush_log = row.Int(1),
                                              .log_bin = row.Int(2) != 0,
                                              .sync_binlog = row.Int(3),
                                              .binlog_format = row.Bytes(4),
                                              .max_packet = row.Int(5),
                                              .read_only = row.Int(6) != 0};
                                     return Status();
                                   });
  if (!status.ok()) return status;
  return facts;
}

std::vector<std::string> WhyNotDurable(const ServerFacts& facts) {
  std::vector<std::string> reasons;
  if (facts.flush_log != 1) {
    reasons.push_back("innodb_flush_log_at_trx_commit is " + std::to_string(facts.flush_log) +
                      "; set it to 1");
  }
  if (facts.log_bin && facts.sync_binlog != 1) {
    reasons.push_back("sync_binlog is " + std::to_string(facts.sync_binlog) + "; set it to 1");
  }
  return reasons;
}

Status CheckServer(const ServerFacts& facts, std::size_t largest_record) {
  if (IsTooOld(facts.version)) {
    return Unfit("the database server is " + facts.version +
                 "; MySQL 8.0 or MariaDB 10.5 is the oldest that will do");
  }
  if (facts.log_bin && facts.binlog_format == "STATEMENT") {
    return Unfit("the server's binlog_format is STATEMENT; set it to ROW or MIXED");
  }
  // Bytes travel as hexadecimal text.
  const std::int64_t needed = 2 * static_cast<std::int64_t>(largest_record) + kAroundPayloads;
  if (facts.max_packet < needed) {
    return Unfit("the server's max_allowed_packet is " + std::to_string(facts.max_packet) +
                 " bytes; set it to " + std::to_string(needed) +
                 " or more, or lower Limits.PayloadTotalBytes");
  }
  return {};
}

}  // namespace treaty
