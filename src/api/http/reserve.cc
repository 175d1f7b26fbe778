#include "api/http/reserve.h"

#include <algorithm>
#include <array>

namespace treaty::api {
namespace {

struct Use {
  std::string_view path;
  ReserveUse use;
};

}  // namespace

ReserveUse UseOfReserve(std::string_view target) {
  constexpr std::array<Use, 9> kUses = {{
      {"/livez", ReserveUse::kShort},
      {"/readyz", ReserveUse::kShort},
      {"/api/metrics", ReserveUse::kShort},
      {"/api/dtmsvr/version", ReserveUse::kShort},
      {"/api/dtmsvr/query", ReserveUse::kShort},
      {"/api/dtmsvr/all", ReserveUse::kList},
      {"/api/dtmsvr/forceStop", ReserveUse::kShort},
      {"/api/dtmsvr/resetNextCronTime", ReserveUse::kShort},
      {"/api/dtmsvr/resetCronTime", ReserveUse::kList},
  }};
  const auto found = std::ranges::find(kUses, target.substr(0, target.find('?')), &Use::path);
  return found == kUses.end() ? ReserveUse::kNone : found->use;
}

}  // namespace treaty::api
