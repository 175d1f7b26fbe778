// Whom the calls of a lane go to.

#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "participant/gate.h"
#include "participant/grpc/grpc_channel.h"
#include "participant/grpc/grpc_lane_participant.h"
#include "wire/url.h"

namespace treaty {

struct GrpcLaneParticipant::Destination : Gate {
  Destination(const GrpcParticipantConfig& config, wire::Url its_url)
      : url(std::move(its_url)), channel(config, url) {}

  // Nobody calls it or waits to.
  bool IsIdle() const { return queued == 0 && active == 0 && !waits(); }

  const wire::Url url;
  GrpcChannel channel;
  std::deque<JobPtr> queue;
  Steady::time_point last_used;
  bool watched = false;  // Somebody waits for its channel.
};

struct GrpcLaneParticipant::Target {
  std::shared_ptr<Destination> destination;
  std::string method;  // "/package.Service/Method"
};

}  // namespace treaty
