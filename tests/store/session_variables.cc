// One line per variable is worth more here than the column limit.
// clang-format off

#include "store/session_variables.h"

namespace treaty::store_test {
namespace {

constexpr std::string_view kPlan = "how rows are found, not which";
constexpr std::string_view kMemory = "how much memory or disk a statement may take before it goes another way to the same end";
constexpr std::string_view kLogs = "what the server writes into its logs";
constexpr std::string_view kReplication = "what replicas get; the statements here do the same";
constexpr std::string_view kOtherEngine = "of MyISAM and Aria; the tables are InnoDB's";
constexpr std::string_view kUnusedSql = "of statements that the store does not make";
constexpr std::string_view kTables = "of tables that are not the store's, whose definitions name what they need";
constexpr std::string_view kState = "state of the session itself, which no default decides";
constexpr std::string_view kPrivileged = "only an administrator may set it in a session";
constexpr std::string_view kOnly = "cannot be set";
constexpr std::string_view kCut = "when the server gives a connection up; another one is opened";
constexpr std::string_view kWords = "the words of errors and warnings; their numbers decide";
constexpr std::string_view kProtocol = "what the server tells the client library besides results";

constexpr Harmless kHarmless[] = {
    {"analyze_*", kUnusedSql},
    {"aria_*", kOtherEngine},
    {"auto_increment_increment", "leaves gaps between ids, which only have to grow"},
    {"auto_increment_offset", "leaves gaps between ids, which only have to grow"},
    {"big_tables", kMemory},
    {"binlog_format", "asked for at the start: STATEMENT is refused"},
    {"binlog_*", kReplication},
    {"bulk_insert_buffer_size", kOtherEngine},
    {"character_set_database", kTables},
    {"character_set_filesystem", kUnusedSql},
    {"character_set_server", kTables},
    {"check_constraint_checks", "there are no such constraints"},
    {"collation_database", kTables},
    {"collation_server", kTables},
    {"column_compression_*", kTables},
    {"cte_max_recursion_depth", kUnusedSql},
    {"deadlock_*", kOtherEngine},
    {"debug*", kLogs},
    {"default_collation_for_utf8mb4", kTables},
    {"default_master_connection", kUnusedSql},
    {"default_regex_flags", kUnusedSql},
    {"default_storage_engine", kTables},
    {"default_table_encryption", kTables},
    {"default_tmp_storage_engine", kUnusedSql},
    {"default_week_format", kUnusedSql},
    {"div_precision_increment", "nothing is divided"},
    {"end_markers_in_json", kUnusedSql},
    {"enforce_storage_engine", kPrivileged},
    {"eq_range_index_dive_limit", kPlan},
    {"error_count", kOnly},
    {"expensive_subquery_limit", kPlan},
    {"explicit_defaults_for_timestamp", kTables},
    {"external_user", kOnly},
    {"generated_random_password_length", kUnusedSql},
    {"group_concat_max_len", kUnusedSql},
    {"gtid_*", kReplication},
    {"histogram_*", kUnusedSql},
    {"identity", kState},
    {"idle_readonly_transaction_timeout", kCut},
    {"idle_transaction_timeout", kCut},
    {"idle_write_transaction_timeout", kCut},
    {"in_predicate_conversion_threshold", kPlan},
    {"in_transaction", kOnly},
    {"information_schema_stats_expiry", kUnusedSql},
    {"innodb_compression_default", kTables},
    {"innodb_default_encryption_key_id", kTables},
    {"innodb_ft_*", kUnusedSql},
    {"innodb_snapshot_isolation", "of REPEATABLE READ, which no session has"},
    {"innodb_strict_mode", kTables},
    {"innodb_table_locks", kUnusedSql},
    {"innodb_tmpdir", kUnusedSql},
    {"insert_id", kState},
    {"interactive_timeout", kCut},
    {"internal_tmp_mem_storage_engine", kMemory},
    {"join_buffer_size", kMemory},
    {"join_buffer_space_limit", kMemory},
    {"join_cache_level", kPlan},
    {"keep_files_on_create", kOtherEngine},
    {"last_gtid", kOnly},
    {"last_insert_id", kState},
    {"lc_messages", kWords},
    {"lc_time_names", kUnusedSql},
    {"log_*", kLogs},
    {"long_query_time", kLogs},
    {"low_priority_updates", kOtherEngine},
    {"max_allowed_packet", "asked for at the start"},
    {"max_delayed_threads", kOtherEngine},
    {"max_error_count", kWords},
    {"max_heap_table_size", kMemory},
    {"max_insert_delayed_threads", kOtherEngine},
    {"max_length_for_sort_data", kPlan},
    {"max_points_in_geometry", kUnusedSql},
    {"max_recursive_iterations", kUnusedSql},
    {"max_relay_log_size", kReplication},
    {"max_rowid_filter_size", kPlan},
    {"max_seeks_for_key", kPlan},
    {"max_sp_recursion_depth", kUnusedSql},
    {"max_tmp_tables", "has no effect"},
    {"max_user_connections", kOnly},
    {"min_examined_row_limit", kLogs},
    {"mrr_buffer_size", kMemory},
    {"myisam_*", kOtherEngine},
    {"net_buffer_length", kMemory},
    {"net_read_timeout", kCut},
    {"net_retry_count", kCut},
    {"net_write_timeout", kCut},
    {"new", kUnusedSql},
    {"note_verbosity", kWords},
    {"old", "of the parser of index hints that the store does not use"},
    {"old_alter_table", "another name of alter_algorithm"},
    {"old_passwords", kUnusedSql},
    {"optimizer_*", kPlan},
    {"original_*", kReplication},
    {"parser_max_mem_size", kPrivileged},
    {"preload_buffer_size", kOtherEngine},
    {"print_identified_with_as_hex", kUnusedSql},
    {"profiling*", kLogs},
    {"progress_report_time", kProtocol},
    {"proxy_user", kOnly},
    {"pseudo_*", kState},
    {"query_alloc_block_size", kMemory},
    {"query_cache_strip_comments", "the cache is not used"},
    {"query_cache_wlock_invalidate", "the cache is not used"},
    {"query_prealloc_size", kMemory},
    {"rand_seed*", kState},
    {"range_alloc_block_size", kMemory},
    {"range_optimizer_max_mem_size", kPlan},
    {"rbr_exec_mode", kReplication},
    {"read_buffer_size", kMemory},
    {"read_rnd_buffer_size", kMemory},
    {"require_row_format", kReplication},
    {"resultset_metadata", kState},
    {"rowid_merge_buff_size", kMemory},
    {"secondary_engine_cost_threshold", kPlan},
    {"select_into_*", kUnusedSql},
    {"server_id", kReplication},
    {"session_track_*", kProtocol},
    {"show_*", kUnusedSql},
    {"skip_parallel_replication", kReplication},
    {"skip_replication", kReplication},
    {"slow_query_log", kLogs},
    {"sql_buffer_result", kPlan},
    {"sql_generate_invisible_primary_key", "every table has a primary key"},
    {"sql_if_exists", "every statement that drops or creates says IF EXISTS itself"},
    {"sql_log_bin", kPrivileged},
    {"sql_log_off", kLogs},
    {"sql_notes", kWords},
    {"sql_quote_show_create", kUnusedSql},
    {"sql_require_primary_key", "every table has a primary key"},
    {"sql_slave_skip_counter", kReplication},
    {"sql_warnings", kWords},
    {"standard_compliant_cte", kUnusedSql},
    {"storage_engine", kTables},
    {"system_versioning_*", "no table has versions"},
    {"tcp_nodelay", "when a packet goes out"},
    {"thread_pool_*", "which thread of the server runs a statement"},
    {"timestamp", kState},
    {"tmp_memory_table_size", kMemory},
    {"tmp_table_size", kMemory},
    {"transaction_alloc_block_size", kMemory},
    {"transaction_prealloc_size", kMemory},
    {"transaction_write_set_extraction", kReplication},
    {"updatable_views_with_limit", kUnusedSql},
    {"use_secondary_engine", kPlan},
    {"use_stat_tables", kPlan},
    {"warning_count", kOnly},
    {"windowing_use_high_precision", kUnusedSql},
    {"wsrep_causal_reads", "another name of wsrep_sync_wait"},
    {"wsrep_gtid_seq_no", kReplication},
    {"wsrep_on", kPrivileged},
    {"wsrep_osu_method", "how a new schema gets to other nodes, not which"},
    {"wsrep_retry_autocommit", "repeats what was not done"},
    {"wsrep_sync_wait", "waits for what other nodes have written; each write has its condition"},
    {"wsrep_trx_fragment_*", "how a database transaction gets to other nodes; COMMIT decides"},
    {"xa_detach_on_prepare", kUnusedSql},
};

bool Matches(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return pattern == name;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

std::span<const Harmless> HarmlessVariables() { return kHarmless; }

std::string_view WhyHarmless(std::string_view name) {
  for (const Harmless& one : kHarmless) {
    if (Matches(one.name, name)) return one.why;
  }
  return {};
}

}  // namespace treaty::store_test
