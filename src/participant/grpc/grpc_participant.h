// Calls gRPC branches (protocol §4.3): a channel per target, plaintext or TLS.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "participant/participant.h"
#include "runtime/asio_loop.h"
#include "runtime/descriptors.h"
#include "runtime/lookup_threads.h"
#include "wire/target_policy.h"

namespace treaty {

// What a channel does without a configuration of its own.
inline constexpr const char* kRoundRobin = R"({"loadBalancingConfig":[{"round_robin":{}}]})";

struct GrpcParticipantConfig {
  wire::TargetPolicy targets;
  std::size_t calls_per_destination = 256;         // Under way, of this lane.
  std::size_t calls_in_flight = 1'024;             // Of this lane, all destinations.
  std::size_t queued_per_destination = 20'000;     // Beyond: kNotSent at once.
  Duration patience = std::chrono::seconds(3);     // As in HttpParticipantConfig.
  Duration idle_expiry = std::chrono::minutes(1);  // A channel without calls is closed after that.
  std::size_t idle_channels = 1'024;               // Of this lane; beyond, half are closed.
  Duration dns_ttl = std::chrono::seconds(30);
  Lookup lookup = SystemLookup;              // Of names; called on threads of its own.
  std::size_t max_reply_bytes = 4 << 20;     // A longer reply is an unknown result.
  std::string ca_file;                       // Empty: the system's.
  std::string service_config = kRoundRobin;  // Of every channel, as JSON.
  std::function<bool()> may_send = {};  // Asked right before each call; while false none is made.
  bool rewrite_localhost_for_docker = false;           // Protocol §4.2, IS_DOCKER.
  std::shared_ptr<Descriptors> descriptors = nullptr;  // Null: they are not looked after.
};

// kInvalidArgument where `json` is no service configuration of gRPC.
Status CheckServiceConfig(const std::string& json);

// Returns a participant for one lane. `loop` outlives it. Its calls run on gRPC's threads
// and are reported on the loop; destroying it waits until the library is done with them.
std::unique_ptr<Participant> MakeGrpcParticipant(GrpcParticipantConfig config, AsioLoop& loop);

}  // namespace treaty
