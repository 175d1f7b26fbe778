#include "api/meters.h"

#include <algorithm>
#include <cctype>
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

RouteMeters& ApiMeters::Of(std::string_view type, std::string_view path) {
  std::string api = LastSegment(path);
  const auto known = std::ranges::find_if(
      routes_, [&](const RouteMeters& route) { return route.type == type && route.api == api; });
  if (known != routes_.end()) return *known;
  RouteMeters& made = routes_.emplace_back();
  made.type = type;
  made.api = std::move(api);
  return made;
}

void RouteMeters::Count(bool is_ok, Steady::time_point begun) {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - begun);
  (is_ok ? ok : fail).Add();
  time.Observe(static_cast<std::uint64_t>(took.count()));
}

}  // namespace treaty::api
