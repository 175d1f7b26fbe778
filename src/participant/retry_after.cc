#include "participant/retry_after.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <optional>
#include <string>

namespace treaty {
namespace {

constexpr std::chrono::seconds kLongest = std::chrono::hours(24 * 366);

std::optional<Time> ParseDate(std::string_view text) {
  constexpr std::array kForms = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                 "%a %b %d %H:%M:%S %Y"};
  const std::string zero_ended(text);
  for (const char* form : kForms) {
    std::tm parts{};
    const char* end = strptime(zero_ended.c_str(), form, &parts);
    if (end == nullptr || *end != '\0') continue;
    return Time(std::chrono::seconds(timegm(&parts)));
  }
  return std::nullopt;
}

// More digits than fit are as good as for ever.
std::optional<Duration> ParseSeconds(std::string_view text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  if (!digits) return std::nullopt;
  std::int64_t seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (parsed.ec != std::errc()) return kLongest;
  return std::min(std::chrono::seconds(seconds), kLongest);
}

}  // namespace

Duration TimeUntil(const RetryAfter& retry_after, Time now) {
  if (const auto seconds = ParseSeconds(retry_after.when)) return *seconds;
  const auto when = ParseDate(retry_after.when);
  if (!when) return Duration(0);
  const Duration left = *when - ParseDate(retry_after.date).value_or(now);
  return std::clamp<Duration>(left, Duration(0), kLongest);
}

}  // namespace treaty
