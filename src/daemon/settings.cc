// What no row of the table of keys can say: it takes more than one value, or one known later.

#include "daemon/settings.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <thread>
#include <utility>

#include "daemon/drivers.h"
#include "daemon/targets.h"
#include "daemon/version.h"

namespace treaty::daemon {
namespace {

// What a load balancer needs to see by its probes that this one stops.
constexpr Duration kIdleGrace = std::chrono::milliseconds(1'200);

// For probes and operators, on each port of HTTP.
constexpr std::size_t kReservedConnections = 32;

// An even share, rounded up: a limit is never zero.
std::size_t Share(std::size_t value, std::size_t lanes) { return (value + lanes - 1) / lanes; }

}  // namespace

std::size_t LaneCount(const Config& config) {
  if (config.lanes > 0) return config.lanes;
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

std::string InstanceName(const Config& config, std::uint16_t port) {
  if (!config.instance_id.empty()) return config.instance_id;
  std::array<char, HOST_NAME_MAX + 1> host{};
  ::gethostname(host.data(), HOST_NAME_MAX);
  return std::string(host.data()) + ":" + std::to_string(port);
}

EngineConfig EngineSettings(const Config& config, std::string owner) {
  constexpr Duration kCensusPeriod = std::chrono::seconds(5);
  // Three instances that have nothing to do ask a database less than five times a second.
  constexpr Duration kSharedCensusPeriod = std::chrono::seconds(15);
  constexpr Duration kSharedScanPeriod = std::chrono::milliseconds(1'100);
  EngineConfig out = config.engine;
  out.owner = std::move(owner);
  const bool is_shared = DriverOf(config.store).is_server;
  out.census_period = is_shared ? kSharedCensusPeriod : kCensusPeriod;
  if (is_shared) out.scan_period = kSharedScanPeriod;
  return out;
}

api::HandlerConfig HandlerSettings(const Config& config, std::uint16_t port) {
  api::HandlerConfig out = config.handlers;
  out.version = kVersion;
  out.policy = config.engine.policy;
  out.targets = MakeTargetPolicy(config, port);
  out.hosts.loopback_only = *IsLoopbackAddress(config.host);
  for (const wire::OwnHost& own : out.targets.own_hosts) out.hosts.hosts.push_back(own.host);
  return out;
}

api::HttpServerConfig ServerSettings(const Config& config, std::uint16_t port) {
  api::HttpServerConfig out = config.http_server;
  out.address = ListenAddress(config);
  out.port = port;
  out.idle_grace = kIdleGrace;
  out.reserved_connections = kReservedConnections;
  return out;
}

HttpParticipantConfig ParticipantSettings(const Config& config, std::uint16_t port,
                                          std::size_t lanes) {
  HttpParticipantConfig out = config.http_calls;
  out.targets = MakeTargetPolicy(config, port);
  out.connections_per_destination = Share(out.connections_per_destination, lanes);
  out.calls_in_flight = Share(out.calls_in_flight, lanes);
  return out;
}

GrpcParticipantConfig GrpcParticipantSettings(const Config& config, std::uint16_t port,
                                              std::size_t lanes) {
  GrpcParticipantConfig out = config.grpc_calls;
  out.targets = MakeTargetPolicy(config, port);
  out.calls_per_destination = Share(out.calls_per_destination, lanes);
  out.calls_in_flight = Share(out.calls_in_flight, lanes);
  return out;
}

// The same door as that of HTTP.
api::DtmServiceConfig DtmServiceSettings(const Config& config, const api::HandlerConfig& http) {
  api::DtmServiceConfig out = config.dtm_service;
  out.rules = api::RulesOf(http);
  out.retry_after = http.retry_after;
  out.wait_result_409 = http.wait_result_409;
  out.meters = http.meters;
  out.leniency = http.leniency;
  return out;
}

api::GrpcServerConfig GrpcServerSettings(const Config& config) {
  api::GrpcServerConfig out = config.grpc_server;
  out.address = ListenAddress(config);
  return out;
}

WebHookConfig WebHookSettings(const Config& config, std::uint16_t port) {
  WebHookConfig out = config.web_hook;
  out.targets = MakeTargetPolicy(config, port);
  return out;
}

}  // namespace treaty::daemon
