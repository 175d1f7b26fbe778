// The table itself, and the names that follow from it.

#include "daemon/config_keys.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace treaty::daemon {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kYear = 365 * kDay;
constexpr std::int64_t kMiB = 1 << 20;

constexpr auto kDtm = Standing::kDtm;
constexpr auto kOwn = Standing::kOwn;
constexpr auto kIgnored = Standing::kIgnored;

// One line per key is worth more here than the column limit.
// clang-format off
const Key kKeys[] = {
    {kOwn, "Host", &Config::host, "127.0.0.1", 0, 0, "", "", "Address to listen on. Anything but a loopback address needs Insecure: true"},
    {kDtm, "HttpPort", &Config::http_port, "36789", 0, 65'535, "", "", "Port of the HTTP API; 0 takes any free one"},
    {kDtm, "GrpcPort", &Config::grpc_port, "36790", 0, 65'535, "", "", "Port of the gRPC API and its health service; 0: none"},
    {kDtm, "JsonRpcPort", &Config::json_rpc_port, "0", 0, 65'535, "", "", "Port of its own for JSON-RPC, by custom 36791; 0: none, HttpPort serves /api/json-rpc anyway"},
    {kOwn, "Insecure", &Config::insecure, "false", 0, 0, "", "", "Accept that everybody who reaches the port commands this daemon: there is no authentication yet"},
    {kOwn, "Lanes", &Config::lanes, "0", 0, 64, "", "", "Threads that drive transactions; 0: one per core"},
    {kOwn, "InstanceId", &Config::instance_id, "", 0, 0, "", "", "Name of this instance among those that share a database, the same at each start; empty: host name and HttpPort"},

    {kDtm, "Store.Driver", &Config::store_driver, "sqlite", 0, 0, "sqlite|boltdb|mysql", "", "Kind of store: sqlite is embedded (boltdb is taken to mean it), mysql is a MySQL or MariaDB server"},
    {kOwn, "Store.Path", &Config::store_path, "treaty.db", 0, 0, "", "", "Database file of sqlite, created with mode 0600 where missing; relative to the working directory. With .crash added, of every store, the file in which a crash is noted"},
    {kDtm, "Store.Host", &Config::store_host, "localhost", 0, 0, "", "", "Of mysql: name or address of the server"},
    {kDtm, "Store.Port", &Config::store_port, "3306", 1, 65'535, "", "", "Of mysql: port of the server"},
    {kOwn, "Store.Socket", &Config::store_socket, "", 0, 0, "", "", "Of mysql: path of the server's Unix socket; beats Store.Host"},
    {kDtm, "Store.User", &Config::store_user, "root", 0, 0, "", "", "Of mysql: who connects"},
    {kDtm, "Store.Password", &Config::store_password, "", 0, 0, "", "", "Of mysql: that user's password. Never logged or printed; better in the environment than in a flag"},
    {kDtm, "Store.Db", &Config::store_db, "dtm", 0, 0, "", "", "Of mysql: the database, which exists already; tables are named treaty_*"},
    {kDtm, "Store.MaxOpenConns", &Config::store_max_connections, "32", 3, 10'000, "", "", "Of mysql: connections at a time: one writes, one keeps the lease, the others read"},
    {kOwn, "Store.ConnectTimeout", &Config::store_connect_timeout_s, "1", 1, 60, "", "seconds", "Of mysql: how long connecting may take"},
    {kOwn, "Store.Timeout", &Config::store_timeout_s, "3", 1, 600, "", "seconds", "Of mysql: how long a statement may take; beyond, the connection is given up and requests are told 503"},
    {kOwn, "Store.Tls", &Config::store_tls, "false", 0, 0, "", "", "Of mysql: refuse connections that are not encrypted"},
    {kOwn, "Store.TlsCa", &Config::store_tls_ca, "", 0, 0, "", "", "Of mysql: PEM file of the authority that signed the server's certificate, which is then verified; implies Store.Tls"},
    {kOwn, "Store.TlsCert", &Config::store_tls_cert, "", 0, 0, "", "", "Of mysql: PEM file of the client's certificate"},
    {kOwn, "Store.TlsKey", &Config::store_tls_key, "", 0, 0, "", "", "Of mysql: PEM file of its key"},
    {kOwn, "Store.UpgradeSchema", &Config::store_upgrade_schema, "true", 0, 0, "", "", "Of mysql: create and upgrade the tables at the start; otherwise treatyd --print-schema shows what to run"},
    {kOwn, "Store.RequireDurable", &Config::store_require_durable, "false", 0, 0, "", "", "Of mysql: refuse a server whose settings may lose a commit when its machine fails, rather than warn"},
    {kOwn, "Store.MaxClockJump", &Config::store_max_clock_jump_s, "2592000", 0, 100 * kYear, "", "seconds", "How far the clock may be ahead of the last time in the store at the start; beyond, the start is refused before anything is deleted or timed out. 0: any time"},
    {kDtm, "Store.DataExpire", &Config::data_expire_s, "604800", 1, 10 * kYear, "", "seconds", "How long finished transactions are kept"},

    {kDtm, "RetryInterval", &Config::retry_interval_s, "10", 1, kDay, "", "seconds", "First pause before an unanswered call is repeated; doubles each time. A request's retry_interval beats it"},
    {kOwn, "RetryIntervalMax", &Config::retry_interval_max_s, "300", 1, kDay, "", "seconds", "Upper bound of the doubled pause"},
    {kDtm, "RequestTimeout", &Config::request_timeout_s, "3", 1, 3'600, "", "seconds", "How long a call to a participant may take. A request's request_timeout beats it"},
    {kDtm, "TimeoutToFail", &Config::timeout_to_fail_s, "35", 1, kYear, "", "seconds", "When an unfinished transaction is given up; a saga without timeout_to_fail never is"},
    {kDtm, "UpdateBranchSync", &Config::update_branch_sync, "1", 0, 1, "", "", "1: each branch's result is durable before the next call. 0: results are written behind, faster, more repeats after a crash"},

    {kDtm, "AlertRetryLimit", &Config::alert_retry_limit, "3", 1, 1'000, "", "", "Calls of a branch in a row without a definite answer, from which on each one raises an alert"},
    {kDtm, "AlertWebHook", &Config::alert_web_hook, "", 0, 0, "", "", "URL to which alerts are posted as JSON, never in the way of a transaction; empty: none are. AllowTargets and AllowLoopbackTargets hold for it too"},

    {kOwn, "AllowLoopbackTargets", &Config::allow_loopback_targets, "auto", 0, 0, "auto|true|false", "", "Whether participants on this machine's loopback may be called; auto: while Host is a loopback address"},
    {kOwn, "AllowTargets", &Config::allow_targets, "", 0, 0, "", "", "Rules [https://]host[:port], separated by commas, * as first label; if any is given, only what matches is called"},
    {kOwn, "CaFile", &Config::ca_file, "", 0, 0, "", "", "PEM file of the authorities trusted for https participants; empty: the system's"},
    {kOwn, "SuccessOnAny2xx", &Config::success_on_any_2xx, "false", 0, 0, "", "", "Count every 2xx reply of a participant as success, not only 200"},
    {kOwn, "LegacyResultWords", &Config::legacy_result_words, "true", 0, 0, "", "", "Look for the words FAILURE and ONGOING in participants' replies, as DTM does"},
    {kOwn, "Compat.WaitResult409", &Config::wait_result_409, "false", 0, 0, "", "", "Answer 409 FAILURE, as DTM does, when a waited-for transaction is still running"},
    {kOwn, "Compat.RewriteLocalhost", &Config::rewrite_localhost, "false", 0, 0, "", "", "Call host.docker.internal where a target says localhost or 127.0.0.1, as DTM does; IS_DOCKER in the environment, whatever its value, means true"},
    {kOwn, "GidCharset", &Config::gid_charset, "ascii", 0, 0, "ascii|utf8", "", "Characters allowed in a gid; participants put it into SQL, logs and headers"},

    {kOwn, "Http.Hosts", &Config::http_hosts, "", 0, 0, "", "", "Names and addresses by which clients reach this server, host[:port] with commas between, beside those of loopback; a request for another Host is 421. Empty: on loopback no more, elsewhere any. They are never called, on the ports of this server and those given here"},
    {kOwn, "Http.MaxBodyBytes", &Config::http_max_body_bytes, "4194304", 1'024, 256 * kMiB, "", "bytes", "Longest request body; beyond: 413"},
    {kOwn, "Http.MaxHeaderBytes", &Config::http_max_header_bytes, "16384", 1'024, kMiB, "", "bytes", "Longest request head; beyond: 431"},
    {kOwn, "Http.HeaderTimeout", &Config::http_header_timeout_s, "5", 1, 600, "", "seconds", "A request's head must be complete by then"},
    {kOwn, "Http.BodyTimeout", &Config::http_body_timeout_s, "30", 1, 3'600, "", "seconds", "A request's body must be complete by then"},
    {kOwn, "Http.MinBodyRate", &Config::http_min_body_rate, "1024", 1, 100 * kMiB, "", "bytes per second", "A body that arrives more slowly is cut off"},
    {kOwn, "Http.IdleTimeout", &Config::http_idle_timeout_s, "75", 1, kDay, "", "seconds", "A connection without a request is closed after that; longer than load balancers keep one, mostly 60"},
    {kOwn, "Http.MaxConnections", &Config::http_max_connections, "4096", 1, 1'000'000, "", "", "Open connections, all clients together"},
    {kOwn, "Http.MaxConnectionsPerAddress", &Config::http_max_connections_per_address, "256", 1, 1'000'000, "", "", "Open connections of one client address; loopback is exempt"},
    {kOwn, "Http.MaxMemoryBytes", &Config::http_max_memory_bytes, "134217728", kMiB, 65'536 * kMiB, "", "bytes", "Requests and replies in memory, all together, but for small ones; beyond: 503"},
    {kOwn, "Http.WriteTimeout", &Config::http_write_timeout_s, "30", 1, 3'600, "", "seconds", "A client that takes nothing more of its reply for so long is cut off"},
    {kOwn, "Http.MinReplyRate", &Config::http_min_reply_rate, "16384", 1, 100 * kMiB, "", "bytes per second", "A client that has taken its reply more slowly, after Http.WriteTimeout, is cut off"},

    {kOwn, "Grpc.MaxMessageBytes", &Config::grpc_max_message_bytes, "4194304", 1'024, 256 * kMiB, "", "bytes", "Longest message; beyond: RESOURCE_EXHAUSTED"},
    {kOwn, "Grpc.MaxMetadataBytes", &Config::grpc_max_metadata_bytes, "16384", 1'024, kMiB, "", "bytes", "Metadata of a call together; beyond: RESOURCE_EXHAUSTED"},
    {kOwn, "Grpc.MaxStreams", &Config::grpc_max_streams, "1000", 1, 1'000'000, "", "", "Calls under way on one connection; further ones wait at the client"},
    {kOwn, "Grpc.MaxCalls", &Config::grpc_max_calls, "20000", 1, 10'000'000, "", "", "Calls under way, all connections together; beyond: RESOURCE_EXHAUSTED"},
    {kOwn, "Grpc.MaxMemoryBytes", &Config::grpc_max_memory_bytes, "268435456", 16 * kMiB, 64LL << 30, "", "bytes", "Messages and buffers of all gRPC connections together, roughly; beyond, connections wait or are refused. Replies that wait to be written, as many again; beyond: RESOURCE_EXHAUSTED"},
    {kOwn, "Grpc.WriteTimeout", &Config::grpc_write_timeout_s, "30", 1, 3'600, "", "seconds", "A call whose reply the client has not taken by then is cancelled"},
    {kOwn, "Grpc.Keepalive", &Config::grpc_keepalive_s, "60", 10, kDay, "", "seconds", "A connection that is silent for so long is asked whether it lives"},
    {kOwn, "Grpc.Reflection", &Config::grpc_reflection, "false", 0, 0, "", "", "Tell clients which services and messages there are, as grpcurl asks"},

    {kOwn, "Limits.LiveTransactions", &Config::max_live_txns, "20000", 1, 10'000'000, "", "", "Transactions in memory; beyond: 503"},
    {kOwn, "Limits.LiveBytes", &Config::max_live_bytes, "268435456", kMiB, 64LL << 30, "", "bytes", "Memory of those transactions, roughly; beyond: 503"},
    {kOwn, "Limits.QueuedWrites", &Config::max_queued_writes, "40000", 1, 10'000'000, "", "", "Changes waiting for the store; beyond: 503"},
    {kOwn, "Limits.BatchWrites", &Config::max_batch_writes, "1000", 1, 100'000, "", "", "Changes in one database transaction"},
    {kOwn, "Limits.WaitingReads", &Config::max_waiting_reads, "1000", 1, 1'000'000, "", "", "Requests waiting to read the store; beyond: 503"},
    {kOwn, "Limits.Steps", &Config::max_steps, "1000", 1, 100'000, "", "", "Steps of one transaction"},
    {kOwn, "Limits.PayloadBytes", &Config::max_payload_bytes, "1048576", 1, 256 * kMiB, "", "bytes", "Payload of one step"},
    {kOwn, "Limits.PayloadTotalBytes", &Config::max_payload_total_bytes, "4194304", 1, 256 * kMiB, "", "bytes", "Payloads of one transaction together"},
    {kOwn, "Limits.QueuedAlerts", &Config::max_queued_alerts, "1000", 1, 100'000, "", "", "Alerts waiting for AlertWebHook; beyond: dropped and counted"},
    {kOwn, "Limits.RpcBatch", &Config::max_rpc_batch, "100", 1, 10'000, "", "", "Requests in one JSON-RPC batch"},
    {kOwn, "Limits.RpcReplyBytes", &Config::max_rpc_reply_bytes, "16777216", 65'536, 1'024 * kMiB, "", "bytes", "Records in the reply to one JSON-RPC batch, together"},

    {kOwn, "Calls.InFlight", &Config::calls_in_flight, "2048", 1, 1'000'000, "", "", "Calls to participants under way, all together; lanes share them evenly"},
    {kOwn, "Calls.PerDestination", &Config::calls_per_destination, "32", 1, 100'000, "", "", "Connections to one destination; lanes share them evenly, at least one each"},
    {kOwn, "Calls.QueuedPerDestination", &Config::calls_queued_per_destination, "20000", 1, 10'000'000, "", "", "Calls of one lane waiting for one destination; beyond: retried later"},
    {kOwn, "Calls.PerGrpcDestination", &Config::calls_per_grpc_destination, "512", 1, 100'000, "", "", "Calls under way to one gRPC destination, which share connections; lanes share them evenly, at least one each"},
    {kOwn, "Calls.IdleExpiry", &Config::calls_idle_expiry_s, "30", 1, kDay, "", "seconds", "An unused connection to a participant is closed after that"},
    {kOwn, "Calls.GrpcIdleExpiry", &Config::calls_grpc_idle_expiry_s, "60", 1, kDay, "", "seconds", "An unused channel to a gRPC participant is closed after that"},
    {kOwn, "Calls.DnsTtl", &Config::calls_dns_ttl_s, "30", 1, kDay, "", "seconds", "How long a resolved name is remembered"},
    {kOwn, "Calls.MaxReplyBytes", &Config::calls_max_reply_bytes, "65536", 1'024, 16 * kMiB, "", "bytes", "What is read of a participant's reply; the rest is cut off"},
    {kOwn, "Calls.MaxGrpcReplyBytes", &Config::calls_max_grpc_reply_bytes, "4194304", 1'024, 256 * kMiB, "", "bytes", "Longest reply of a gRPC participant; a longer one is no answer"},
    {kDtm, "GrpcServiceConfig", &Config::grpc_service_config, R"({"loadBalancingConfig":[{"round_robin":{}}]})", 0, 0, "", "", "Service configuration of gRPC channels to participants, as JSON"},

    {kDtm, "LogLevel", &Config::log_level, "info", 0, 0, "debug|info|warn|error", "", "Least level that is written; read again on SIGHUP"},
    {kOwn, "LogFormat", &Config::log_format, "text", 0, 0, "text|json", "", "Form of a log line"},
    {kDtm, "Log.Outputs", &Config::log_outputs, "stderr", 0, 0, "", "", "stderr, stdout or files, separated by commas; files are opened again on SIGHUP"},
    {kOwn, "Log.QueueLines", &Config::log_queue_lines, "8192", 64, 1'000'000, "", "", "Lines waiting to be written; beyond: the oldest is dropped, nothing waits"},

    {kIgnored, "Store.Schema", {}, "", 0, 0, "", "", "there is no PostgreSQL store"},
    {kIgnored, "Store.MaxIdleConns", {}, "", 0, 0, "", "", "connections are kept"},
    {kIgnored, "Store.ConnMaxLifeTime", {}, "", 0, 0, "", "", "a connection is kept for as long as it works"},
    {kIgnored, "Store.FinishedDataExpire", {}, "", 0, 0, "", "", "Store.DataExpire decides how long finished transactions are kept"},
    {kIgnored, "Store.RedisPrefix", {}, "", 0, 0, "", "", "there is no Redis store"},
    {kIgnored, "TransCronInterval", {}, "", 0, 0, "", "", "due transactions are woken to the millisecond, not polled"},
    {kIgnored, "MicroService.Driver", {}, "", 0, 0, "", "", "there are no service-discovery drivers"},
    {kIgnored, "MicroService.Target", {}, "", 0, 0, "", "", "there are no service-discovery drivers"},
    {kIgnored, "MicroService.EndPoint", {}, "", 0, 0, "", "", "there are no service-discovery drivers"},
    {kIgnored, "HttpMicroService.Driver", {}, "", 0, 0, "", "", "there are no service-discovery drivers"},
    {kIgnored, "HttpMicroService.RegistryType", {}, "", 0, 0, "", "", "there are no service-discovery drivers"},
    {kIgnored, "HttpMicroService.RegistryAddress", {}, "", 0, 0, "", "", "there are no service-discovery drivers"},
    {kIgnored, "HttpMicroService.RegistryOptions", {}, "", 0, 0, "", "", "there are no service-discovery drivers"},
    {kIgnored, "HttpMicroService.Target", {}, "", 0, 0, "", "", "there are no service-discovery drivers"},
    {kIgnored, "HttpMicroService.EndPoint", {}, "", 0, 0, "", "", "there are no service-discovery drivers"},
    {kIgnored, "UpdateBranchAsyncGoroutineNum", {}, "", 0, 0, "", "", "changes are committed in groups by one thread"},
    {kIgnored, "Log.RotationEnable", {}, "", 0, 0, "", "", "rotate the files from outside and send SIGHUP"},
    {kIgnored, "Log.RotationConfigJSON", {}, "", 0, 0, "", "", "rotate the files from outside and send SIGHUP"},
    {kIgnored, "TimeZoneOffset", {}, "", 0, 0, "", "", "times are in UTC"},
    {kIgnored, "ConfigUpdateInterval", {}, "", 0, 0, "", "", "this version has no topics"},
    {kIgnored, "AdminBasePath", {}, "", 0, 0, "", "", "this version has no console"},
};
// clang-format on

bool IsUpper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }

// Splits at points and before capitals; a run of capitals is one word ("RotationConfigJSON").
std::string Words(std::string_view name, char separator, int (*convert)(int)) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '.') {
      out += separator;
      continue;
    }
    const bool starts = i > 0 && name[i - 1] != '.' && IsUpper(c) &&
                        (!IsUpper(name[i - 1]) || (i + 1 < name.size() && !IsUpper(name[i + 1])));
    if (starts) out += separator;
    out += static_cast<char>(convert(static_cast<unsigned char>(c)));
  }
  return out;
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = std::tolower(static_cast<unsigned char>(a[i - 1])) ==
                        std::tolower(static_cast<unsigned char>(b[j - 1]));
      const std::size_t replaced = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const Key> Keys() { return kKeys; }

const Key* FindKey(std::string_view name) {
  const auto* found = std::find_if(std::begin(kKeys), std::end(kKeys),
                                   [&](const Key& key) { return key.name == name; });
  return found == std::end(kKeys) ? nullptr : found;
}

const Key* NearestKey(std::string_view name) {
  constexpr std::size_t kNear = 3;
  constexpr std::size_t kLongestName = 64;
  if (name.size() > kLongestName) return nullptr;
  const Key* nearest = nullptr;
  std::size_t least = kNear + 1;
  for (const Key& key : kKeys) {
    const std::size_t distance = EditDistance(name, key.name);
    if (distance >= least) continue;
    least = distance;
    nearest = &key;
  }
  return nearest;
}

std::string EnvironmentName(const Key& key) {
  const std::string name = Words(key.name, '_', std::toupper);
  return key.standing == kOwn ? "TREATY_" + name : name;
}

std::string FlagName(const Key& key) { return "--" + Words(key.name, '-', std::tolower); }

std::string Allowed(const Key& key) {
  if (std::holds_alternative<bool Config::*>(key.field)) return "true or false";
  if (std::holds_alternative<std::int64_t Config::*>(key.field) || key.max > 0) {
    std::string out =
        "a whole number from " + std::to_string(key.min) + " to " + std::to_string(key.max);
    if (!key.unit.empty()) out += " (" + std::string(key.unit) + ")";
    return out;
  }
  if (key.choices.empty()) return "any text";
  std::string out;
  for (const char c : key.choices) out += c == '|' ? std::string(", ") : std::string(1, c);
  return "one of: " + out;
}

}  // namespace treaty::daemon
