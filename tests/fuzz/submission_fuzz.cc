// The body of a request of any route, as any bytes: what reads JSON, URLs, options and orders.
//
// Goal: every request is answered once and none with a 5xx but 503.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

#include "api/api_world.h"
#include "base/check.h"

namespace treaty::fuzz {
namespace {

struct Route {
  const char* method;
  const char* path;  // Of a GET the input is the query.
};

constexpr Route kRoutes[] = {
    {"POST", "/api/dtmsvr/submit"},
    {"POST", "/api/dtmsvr/prepare"},
    {"POST", "/api/dtmsvr/registerBranch"},
    {"POST", "/api/dtmsvr/abort"},
    {"POST", "/api/dtmsvr/prepareWorkflow"},
    {"POST", "/api/json-rpc"},
    {"POST", "/api/dtmsvr/forceStop"},
    {"GET", "/api/dtmsvr/all"},
    {"GET", "/api/dtmsvr/query"},
    {"GET", "/api/dtmsvr/subscribe"},
    {"GET", "/api/dtmsvr/scanKV"},
};

// So that short inputs meet the limits.
api::HandlerConfig Small() {
  api::HandlerConfig config = testing::ApiWorld::DefaultConfig();
  config.max_steps = 16;
  config.max_payload_bytes = 256;
  config.max_payload_total_bytes = 1'024;
  return config;
}

// A world that has seen many requests is replaced, so that its memory stays bounded.
testing::ApiWorld& FreshWorld() {
  constexpr int kMostRequests = 10'000;
  static testing::ApiWorld* world = nullptr;
  static int requests = 0;
  if (world == nullptr || ++requests > kMostRequests) {
    delete world;
    world = new testing::ApiWorld(Small());
    requests = 0;
  }
  return *world;
}

void RunOne(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return;
  const Route& route = kRoutes[*data % std::size(kRoutes)];
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool get = std::string(route.method) == "GET";
  api::HttpRequest request{route.method, route.path, {}, get ? "" : text};
  if (get) request.target += "?" + text;
  const auto place = FreshWorld().Begin(std::move(request));
  FreshWorld().world.Run();
  // A waiting client may have to wait longer than that.
  if (place->has_value()) TREATY_CHECK((*place)->status < 500 || (*place)->status == 503);
}

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  treaty::fuzz::RunOne(data, size);
  return 0;
}
