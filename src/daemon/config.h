// Everything treatyd can be told, and how what was told becomes one checked set of values.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace treaty::daemon {

// One member per key that has a meaning; config_keys.cc says which, with defaults and ranges.
// The numbers are in the unit of the key.
struct Config {
  std::string host;
  std::int64_t http_port = 0;
  std::int64_t grpc_port = 0;
  std::int64_t json_rpc_port = 0;
  bool insecure = false;
  std::int64_t lanes = 0;
  std::string instance_id;

  std::string store_driver;
  std::string store_path;
  std::string store_host;
  std::int64_t store_port = 0;
  std::string store_socket;
  std::string store_user;
  std::string store_password;
  std::string store_db;
  std::int64_t store_max_connections = 0;
  std::int64_t store_connect_timeout_s = 0;
  std::int64_t store_timeout_s = 0;
  bool store_tls = false;
  std::string store_tls_ca;
  std::string store_tls_cert;
  std::string store_tls_key;
  bool store_upgrade_schema = false;
  bool store_require_durable = false;
  std::int64_t store_max_clock_jump_s = 0;
  std::int64_t data_expire_s = 0;

  std::int64_t timeout_to_fail_s = 0;
  std::int64_t retry_interval_s = 0;
  std::int64_t retry_interval_max_s = 0;
  std::int64_t request_timeout_s = 0;
  std::int64_t update_branch_sync = 0;

  std::int64_t alert_retry_limit = 0;
  std::string alert_web_hook;

  std::string allow_loopback_targets;
  std::string allow_targets;
  std::string ca_file;
  bool success_on_any_2xx = false;
  bool legacy_result_words = false;
  bool wait_result_409 = false;
  bool rewrite_localhost = false;
  std::string gid_charset;

  std::string http_hosts;
  std::int64_t http_max_body_bytes = 0;
  std::int64_t http_max_header_bytes = 0;
  std::int64_t http_header_timeout_s = 0;
  std::int64_t http_body_timeout_s = 0;
  std::int64_t http_min_body_rate = 0;
  std::int64_t http_idle_timeout_s = 0;
  std::int64_t http_max_connections = 0;
  std::int64_t http_max_connections_per_address = 0;
  std::int64_t http_max_memory_bytes = 0;
  std::int64_t http_write_timeout_s = 0;
  std::int64_t http_min_reply_rate = 0;

  std::int64_t grpc_max_message_bytes = 0;
  std::int64_t grpc_max_metadata_bytes = 0;
  std::int64_t grpc_max_streams = 0;
  std::int64_t grpc_max_calls = 0;
  std::int64_t grpc_max_memory_bytes = 0;
  std::int64_t grpc_keepalive_s = 0;
  std::int64_t grpc_write_timeout_s = 0;
  bool grpc_reflection = false;

  std::int64_t max_live_txns = 0;
  std::int64_t max_live_bytes = 0;
  std::int64_t max_queued_writes = 0;
  std::int64_t max_batch_writes = 0;
  std::int64_t max_waiting_reads = 0;
  std::int64_t max_steps = 0;
  std::int64_t max_payload_bytes = 0;
  std::int64_t max_payload_total_bytes = 0;
  std::int64_t max_queued_alerts = 0;
  std::int64_t max_rpc_batch = 0;
  std::int64_t max_rpc_reply_bytes = 0;

  std::int64_t calls_in_flight = 0;
  std::int64_t calls_per_destination = 0;
  std::int64_t calls_per_grpc_destination = 0;
  std::int64_t calls_queued_per_destination = 0;
  std::int64_t calls_idle_expiry_s = 0;
  std::int64_t calls_grpc_idle_expiry_s = 0;
  std::int64_t calls_dns_ttl_s = 0;
  std::int64_t calls_max_reply_bytes = 0;
  std::int64_t calls_max_grpc_reply_bytes = 0;
  std::string grpc_service_config;

  std::string log_level;
  std::string log_format;
  std::string log_outputs;
  std::int64_t log_queue_lines = 0;
};

// A value as somebody gave it.
struct Given {
  std::string key;
  std::string text;
  std::string where;  // "conf/treaty.yaml:12", "environment HTTP_PORT", "flag --http-port"
};

struct Loaded {
  Config config;
  std::vector<std::string> warnings;                        // To be logged once, each.
  std::map<std::string, std::string, std::less<>> sources;  // By key; absent: the default.
};

// Applies `given` over the defaults, in order: later ones win, and only they are judged. Fails with
// kInvalidArgument; the message has one line per mistake, each naming place, key, value and what is
// allowed.
Result<Loaded> BuildConfig(const std::vector<Given>& given);

// Reads a file's keys, known or not, nested ones joined with a point ("Store.Path").
Result<std::vector<Given>> ReadYaml(const std::string& path);

// Picks the known names out of an environment ("NAME=value", ended by null). Empty values count
// as unset. Names that start with TREATY_ but are no key's are added to `warnings`; so are, in one
// line, variables of a Kubernetes Service that would be taken for a key's or have that prefix.
std::vector<Given> ReadEnvironment(const char* const* environment,
                                   std::vector<std::string>& warnings);

// Returns the effective values as a YAML file, with where each came from.
std::string PrintConfig(const Loaded& loaded);

}  // namespace treaty::daemon
