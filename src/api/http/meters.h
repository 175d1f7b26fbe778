// What the HTTP API counts of its requests, by route: never by anything that a client chose.

#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "api/http/message.h"
#include "base/meter.h"

namespace treaty::api {

struct RouteMeters {
  std::string api;  // The last segment of the route's path, in lower case.
  Meter ok;
  Meter fail;  // Status 400 and above.
  Durations time;
};

// Filled while handlers are made, read and counted in afterwards by any thread.
class ApiMeters {
 public:
  // Returns the meters of a route, made at the first call for it. Not while requests are served.
  RouteMeters& Of(std::string_view path);

  const std::deque<RouteMeters>& routes() const { return routes_; }

 private:
  std::deque<RouteMeters> routes_;
};

// Returns `reply`, counted in `meters` when it is called. The time begins now.
ReplyFn Metered(RouteMeters& meters, ReplyFn reply);

}  // namespace treaty::api
