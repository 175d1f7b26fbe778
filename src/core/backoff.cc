// Intervals between retries; every step saturates instead of overflowing.

#include "core/backoff.h"

#include <algorithm>

namespace treaty {
namespace {

constexpr std::chrono::seconds kCentury = std::chrono::hours(24) * 36525;
constexpr Duration kLongest = kCentury;

}  // namespace

Duration ToDuration(std::chrono::seconds seconds) {
  return std::clamp(seconds, std::chrono::seconds(0), kCentury);  // Before it is multiplied.
}

Duration DoubledInterval(Duration base, Duration cap, std::uint32_t k) {
  base = std::min(base, kLongest);
  const Duration most = std::min(std::max(cap, base), kLongest);
  for (; k > 0 && base < most; --k) {
    if (base.count() <= 0) return base;  // Doubling nothing never ends.
    base *= 2;
  }
  return std::min(base, most);
}

Duration BaseInterval(const Terms& terms, const Policy& policy) {
  if (terms.retry_interval.count() > 0) return ToDuration(terms.retry_interval);
  const Duration timeout = ToDuration(terms.timeout_to_fail);
  if (timeout.count() > 0 && timeout < policy.retry_interval) return timeout;
  return policy.retry_interval;
}

Duration RetryInterval(const Txn& txn, const Policy& policy) {
  return DoubledInterval(BaseInterval(*txn.terms, policy), policy.retry_cap, txn.backoff);
}

Time Spread(Time now, Duration interval, double jitter) {
  return now + Duration(static_cast<Duration::rep>(static_cast<double>(interval.count()) * jitter));
}

Time Deadline(const Txn& txn) {
  const Duration timeout = ToDuration(txn.terms->timeout_to_fail);
  return timeout.count() > 0 ? txn.created + timeout : kNever;
}

std::chrono::seconds PreparedTimeout(const Terms& terms, const Policy& policy) {
  if (terms.timeout_to_fail.count() > 0) return terms.timeout_to_fail;
  return std::chrono::duration_cast<std::chrono::seconds>(policy.timeout_to_fail);
}

Time PreparedDeadline(const Txn& txn, const Policy& policy) {
  return txn.created + ToDuration(PreparedTimeout(*txn.terms, policy));
}

}  // namespace treaty
