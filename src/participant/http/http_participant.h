// Calls HTTP branches (protocol §4.1, 4.2, 4.5, 4.6) with pooled connections.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "participant/participant.h"
#include "runtime/asio_loop.h"
#include "runtime/descriptors.h"
#include "runtime/lookup_threads.h"
#include "wire/target_policy.h"

namespace treaty {

struct HttpParticipantConfig {
  wire::TargetPolicy targets;
  std::size_t connections_per_destination = 16;  // Of this lane.
  std::size_t calls_in_flight = 1'024;           // Of this lane, all destinations.
  std::size_t queued_per_destination = 20'000;   // Beyond: kNotSent at once.
  std::size_t idle_connections = 1'024;          // Of this lane, all destinations.
  // No call waits longer in a queue; one that takes longer may have to give way to others, and a
  // destination not heard of for so long is suspect.
  Duration patience = std::chrono::seconds(3);
  Duration idle_expiry = std::chrono::seconds(30);  // Of a pooled connection.
  Duration dns_ttl = std::chrono::seconds(30);
  Lookup lookup = SystemLookup;                      // Of names; called on threads of its own.
  Duration forget_after = std::chrono::minutes(10);  // URLs and destinations not called since.
  std::size_t max_reply_bytes = 64 * 1024;           // Of the rest only dtm_result is looked for.
  std::string ca_file;                               // Empty: the system's.
  std::function<bool()> may_send = {};  // Asked right before each call; while false none is made.
  bool success_on_any_2xx = false;
  bool legacy_result_words = true;            // Protocol §18, 7.
  bool rewrite_localhost_for_docker = false;  // Protocol §4.2, IS_DOCKER.
  // While they are short, no connection is kept that is not in use. Null: they are not looked
  // after.
  std::shared_ptr<Descriptors> descriptors = nullptr;
};

// Returns a participant for one lane. `loop` and `log` outlive it.
std::unique_ptr<Participant> MakeHttpParticipant(HttpParticipantConfig config, AsioLoop& loop,
                                                 Log& log);

}  // namespace treaty
