#include "daemon/descriptors.h"

#include <sys/resource.h>

#include <cstdint>
#include <string>

#include "daemon/settings.h"

namespace treaty::daemon {
namespace {

// The store with its connections, logs, listeners, the loops beside the lanes: a start with one
// lane takes some 36. The rest is for serving somebody.
constexpr std::int64_t kLeast = 64;
constexpr std::int64_t kLeastPerLane = 4;

rlim_t HardLimit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : RLIM_INFINITY;
}

}  // namespace

// Every connection takes a descriptor, and the usual soft limit is 1,024.
Status RaiseDescriptorLimit(const Config& config) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const auto least = kLeast + kLeastPerLane * static_cast<std::int64_t>(LaneCount(config));
  if (limit.rlim_max >= static_cast<rlim_t>(least)) return {};
  return {Code::kFailedPrecondition,
          "the system allows " + std::to_string(limit.rlim_max) +
              " open files, and treatyd needs " + std::to_string(least) +
              " or more; raise the limit (ulimit -n, systemd's LimitNOFILE)"};
}

void WarnOfFewDescriptors(const Config& config, Log& log) {
  constexpr std::size_t kReserve = 64;  // The store, logs, loops.
  const std::size_t wanted =
      config.http_server.max_connections + config.http_calls.calls_in_flight + kReserve;
  const rlim_t most = HardLimit();
  if (most >= static_cast<rlim_t>(wanted)) return;
  log.Write(LogLevel::kWarn, "",
            "the system allows " + std::to_string(most) +
                " open files, but Http.MaxConnections and Calls.InFlight may need " +
                std::to_string(wanted) + "; raise the limit (ulimit -n) or lower these");
}

}  // namespace treaty::daemon
