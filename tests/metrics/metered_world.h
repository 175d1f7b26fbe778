// The handlers over the real engine and a memory store in virtual time, with their metrics.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/http/handlers.h"
#include "engine/world.h"
#include "metrics/metrics_page.h"
#include "metrics/page.h"

namespace treaty::metrics {

class MeteredWorld {
 public:
  MeteredWorld() : handlers_(MakeConfig(), *world.engine, world.clock, random_) {}

  api::HttpReply Call(api::HttpRequest request) {
    const auto place = std::make_shared<std::optional<api::HttpReply>>();
    handlers_.Handle(std::move(request), "192.0.2.7",
                     [place](api::HttpReply reply) { *place = std::move(reply); });
    world.Run();
    TREATY_CHECK(place->has_value());
    return **place;
  }
  api::HttpReply Get(const std::string& target) { return Call({"GET", target, {}, ""}); }
  api::HttpReply Post(const std::string& path, const std::string& body) {
    return Call({"POST", "/api/dtmsvr/" + path, {}, body});
  }
  std::string Text() { return Get("/api/metrics").body; }
  Page Scrape() { return ParsePage(Text()); }

  testing::World world;

 private:
  api::HandlerConfig MakeConfig() {
    api::HandlerConfig config;
    config.targets.allow_loopback = true;
    config.metrics_page = [sources = Sources{.version = "1.2.3",
                                             .engine = world.engine.get(),
                                             .clock = &world.clock,
                                             .log = &world.log,
                                             .api = config.meters,
                                             .connections = [] { return 7; }}] {
      return WritePage(sources);
    };
    return config;
  }

  testing::Counter random_{3};
  api::Handlers handlers_;
};

}  // namespace treaty::metrics
