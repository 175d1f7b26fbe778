// A gRPC participant on its own loop, and calls for it.

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "participant/grpc/grpc_participant.h"
#include "participant/world.h"

namespace treaty::test {

inline GrpcParticipantConfig GrpcConfig() {
  GrpcParticipantConfig config;
  config.targets.allow_loopback = true;
  return config;
}

class GrpcWorld : public World {
 public:
  explicit GrpcWorld(GrpcParticipantConfig config = GrpcConfig())
      : World([config = std::move(config)](AsioLoop& loop) {
          return MakeGrpcParticipant(config, loop);
        }) {}
};

inline BranchCall GrpcCallTo(const std::string& url, const std::string& payload = "p",
                             Duration timeout = std::chrono::seconds(10)) {
  BranchCall call = CallTo(url, payload, timeout);
  auto body = std::make_shared<Body>(*call.body);
  body->protocol = "grpc";
  call.step = std::shared_ptr<const Step>(body, &body->steps.front());
  call.body = std::move(body);
  return call;
}

}  // namespace treaty::test
