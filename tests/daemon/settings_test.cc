// Each layer is told what the configuration says.

#include "daemon/settings.h"

#include <gtest/gtest.h>

namespace treaty::daemon {
namespace {

using std::chrono::seconds;

Config ConfigOf(const std::vector<Given>& given) {
  Result<Loaded> loaded = BuildConfig(given);
  EXPECT_TRUE(loaded.ok()) << loaded.status().message();
  return loaded->config;
}

TEST(SettingsTest, LanesShareTheLimitsOfCallsEvenlyAndNoneGetsNothing) {
  const Config config = ConfigOf({{"Calls.PerDestination", "32", ""},
                                  {"Calls.InFlight", "3", ""},
                                  {"RequestTimeout", "4", ""}});

  EXPECT_EQ(ParticipantSettings(config, 1, 2).connections_per_destination, 16U);
  EXPECT_EQ(ParticipantSettings(config, 1, 64).connections_per_destination, 1U);
  EXPECT_EQ(ParticipantSettings(config, 1, 2).calls_in_flight, 2U);
  EXPECT_EQ(ParticipantSettings(config, 1, 2).patience, seconds(4));
}

TEST(SettingsTest, LanesAreAsManyAsAskedForOrAsCores) {
  EXPECT_EQ(LaneCount(ConfigOf({{"Lanes", "3", ""}})), 3U);
  EXPECT_GE(LaneCount(ConfigOf({})), 1U);
}

TEST(SettingsTest, TheEngineGetsItsPolicyAndLimits) {
  const EngineConfig engine =
      EngineSettings(ConfigOf({{"RetryInterval", "11", ""},
                               {"RetryIntervalMax", "12", ""},
                               {"RequestTimeout", "13", ""},
                               {"TimeoutToFail", "14", ""},
                               {"Store.DataExpire", "15", ""},
                               {"Limits.LiveTransactions", "16", ""},
                               {"Limits.LiveBytes", "2000016", ""},
                               {"Limits.QueuedWrites", "17", ""},
                               {"Limits.BatchWrites", "18", ""},
                               {"Limits.WaitingReads", "19", ""},
                               {"Limits.Steps", "20", ""},
                               {"Limits.PayloadTotalBytes", "2000021", ""}}),
                     "me");
  EXPECT_EQ(engine.owner, "me");
  EXPECT_EQ(engine.policy.retry_interval, seconds(11));
  EXPECT_EQ(engine.policy.retry_cap, seconds(12));
  EXPECT_EQ(engine.policy.request_timeout, seconds(13));
  EXPECT_EQ(engine.policy.timeout_to_fail, seconds(14));
  EXPECT_EQ(engine.retention, seconds(15));
  EXPECT_EQ(engine.limits.live_txns, 16U);
  EXPECT_EQ(engine.limits.live_bytes, 2'000'016U);
  EXPECT_EQ(engine.limits.queued_writes, 17U);
  EXPECT_EQ(engine.limits.batch_writes, 18U);
  EXPECT_EQ(engine.limits.waiting_reads, 19U);
  EXPECT_EQ(engine.limits.branches, 20U);
  EXPECT_EQ(engine.limits.branch_bytes, 2'000'021U);
  const Config most = ConfigOf({{"Limits.Steps", "100000", ""}});
  EXPECT_EQ(EngineSettings(most, "me").limits.branches, 65'535U);  // One part of a record each.
}

TEST(SettingsTest, TheHandlersGetTheModeOfProgressAndTheBoundPort) {
  const Config behind = ConfigOf({{"UpdateBranchSync", "0", ""},
                                  {"Compat.WaitResult409", "true", ""},
                                  {"GidCharset", "utf8", ""},
                                  {"JsonRpcPort", "1235", ""},
                                  {"Limits.RpcBatch", "8", ""},
                                  {"Limits.Steps", "7", ""}});
  const api::HandlerConfig handlers = HandlerSettings(behind, 1234);

  EXPECT_EQ(HandlerSettings(ConfigOf({}), 1).default_progress, ProgressMode::kDurable);
  EXPECT_EQ(handlers.default_progress, ProgressMode::kBehind);
  EXPECT_TRUE(handlers.wait_result_409);
  EXPECT_TRUE(handlers.gid_charset_utf8);
  EXPECT_EQ(handlers.max_steps, 7U);
  EXPECT_EQ(handlers.max_rpc_batch, 8U);
  EXPECT_FALSE(handlers.json_rpc_only);
  EXPECT_EQ(handlers.targets.own_listeners.at(0).port, 1234);
  EXPECT_EQ(handlers.targets.own_listeners.at(1).port, 1235);
  EXPECT_EQ(handlers.targets.own_listeners.at(2).port, 36790);
  EXPECT_EQ(HandlerSettings(ConfigOf({{"GrpcPort", "0", ""}}), 1).targets.own_listeners.size(), 1U);
}

TEST(SettingsTest, TheHandlersKnowByWhichNamesTheyAreReached) {
  for (const char* host : {"127.0.0.1", "::1", "localhost", "127.9.9.9"}) {
    const api::HandlerConfig handlers = HandlerSettings(
        ConfigOf({{"Host", host, ""}, {"Http.Hosts", "a.example:80, [::2]", ""}}), 1);
    EXPECT_TRUE(handlers.hosts.loopback_only) << host;
    EXPECT_EQ(handlers.hosts.hosts, (std::vector<std::string>{"a.example", "::2"}));
  }
  const Config open = ConfigOf({{"Host", "0.0.0.0", ""}, {"Insecure", "true", ""}});
  EXPECT_FALSE(HandlerSettings(open, 1).hosts.loopback_only);
  EXPECT_TRUE(HandlerSettings(open, 1).hosts.hosts.empty());
}

TEST(SettingsTest, TheServerGetsItsLimits) {
  const api::HttpServerConfig server =
      ServerSettings(ConfigOf({{"Host", "localhost", ""},
                               {"Http.MaxBodyBytes", "2001", ""},
                               {"Http.MaxHeaderBytes", "2002", ""},
                               {"Http.HeaderTimeout", "3", ""},
                               {"Http.BodyTimeout", "4", ""},
                               {"Http.MinBodyRate", "5", ""},
                               {"Http.IdleTimeout", "6", ""},
                               {"Http.MaxConnections", "7", ""},
                               {"Http.MaxConnectionsPerAddress", "8", ""},
                               {"Http.MaxMemoryBytes", "2000009", ""}}),
                     80);
  EXPECT_EQ(server.address, "127.0.0.1");
  EXPECT_EQ(server.port, 80);
  EXPECT_EQ(server.max_body_bytes, 2'001U);
  EXPECT_EQ(server.max_header_bytes, 2'002U);
  EXPECT_EQ(server.header_timeout, seconds(3));
  EXPECT_EQ(server.body_timeout, seconds(4));
  EXPECT_EQ(server.min_body_rate, 5U);
  EXPECT_EQ(server.idle_timeout, seconds(6));
  EXPECT_EQ(server.max_connections, 7U);
  EXPECT_EQ(server.max_connections_per_address, 8U);
  EXPECT_EQ(server.max_memory_bytes, 2'000'009U);
  EXPECT_EQ(server.reserved_connections, 32U);
}

TEST(SettingsTest, WhatRepliesMayTakeReachesEveryDoor) {
  const Config config = ConfigOf({{"Http.WriteTimeout", "7", ""},
                                  {"Http.MinReplyRate", "8", ""},
                                  {"Limits.RpcReplyBytes", "70000", ""},
                                  {"Grpc.WriteTimeout", "9", ""},
                                  {"Grpc.MaxMemoryBytes", "20000000", ""}});
  const api::HttpServerConfig server = ServerSettings(config, 80);
  EXPECT_EQ(server.write_timeout, seconds(7));
  EXPECT_EQ(server.min_reply_rate, 8U);
  EXPECT_EQ(HandlerSettings(config, 80).max_rpc_reply_bytes, 70'000U);
  EXPECT_EQ(DtmServiceSettings(config, HandlerSettings(config, 80)).write_timeout, seconds(9));
  EXPECT_EQ(DtmServiceSettings(config, HandlerSettings(config, 80)).max_reply_bytes, 20'000'000U);
}

TEST(SettingsTest, TheGrpcServerAndItsServiceGetTheirLimits) {
  const Config config = ConfigOf({{"Host", "localhost", ""},
                                  {"GrpcPort", "1236", ""},
                                  {"Grpc.MaxMessageBytes", "2001", ""},
                                  {"Grpc.MaxMetadataBytes", "2002", ""},
                                  {"Grpc.MaxStreams", "3", ""},
                                  {"Grpc.MaxCalls", "4", ""},
                                  {"Grpc.MaxMemoryBytes", "20000000", ""},
                                  {"Grpc.Keepalive", "15", ""},
                                  {"Grpc.Reflection", "true", ""},
                                  {"Limits.Steps", "7", ""},
                                  {"Compat.WaitResult409", "true", ""}});
  const api::GrpcServerConfig server = GrpcServerSettings(config);
  EXPECT_EQ(server.address, "127.0.0.1");
  EXPECT_EQ(server.port, 1236);
  EXPECT_EQ(server.max_message_bytes, 2'001U);
  EXPECT_EQ(server.max_metadata_bytes, 2'002U);
  EXPECT_EQ(server.max_streams, 3U);
  EXPECT_EQ(server.max_memory_bytes, 20'000'000U);
  EXPECT_EQ(server.keepalive, seconds(15));
  EXPECT_TRUE(server.reflection);
  const api::DtmServiceConfig service = DtmServiceSettings(config, HandlerSettings(config, 80));
  EXPECT_EQ(service.max_calls, 4U);
  EXPECT_EQ(service.rules.max_steps, 7U);
  EXPECT_EQ(service.rules.targets.own_listeners.at(1).port, 1236);
  EXPECT_TRUE(service.wait_result_409);
}

TEST(SettingsTest, LanesShareTheLimitsOfGrpcCalls) {
  const GrpcParticipantConfig calls =
      GrpcParticipantSettings(ConfigOf({{"Calls.InFlight", "9", ""},
                                        {"Calls.PerGrpcDestination", "5", ""},
                                        {"Calls.QueuedPerDestination", "6", ""},
                                        {"Calls.GrpcIdleExpiry", "7", ""},
                                        {"Calls.DnsTtl", "8", ""},
                                        {"RequestTimeout", "9", ""},
                                        {"Calls.MaxGrpcReplyBytes", "2003", ""},
                                        {"CaFile", "ca.pem", ""},
                                        {"GrpcServiceConfig", "{}", ""},
                                        {"Compat.RewriteLocalhost", "true", ""}}),
                              80, 2);
  EXPECT_EQ(calls.calls_in_flight, 5U);
  EXPECT_EQ(calls.calls_per_destination, 3U);
  EXPECT_EQ(calls.queued_per_destination, 6U);
  EXPECT_EQ(calls.idle_expiry, seconds(7));
  EXPECT_EQ(calls.dns_ttl, seconds(8));
  EXPECT_EQ(calls.patience, seconds(9));
  EXPECT_EQ(calls.max_reply_bytes, 2'003U);
  EXPECT_EQ(calls.ca_file, "ca.pem");
  EXPECT_EQ(calls.service_config, "{}");
  EXPECT_TRUE(calls.rewrite_localhost_for_docker);
}

TEST(SettingsTest, CallsByHttpAreToldWhatTheKeysSay) {
  const HttpParticipantConfig calls =
      ParticipantSettings(ConfigOf({{"Calls.QueuedPerDestination", "6", ""},
                                    {"Calls.IdleExpiry", "7", ""},
                                    {"Calls.DnsTtl", "8", ""},
                                    {"Calls.MaxReplyBytes", "2003", ""},
                                    {"CaFile", "ca.pem", ""},
                                    {"SuccessOnAny2xx", "true", ""},
                                    {"LegacyResultWords", "false", ""},
                                    {"Compat.RewriteLocalhost", "true", ""}}),
                          80, 1);
  EXPECT_EQ(calls.queued_per_destination, 6U);
  EXPECT_EQ(calls.idle_expiry, seconds(7));
  EXPECT_EQ(calls.dns_ttl, seconds(8));
  EXPECT_EQ(calls.max_reply_bytes, 2'003U);
  EXPECT_EQ(calls.ca_file, "ca.pem");
  EXPECT_TRUE(calls.success_on_any_2xx);
  EXPECT_FALSE(calls.legacy_result_words);
  EXPECT_TRUE(calls.rewrite_localhost_for_docker);
  EXPECT_EQ(calls.targets.own_listeners.at(0).port, 80);
}

TEST(SettingsTest, AlertsAreToldWhatTheKeysSay) {
  const Config config = ConfigOf({{"AlertWebHook", "https://alerts.example/hook", ""},
                                  {"AlertRetryLimit", "4", ""},
                                  {"Limits.QueuedAlerts", "5", ""},
                                  {"CaFile", "ca.pem", ""}});
  const WebHookConfig hook = WebHookSettings(config, 80);
  EXPECT_EQ(hook.url, "https://alerts.example/hook");
  EXPECT_EQ(hook.queued, 5U);
  EXPECT_EQ(hook.ca_file, "ca.pem");
  EXPECT_EQ(hook.targets.own_listeners.at(0).port, 80);
  EXPECT_EQ(EngineSettings(config, "me").alert_retry_limit, 4U);
}

TEST(SettingsTest, TheLogIsToldWhatTheKeysSay) {
  const LogOptions log = ConfigOf({{"LogLevel", "error", ""},
                                   {"LogFormat", "json", ""},
                                   {"Log.Outputs", "stdout,a.log", ""},
                                   {"Log.QueueLines", "65", ""}})
                             .log;
  EXPECT_EQ(log.level, LogLevel::kError);
  EXPECT_TRUE(log.json);
  EXPECT_EQ(log.outputs, "stdout,a.log");
  EXPECT_EQ(log.queue_lines, 65U);
}

TEST(SettingsTest, HandlersAndEngineKeepToOnePolicy) {
  const Config config = ConfigOf({{"RetryInterval", "11", ""},
                                  {"RetryIntervalMax", "12", ""},
                                  {"TimeoutToFail", "14", ""},
                                  {"Limits.PayloadBytes", "2000", ""},
                                  {"Limits.PayloadTotalBytes", "2001", ""}});
  const api::HandlerConfig handlers = HandlerSettings(config, 80);
  EXPECT_EQ(handlers.policy.retry_interval, seconds(11));
  EXPECT_EQ(handlers.policy.retry_cap, seconds(12));
  EXPECT_EQ(handlers.policy.timeout_to_fail, seconds(14));
  EXPECT_EQ(handlers.timeout_to_fail, seconds(14));
  EXPECT_EQ(handlers.max_payload_bytes, 2'000U);
  EXPECT_EQ(handlers.max_payload_total_bytes, 2'001U);
  EXPECT_EQ(config.store.largest_record, 2'001U);
}

// Several instances ask one database: less often each.
TEST(SettingsTest, AServerIsAskedLessOftenThanAFile) {
  const EngineConfig file = EngineSettings(ConfigOf({}), "me");
  const EngineConfig server = EngineSettings(ConfigOf({{"Store.Driver", "mysql", ""}}), "me");
  EXPECT_GT(server.census_period, file.census_period);
  EXPECT_GT(server.scan_period, file.scan_period);
}

}  // namespace
}  // namespace treaty::daemon
