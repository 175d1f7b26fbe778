#include "daemon/grpc_front.h"

#include <utility>

#include "daemon/settings.h"

namespace treaty::daemon {
namespace {

api::DtmServiceConfig ServiceConfig(const Config& config, std::uint16_t http_port,
                                    std::shared_ptr<api::ApiMeters> meters) {
  api::DtmServiceConfig out = DtmServiceSettings(config, http_port);
  out.meters = std::move(meters);
  return out;
}

api::HealthConfig HealthOf(Engine& engine) {
  api::HealthConfig out;
  out.check_ready = [&engine](std::function<void(Status)> done) {
    engine.CheckReady(std::move(done));
  };
  return out;
}

}  // namespace

GrpcFront::GrpcFront(const Config& config, std::uint16_t http_port, Engine& engine,
                     const Clock& clock, Loop& loop, std::shared_ptr<api::ApiMeters> meters,
                     Log& log)
    : library_log_(log),
      dtm_(ServiceConfig(config, http_port, std::move(meters)), engine, clock, random_),
      health_(HealthOf(engine), loop),
      server_(GrpcServerSettings(config), dtm_, health_) {}

Result<std::uint16_t> GrpcFront::Listen() {
  auto port = server_.Listen();
  if (port.ok()) return port;
  return Status(port.status().code(),
                port.status().message() + "; see Host and GrpcPort, and what else listens there");
}

void GrpcFront::Open() {
  dtm_.Open();
  health_.Open();
}

}  // namespace treaty::daemon
