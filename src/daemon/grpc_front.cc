#include "daemon/grpc_front.h"

#include <utility>

#include "daemon/port_advice.h"
#include "daemon/settings.h"

namespace treaty::daemon {
namespace {

api::HealthConfig HealthOf(const Config& config, Engine& engine,
                           std::function<std::string()> trouble) {
  api::HealthConfig out;
  out.write_timeout = config.dtm_service.write_timeout;
  out.check_ready = [&engine, trouble = std::move(trouble)](std::function<void(Status)> done) {
    const std::string text = trouble();
    if (!text.empty()) return done({Code::kUnavailable, text});
    engine.CheckReady(std::move(done));
  };
  return out;
}

}  // namespace

GrpcFront::GrpcFront(const Config& config, const api::HandlerConfig& http, Engine& engine,
                     const Clock& clock, Loop& loop, Log& log)
    : library_log_(log),
      dtm_(DtmServiceSettings(config, http), engine, clock, random_),
      health_(HealthOf(config, engine, http.trouble), loop),
      server_(GrpcServerSettings(config), dtm_, health_),
      asked_(config.grpc_port) {}

Result<std::uint16_t> GrpcFront::Listen() {
  auto port = server_.Listen();
  if (port.ok()) return port;
  return WithAdviceOnPort(port.status(), "GrpcPort", asked_);
}

void GrpcFront::Open() {
  dtm_.Open();
  health_.Open();
}

}  // namespace treaty::daemon
