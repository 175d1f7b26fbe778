#include "api/http/meters.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <utility>

#include "base/check.h"

namespace treaty::api {
namespace {

std::string LastSegment(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  std::string segment(path.substr(path.rfind('/') + 1));
  std::ranges::transform(segment, segment.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return segment;
}

}  // namespace

Meter& RefusalMeters::Of(int status) {
  const auto known = std::ranges::find(kStatuses, status);
  TREATY_CHECK(known != kStatuses.end());
  return meters_[static_cast<std::size_t>(known - kStatuses.begin())];
}

RouteMeters& ApiMeters::Of(std::string_view path) {
  std::string api = LastSegment(path);
  const auto known = std::ranges::find(routes_, api, &RouteMeters::api);
  if (known != routes_.end()) return *known;
  RouteMeters& made = routes_.emplace_back();
  made.api = std::move(api);
  return made;
}

ReplyFn Metered(RouteMeters& meters, ReplyFn reply) {
  using Steady = std::chrono::steady_clock;
  return [&meters, reply = std::move(reply), begun = Steady::now()](HttpReply answer) {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - begun);
    (answer.status < 400 ? meters.ok : meters.fail).Add();
    meters.time.Observe(static_cast<std::uint64_t>(took.count()));
    reply(std::move(answer));
  };
}

}  // namespace treaty::api
