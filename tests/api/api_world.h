// The handlers over the real engine and a memory store, in virtual time.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/http/handlers.h"
#include "base/check.h"
#include "engine/world.h"

namespace treaty::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

class ApiWorld {
 public:
  explicit ApiWorld(api::HandlerConfig config = DefaultConfig())
      : handlers_(std::move(config), *world.engine, world.clock, random_) {}

  static api::HandlerConfig DefaultConfig() {
    api::HandlerConfig config;
    config.version = "1.2.3";
    config.targets.allow_loopback = true;
    return config;
  }

  // Hands a request in; the answer appears in the result, at most once.
  std::shared_ptr<std::optional<api::HttpReply>> Begin(api::HttpRequest request) {
    auto place = std::make_shared<std::optional<api::HttpReply>>();
    handlers_.Handle(std::move(request), "192.0.2.7", [place](api::HttpReply reply) {
      TREATY_CHECK(!place->has_value());
      *place = std::move(reply);
    });
    return place;
  }

  api::HttpReply Call(api::HttpRequest request) {
    const auto place = Begin(std::move(request));
    world.Run();
    TREATY_CHECK(place->has_value());
    return **place;
  }
  api::HttpReply Get(const std::string& target) { return Call({"GET", target, {}, ""}); }
  api::HttpReply Post(const std::string& path, const std::string& body, Headers headers = {}) {
    return Call({"POST", "/api/dtmsvr/" + path, std::move(headers), body});
  }

  World world;

 private:
  Counter random_{3};
  api::Handlers handlers_;
};

}  // namespace treaty::testing
