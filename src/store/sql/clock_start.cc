#include "store/sql/clock_start.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

namespace treaty {
namespace {

// A difference that deserves a word.
constexpr Duration kNotablyBehind = std::chrono::minutes(1);
constexpr Duration kNotablyAhead = std::chrono::hours(24);

std::string Shown(Time time) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  std::array<char, 64> text{};
  if (gmtime_r(&seconds, &parts) == nullptr) return std::to_string(seconds) + " s after 1970";
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

// In a unit that shows how much it is.
std::string Shown(Duration duration) {
  if (duration >= std::chrono::hours(48))
    return std::to_string(duration / std::chrono::hours(24)) + " days";
  return std::to_string(duration / std::chrono::seconds(1)) + " s";
}

std::string Compared(const ClockReadings& readings, const char* how) {
  const Duration apart =
      std::max(readings.now, readings.stored) - std::min(readings.now, readings.stored);
  return readings.of + " shows " + Shown(readings.now) + " and is " + Shown(apart) + " " + how +
         " the last time in the store, " + Shown(readings.stored);
}

Status TooFarAhead(const ClockReadings& readings) {
  return {Code::kFailedPrecondition,
          Compared(readings, "ahead of") +
              ": nothing has been deleted or timed out; if that clock is wrong, set it and start "
              "again, and if it is right, because treatyd was off for so long or an old backup was "
              "restored, start once with --store-max-clock-jump 0"};
}

// The store's own clock may have been led astray by an earlier start: then there is a way back.
void WarnBehind(const ClockReadings& readings, Log& log) {
  const bool far =
      readings.most_ahead > Duration(0) && readings.stored - readings.now > readings.most_ahead;
  log.Write(far ? LogLevel::kError : LogLevel::kWarn, "",
            Compared(readings, "behind") + "; the store's clock goes on from there" +
                (far ? ": set that clock, or, if it is right, set the store's clock back as "
                       "docs/operations.md says under \"Clocks\""
                     : ""));
}

}  // namespace

Result<Time> StartOfClock(const ClockReadings& readings, Log& log) {
  const Time stored = readings.stored;
  if (stored > readings.now + kNotablyBehind) WarnBehind(readings, log);
  if (stored == kNever || readings.now <= stored + kNotablyAhead)
    return std::max(stored, readings.now);
  const bool limited = readings.most_ahead > Duration(0);
  if (limited && readings.now - stored > readings.most_ahead) return TooFarAhead(readings);
  log.Write(LogLevel::kWarn, "",
            Compared(readings, "ahead of") +
                "; what has expired since is deleted, what has timed out is ended");
  return readings.now;
}

}  // namespace treaty
