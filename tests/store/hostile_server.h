// A MariaDB where somebody has set for all sessions what a session should not have.

#pragma once

#include <string>

#include "store/mysql/mysql_store.h"
#include "support/mariadb.h"

namespace treaty::store_test {

// What somebody might set for all, as far as it is no nonsense to a server of today.
inline constexpr char kHostile[] =
    "sql_safe_updates = 1, sql_select_limit = 1, max_join_size = 1, sql_big_selects = 0, "
    "sql_mode = 'ANSI,ORACLE,HIGH_NOT_PRECEDENCE,NO_BACKSLASH_ESCAPES,NO_UNSIGNED_SUBTRACTION,"
    "PAD_CHAR_TO_FULL_LENGTH,EMPTY_STRING_IS_NULL,SIMULTANEOUS_ASSIGNMENT,NO_ZERO_DATE,"
    "ONLY_FULL_GROUP_BY,NO_AUTO_VALUE_ON_ZERO,TIME_ROUND_FRACTIONAL', "
    "time_zone = '+13:00', character_set_client = latin1, character_set_results = ucs2, "
    "collation_connection = utf16_general_ci, autocommit = 0, completion_type = 2, "
    "unique_checks = 0, foreign_key_checks = 0, sql_auto_is_null = 1, max_sort_length = 64, "
    "lock_wait_timeout = 31536000, innodb_lock_wait_timeout = 100000000, wait_timeout = 1, "
    "max_statement_time = 0.5, max_session_mem_used = 1048576, tmp_disk_table_size = 1024, "
    "alter_algorithm = 'INSTANT', old_mode = 'NO_DUP_KEY_WARNINGS_WITH_IGNORE', "
    "wsrep_dirty_reads = 1, max_error_count = 0, group_concat_max_len = 4, big_tables = 1, "
    "max_heap_table_size = 16384, tmp_memory_table_size = 0, sql_buffer_result = 1, "
    "auto_increment_increment = 7, div_precision_increment = 0, innodb_snapshot_isolation = 1, "
    "optimizer_switch = 'derived_merge=off,index_condition_pushdown=off', sql_if_exists = 1, "
    "default_storage_engine = 'MyISAM', join_buffer_size = 128, sort_buffer_size = 1024";
inline constexpr char kHostileTransactions[] =
    "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY";

// Every session of anybody but root begins with the hostile settings.
class HostileServer {
 public:
  HostileServer() {
    server_.Run("CREATE USER app");
    server_.Run("GRANT ALL ON *.* TO app");
    server_.Run("REVOKE SUPER, CONNECTION ADMIN ON *.* FROM app");
    server_.Run("SET GLOBAL init_connect = \"SET SESSION " + std::string(kHostile) + "; " +
                kHostileTransactions + "\"");
  }

  MysqlConfig ConfigOf(const std::string& database) const {
    return {.socket = server_.socket(), .user = "app", .database = database};
  }
  test::MariaDb& server() { return server_; }

 private:
  test::MariaDb server_{{"--query-cache-type=1", "--query-cache-size=1048576"}};
};

// The one that the tests of a program share.
inline HostileServer& SharedHostileServer() {
  static HostileServer server;
  return server;
}

}  // namespace treaty::store_test
