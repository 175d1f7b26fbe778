// tests/store/mysql_session_test.cc walks through the variables of a server: each is set here, or
// its table has the reason why it cannot matter.

#include "store/mysql/session.h"

#include <array>

namespace treaty {
namespace {

using Of = SessionSetting::Of;

// Texts name their character set: without it they would be read in the one that is to be changed.
constexpr std::array kAlways = {
    SessionSetting{Of::kAll, "sql_mode", "_utf8mb4'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'"},
    SessionSetting{Of::kAll, "time_zone", "_utf8mb4'+00:00'"},
    SessionSetting{Of::kAll, "character_set_client", "utf8mb4"},
    SessionSetting{Of::kAll, "character_set_results", "utf8mb4"},
    SessionSetting{Of::kAll, "character_set_connection", "utf8mb4"},
    SessionSetting{Of::kAll, "collation_connection", "utf8mb4_bin"},
    // Conditions on keys that the server does not see as such, and the rows that it may go through.
    // A value of max_join_size turns sql_big_selects off, so that comes later.
    SessionSetting{Of::kAll, "sql_safe_updates", "0"},
    SessionSetting{Of::kAll, "sql_select_limit", "18446744073709551615"},
    SessionSetting{Of::kAll, "max_join_size", "18446744073709551615"},
    SessionSetting{Of::kAll, "sql_big_selects", "1"},
    SessionSetting{Of::kAll, "sql_auto_is_null", "0"},
    // Longer than every gid: only so many bytes are looked at where rows are sorted.
    SessionSetting{Of::kAll, "max_sort_length", "1024"},
    // With less the server refuses to sort rows as long as some are.
    SessionSetting{Of::kAll, "sort_buffer_size", "2097152"},
    SessionSetting{Of::kAll, "unique_checks", "1"},
    SessionSetting{Of::kAll, "foreign_key_checks", "1"},
    SessionSetting{Of::kAll, "completion_type", "0"},
    // A write waits for another one's lock less long than a client waits for its answer.
    SessionSetting{Of::kAll, "innodb_lock_wait_timeout", "2"},
    SessionSetting{Of::kAll, "lock_wait_timeout", "2"},
    SessionSetting{Of::kMariaDb, "max_statement_time", "0"},
    SessionSetting{Of::kMariaDb, "max_session_mem_used", "9223372036854775807"},
    SessionSetting{Of::kMariaDb, "tmp_disk_table_size", "18446744073709551615"},
    SessionSetting{Of::kMariaDb, "query_cache_type", "0"},
    SessionSetting{Of::kMariaDb, "wsrep_dirty_reads", "0"},
    SessionSetting{Of::kMariaDb, "alter_algorithm", "_utf8mb4'DEFAULT'"},
    SessionSetting{Of::kMariaDb, "old_mode", "_utf8mb4''"},
    SessionSetting{Of::kMysql, "max_execution_time", "0"},
};

// What one kind of server runs and the other takes for a comment. MariaDB passes over the versions
// of MySQL from 5.7 on.
SqlConstant Opening(Of of) {
  switch (of) {
    case Of::kMariaDb:
      return " /*M!100500 , ";
    case Of::kMysql:
      return " /*!80000 , ";
    case Of::kAll:
      break;
  }
  return ", ";
}

// A process that stands still between two statements of a database transaction holds its locks: for
// less long than its lease, or whoever takes over would wait for them. Others come back to a
// session after any time.
SqlText Terms(Autocommit autocommit) {
  if (autocommit == Autocommit::kOff) return SqlText("autocommit = 0, wait_timeout = 4");
  return SqlText("autocommit = 1, wait_timeout = 28800");
}

SqlText& AddAssignment(SqlText& sql, const SessionSetting& setting) {
  return sql << setting.name << " = " << setting.value;
}

}  // namespace

std::span<const SessionSetting> SessionSettings() { return kAlways; }

SqlText SetSession(Autocommit autocommit) {
  SqlText sql("SET SESSION ");
  sql << Terms(autocommit);
  for (const SessionSetting& setting : kAlways) {
    AddAssignment(sql << Opening(setting.of), setting);
    if (setting.of != Of::kAll) sql << " */";
  }
  return sql;
}

std::vector<SingleSetting> SetSessionOneByOne(Autocommit autocommit) {
  std::vector<SingleSetting> all;
  (all.emplace_back().sql << "SET SESSION ") << Terms(autocommit);
  for (const SessionSetting& setting : kAlways) {
    SingleSetting& one = all.emplace_back();
    AddAssignment(one.sql << "SET SESSION ", setting);
    one.may_fail = setting.of != Of::kAll;
  }
  return all;
}

SqlText SetTransactions() {
  return SqlText("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE");
}

}  // namespace treaty
