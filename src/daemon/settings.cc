// Plain copying; the only arithmetic is the sharing among lanes.

#include "daemon/settings.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "daemon/open_store.h"
#include "daemon/targets.h"
#include "daemon/version.h"

namespace treaty::daemon {
namespace {

// What a load balancer needs to see by its probes that this one stops.
constexpr Duration kIdleGrace = std::chrono::milliseconds(1'200);

// For probes and operators, on each port of HTTP.
constexpr std::size_t kReservedConnections = 32;

std::chrono::seconds Seconds(std::int64_t value) { return std::chrono::seconds(value); }
std::size_t Size(std::int64_t value) { return static_cast<std::size_t>(value); }

// An even share, rounded up: a limit is never zero.
std::size_t Share(std::int64_t value, std::size_t lanes) {
  return (Size(value) + lanes - 1) / lanes;
}

Policy PolicyOf(const Config& config) {
  Policy out;
  out.retry_interval = Seconds(config.retry_interval_s);
  out.retry_cap = Seconds(config.retry_interval_max_s);
  out.request_timeout = Seconds(config.request_timeout_s);
  out.timeout_to_fail = Seconds(config.timeout_to_fail_s);
  return out;
}

}  // namespace

std::size_t LaneCount(const Config& config) {
  if (config.lanes > 0) return Size(config.lanes);
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

EngineConfig EngineSettings(const Config& config, std::string owner) {
  constexpr Duration kCensusPeriod = std::chrono::seconds(5);
  // Three instances that have nothing to do ask a database less than five times a second.
  constexpr Duration kSharedCensusPeriod = std::chrono::seconds(15);
  constexpr Duration kSharedScanPeriod = std::chrono::milliseconds(1'100);
  constexpr std::size_t kMostParts = 65'535;  // What a record has places for.
  EngineConfig out;
  out.owner = std::move(owner);
  out.policy = PolicyOf(config);
  out.limits.live_txns = Size(config.max_live_txns);
  out.limits.live_bytes = Size(config.max_live_bytes);
  out.limits.queued_writes = Size(config.max_queued_writes);
  out.limits.batch_writes = Size(config.max_batch_writes);
  out.limits.branches = std::min<std::size_t>(Size(config.max_steps), kMostParts);
  out.limits.branch_bytes = Size(config.max_payload_total_bytes);
  out.limits.waiting_reads = Size(config.max_waiting_reads);
  out.retention = Seconds(config.data_expire_s);
  out.alert_retry_limit = static_cast<std::uint32_t>(config.alert_retry_limit);
  out.census_period = IsShared(config) ? kSharedCensusPeriod : kCensusPeriod;
  if (IsShared(config)) out.scan_period = kSharedScanPeriod;
  return out;
}

api::HandlerConfig HandlerSettings(const Config& config, std::uint16_t port) {
  api::HandlerConfig out;
  out.version = kVersion;
  out.policy = PolicyOf(config);
  out.targets = MakeTargetPolicy(config, port);
  out.hosts.loopback_only = *IsLoopbackAddress(config.host);
  for (const wire::OwnHost& own : out.targets.own_hosts) out.hosts.hosts.push_back(own.host);
  out.default_progress =
      config.update_branch_sync == 0 ? ProgressMode::kBehind : ProgressMode::kDurable;
  out.timeout_to_fail = Seconds(config.timeout_to_fail_s);
  out.wait_result_409 = config.wait_result_409;
  out.max_steps = Size(config.max_steps);
  out.max_payload_bytes = Size(config.max_payload_bytes);
  out.max_payload_total_bytes = Size(config.max_payload_total_bytes);
  out.gid_charset_utf8 = config.gid_charset == "utf8";
  out.max_rpc_batch = Size(config.max_rpc_batch);
  out.max_rpc_reply_bytes = Size(config.max_rpc_reply_bytes);
  return out;
}

api::HttpServerConfig ServerSettings(const Config& config, std::uint16_t port) {
  api::HttpServerConfig out;
  out.address = ListenAddress(config);
  out.port = port;
  out.max_body_bytes = Size(config.http_max_body_bytes);
  out.max_header_bytes = Size(config.http_max_header_bytes);
  out.header_timeout = Seconds(config.http_header_timeout_s);
  out.body_timeout = Seconds(config.http_body_timeout_s);
  out.min_body_rate = Size(config.http_min_body_rate);
  out.idle_timeout = Seconds(config.http_idle_timeout_s);
  out.idle_grace = kIdleGrace;
  out.max_connections = Size(config.http_max_connections);
  out.max_connections_per_address = Size(config.http_max_connections_per_address);
  out.max_memory_bytes = Size(config.http_max_memory_bytes);
  out.write_timeout = Seconds(config.http_write_timeout_s);
  out.min_reply_rate = Size(config.http_min_reply_rate);
  out.reserved_connections = kReservedConnections;
  return out;
}

HttpParticipantConfig ParticipantSettings(const Config& config, std::uint16_t port,
                                          std::size_t lanes) {
  HttpParticipantConfig out;
  out.targets = MakeTargetPolicy(config, port);
  out.connections_per_destination = Share(config.calls_per_destination, lanes);
  out.calls_in_flight = Share(config.calls_in_flight, lanes);
  out.queued_per_destination = Size(config.calls_queued_per_destination);
  out.patience = Seconds(config.request_timeout_s);
  out.idle_expiry = Seconds(config.calls_idle_expiry_s);
  out.dns_ttl = Seconds(config.calls_dns_ttl_s);
  out.max_reply_bytes = Size(config.calls_max_reply_bytes);
  out.ca_file = config.ca_file;
  out.success_on_any_2xx = config.success_on_any_2xx;
  out.legacy_result_words = config.legacy_result_words;
  out.rewrite_localhost_for_docker = config.rewrite_localhost;
  return out;
}

GrpcParticipantConfig GrpcParticipantSettings(const Config& config, std::uint16_t port,
                                              std::size_t lanes) {
  GrpcParticipantConfig out;
  out.targets = MakeTargetPolicy(config, port);
  out.calls_per_destination = Share(config.calls_per_grpc_destination, lanes);
  out.calls_in_flight = Share(config.calls_in_flight, lanes);
  out.queued_per_destination = Size(config.calls_queued_per_destination);
  out.patience = Seconds(config.request_timeout_s);
  out.idle_expiry = Seconds(config.calls_grpc_idle_expiry_s);
  out.dns_ttl = Seconds(config.calls_dns_ttl_s);
  out.max_reply_bytes = Size(config.calls_max_grpc_reply_bytes);
  out.ca_file = config.ca_file;
  out.service_config = config.grpc_service_config;
  out.rewrite_localhost_for_docker = config.rewrite_localhost;
  return out;
}

// The same door as that of HTTP.
api::DtmServiceConfig DtmServiceSettings(const Config& config, const api::HandlerConfig& http) {
  api::DtmServiceConfig out;
  out.rules = api::RulesOf(http);
  out.retry_after = http.retry_after;
  out.wait_result_409 = http.wait_result_409;
  out.max_calls = Size(config.grpc_max_calls);
  out.meters = http.meters;
  out.leniency = http.leniency;
  out.max_reply_bytes = Size(config.grpc_max_memory_bytes);
  out.write_timeout = Seconds(config.grpc_write_timeout_s);
  return out;
}

api::GrpcServerConfig GrpcServerSettings(const Config& config) {
  api::GrpcServerConfig out;
  out.address = ListenAddress(config);
  out.port = static_cast<std::uint16_t>(config.grpc_port);
  out.max_message_bytes = Size(config.grpc_max_message_bytes);
  out.max_metadata_bytes = Size(config.grpc_max_metadata_bytes);
  out.max_streams = Size(config.grpc_max_streams);
  out.max_memory_bytes = Size(config.grpc_max_memory_bytes);
  out.keepalive = Seconds(config.grpc_keepalive_s);
  out.reflection = config.grpc_reflection;
  return out;
}

WebHookConfig WebHookSettings(const Config& config, std::uint16_t port) {
  WebHookConfig out;
  out.url = config.alert_web_hook;
  out.targets = MakeTargetPolicy(config, port);
  out.ca_file = config.ca_file;
  out.queued = Size(config.max_queued_alerts);
  return out;
}

}  // namespace treaty::daemon
