#include "api/http/reserve.h"

#include <algorithm>
#include <array>

namespace treaty::api {

bool IsServedInReserve(std::string_view target) {
  constexpr std::array<std::string_view, 9> kPaths = {
      "/livez",
      "/readyz",
      "/api/metrics",
      "/api/dtmsvr/version",
      "/api/dtmsvr/query",
      "/api/dtmsvr/all",
      "/api/dtmsvr/forceStop",
      "/api/dtmsvr/resetNextCronTime",
      "/api/dtmsvr/resetCronTime",
  };
  return std::ranges::find(kPaths, target.substr(0, target.find('?'))) != kPaths.end();
}

}  // namespace treaty::api
