// Everything treatyd can be told, and how what was told becomes one checked set of values.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "api/grpc/dtm_service.h"
#include "api/grpc/grpc_server.h"
#include "api/http/handlers.h"
#include "api/http/server.h"
#include "base/status.h"
#include "base/time.h"
#include "daemon/drivers.h"
#include "daemon/given.h"
#include "daemon/logging.h"
#include "daemon/store_settings.h"
#include "engine/engine.h"
#include "participant/grpc/grpc_participant.h"
#include "participant/http/http_participant.h"
#include "participant/http/web_hook.h"

namespace treaty::daemon {

// What all keys say. The rows of the table of keys (keys/) put it here: into the layers' own
// structs wherever one value is one member there. What follows from several keys, from the number
// of lanes or from the bound port is still missing in those; settings.h adds it.
struct Config {
  std::string host;
  std::uint16_t http_port = 0;
  std::uint16_t grpc_port = 0;
  std::uint16_t json_rpc_port = 0;
  bool insecure = false;
  std::size_t lanes = 0;  // 0: one per core.
  std::string instance_id;

  std::string allow_loopback_targets;
  std::string allow_targets;
  std::string http_hosts;

  StoreSettings store;
  EngineConfig engine;
  api::HandlerConfig handlers;
  api::HttpServerConfig http_server;
  api::GrpcServerConfig grpc_server;
  api::DtmServiceConfig dtm_service;
  HttpParticipantConfig http_calls;  // Limits of all lanes together.
  GrpcParticipantConfig grpc_calls;  // Limits of all lanes together.
  WebHookConfig web_hook;
  LogOptions log;
};

struct Loaded {
  Config config;
  std::vector<std::string> warnings;                        // To be logged once, each.
  std::map<std::string, std::string, std::less<>> values;   // Of all keys, as PrintConfig has them.
  std::map<std::string, std::string, std::less<>> sources;  // By key; absent: the default.
};

// Applies `given` over the defaults, in order: later ones win, and only they are judged. Fails with
// kInvalidArgument; the message has one line per mistake, each naming place, key, value and what is
// allowed. `drivers` are other than the real ones in tests only.
Result<Loaded> BuildConfig(const std::vector<Given>& given,
                           std::span<const Driver> drivers = Drivers());

// Returns the effective values as a YAML file, with where each came from.
std::string PrintConfig(const Loaded& loaded);

}  // namespace treaty::daemon
