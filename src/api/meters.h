// What the APIs count of their requests, by route: never by anything that a client chose.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "base/meter.h"

namespace treaty::api {

struct RouteMeters {
  std::string_view type;  // "http" or "grpc".
  std::string api;        // The last segment of the route's path, in lower case.
  Meter ok;
  Meter fail;  // An HTTP status of 400 and above; any gRPC status but OK.
  Durations time;

  using Steady = std::chrono::steady_clock;
  void Count(bool is_ok, Steady::time_point begun);
};

// Requests and connections that the HTTP server refused before a handler saw them, by status.
class RefusalMeters {
 public:
  static constexpr std::array kStatuses = {400, 408, 413, 417, 431, 503, 505};

  // `status` is one of kStatuses.
  Meter& Of(int status);
  const Meter& at(std::size_t place) const { return meters_[place]; }

 private:
  std::array<Meter, kStatuses.size()> meters_;
};

// Filled while handlers are made, read and counted in afterwards by any thread.
class ApiMeters {
 public:
  // Returns the meters of a route, made at the first call for it. Not while requests are served.
  RouteMeters& Of(std::string_view type, std::string_view path);

  const std::deque<RouteMeters>& routes() const { return routes_; }

  RefusalMeters refused;

 private:
  std::deque<RouteMeters> routes_;
};

}  // namespace treaty::api
