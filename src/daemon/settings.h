// Each layer's own configuration, complete: what the keys say, and what follows from several of
// them, from the bound port or from the number of lanes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "api/grpc/grpc_server.h"
#include "api/http/handlers.h"
#include "api/http/server.h"
#include "daemon/config.h"
#include "engine/engine.h"
#include "participant/grpc/grpc_participant.h"
#include "participant/http/http_participant.h"
#include "participant/http/web_hook.h"

namespace treaty::daemon {

// How many lanes Lanes asks for: it, or one per core.
std::size_t LaneCount(const Config& config);

// Its own name, or by host and port: the same for all its starts.
std::string InstanceName(const Config& config, std::uint16_t port);

EngineConfig EngineSettings(const Config& config, std::string owner);
api::HandlerConfig HandlerSettings(const Config& config, std::uint16_t port);
api::HttpServerConfig ServerSettings(const Config& config, std::uint16_t port);

// One lane's share of the limits of all.
HttpParticipantConfig ParticipantSettings(const Config& config, std::uint16_t port,
                                          std::size_t lanes);

GrpcParticipantConfig GrpcParticipantSettings(const Config& config, std::uint16_t port,
                                              std::size_t lanes);
api::DtmServiceConfig DtmServiceSettings(const Config& config, const api::HandlerConfig& http);
api::GrpcServerConfig GrpcServerSettings(const Config& config);

// There is a web hook only if its URL is not empty.
WebHookConfig WebHookSettings(const Config& config, std::uint16_t port);

}  // namespace treaty::daemon
