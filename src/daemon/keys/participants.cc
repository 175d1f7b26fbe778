// Whom Treaty calls, how, and how many at a time.

#include "daemon/config.h"
#include "daemon/keys/row.h"
#include "daemon/keys/sections.h"

namespace treaty::daemon::keys {

// clang-format off
Section Participants() {
  return {"Participants and compatibility", {
      Choice(Own("AllowLoopbackTargets"), {"auto", {"auto", "true", "false"}}, [](Config& c, const std::string& v) { c.allow_loopback_targets = v; },
             "Whether participants on this machine's loopback may be called; auto: while Host is a loopback address"),
      List(Own("AllowTargets"), "", [](Config& c, const std::string& v) { c.allow_targets = v; },
           "Rules [https://]host[:port], separated by commas, * as first label; if any is given, only what matches is called"),
      Text(Own("CaFile"), "", [](Config& c, const std::string& v) { c.http_calls.ca_file = c.grpc_calls.ca_file = c.web_hook.ca_file = v; },
           "PEM file of the authorities trusted for https participants; empty: the system's"),
      Flag(Own("SuccessOnAny2xx"), false, [](Config& c, bool v) { c.http_calls.success_on_any_2xx = v; },
           "Count every 2xx reply of a participant as success, not only 200"),
      Flag(Own("LegacyResultWords"), true, [](Config& c, bool v) { c.http_calls.legacy_result_words = v; },
           "Look for the words FAILURE and ONGOING in participants' replies, as DTM does"),
      Flag(Own("Compat.WaitResult409"), false, [](Config& c, bool v) { c.handlers.wait_result_409 = v; },
           "Answer 409 FAILURE, as DTM does, when a waited-for transaction is still running"),
      Flag(Own("Compat.RewriteLocalhost"), false, [](Config& c, bool v) { c.http_calls.rewrite_localhost_for_docker = c.grpc_calls.rewrite_localhost_for_docker = v; },
           "Call host.docker.internal where a target says localhost or 127.0.0.1, as DTM does; IS_DOCKER in the environment, whatever its value, means true"),
      Choice(Own("GidCharset"), {"ascii", {"ascii", "utf8"}}, [](Config& c, const std::string& v) { c.handlers.gid_charset_utf8 = v == "utf8"; },
             "Characters allowed in a gid; participants put it into SQL, logs and headers"),
  }};
}

Section Calls() {
  return {"Limits of calls to participants", {
      Count(Own("Calls.InFlight"), {2'048, 1, 1'000'000}, [](Config& c, std::size_t v) { c.http_calls.calls_in_flight = c.grpc_calls.calls_in_flight = v; },
            "Calls to participants under way, all together; lanes share them evenly"),
      Count(Own("Calls.PerDestination"), {32, 1, 100'000}, [](Config& c, std::size_t v) { c.http_calls.connections_per_destination = v; },
            "Connections to one destination; lanes share them evenly, at least one each"),
      Count(Own("Calls.QueuedPerDestination"), {20'000, 1, 10'000'000}, [](Config& c, std::size_t v) { c.http_calls.queued_per_destination = c.grpc_calls.queued_per_destination = v; },
            "Calls of one lane waiting for one destination, each for RequestTimeout at most; beyond: put off, which is no attempt"),
      Count(Own("Calls.PerGrpcDestination"), {512, 1, 100'000}, [](Config& c, std::size_t v) { c.grpc_calls.calls_per_destination = v; },
            "Calls under way to one gRPC destination, which share connections; lanes share them evenly, at least one each"),
      Seconds(Own("Calls.IdleExpiry"), {30, 1, kDay}, [](Config& c, Duration v) { c.http_calls.idle_expiry = v; },
              "An unused connection to a participant is closed after that"),
      Seconds(Own("Calls.GrpcIdleExpiry"), {60, 1, kDay}, [](Config& c, Duration v) { c.grpc_calls.idle_expiry = v; },
              "An unused channel to a gRPC participant is closed after that"),
      Seconds(Own("Calls.DnsTtl"), {30, 1, kDay}, [](Config& c, Duration v) { c.http_calls.dns_ttl = c.grpc_calls.dns_ttl = v; },
              "How long a resolved name is used without asking again; then as long again while it is refreshed"),
      Bytes(Own("Calls.MaxReplyBytes"), {64 * kKiB, kKiB, 16 * kMiB}, [](Config& c, std::size_t v) { c.http_calls.max_reply_bytes = v; },
            "What is kept of a participant's reply; of the rest only a JSON object's dtm_result is looked for"),
      Bytes(Own("Calls.MaxGrpcReplyBytes"), {4 * kMiB, kKiB, 256 * kMiB}, [](Config& c, std::size_t v) { c.grpc_calls.max_reply_bytes = v; },
            "Longest reply of a gRPC participant; a longer one is no answer"),
      Text(Dtm("GrpcServiceConfig"), R"({"loadBalancingConfig":[{"round_robin":{}}]})", [](Config& c, const std::string& v) { c.grpc_calls.service_config = v; },
           "Service configuration of gRPC channels to participants, as JSON"),
  }};
}
// clang-format on

}  // namespace treaty::daemon::keys
