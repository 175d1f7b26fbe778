#include "api/leniency.h"

#include <string>

namespace treaty::api {
namespace {

// In the order of Leniency.
constexpr std::array<std::string_view, kLeniencyCount> kTexts = {
    "request_timeout is above its limit and cut to it; it counts seconds",
    "steps or payloads are ignored; the branches of a tcc, xa or workflow are registered",
    "compensate of a msg's step is ignored; a message is never undone",
    "abort has no trans_type; the one that is stored counts"};

}  // namespace

void LeniencyLog::NoteEach(const LeniencySet& seen, std::string_view gid) {
  for (std::size_t i = 0; i < kLeniencyCount; ++i) {
    if (!seen[i]) continue;
    if (!MaySpeak(kinds_[i])) {
      kinds_[i].unsaid.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    const std::uint64_t unsaid = kinds_[i].unsaid.exchange(0, std::memory_order_relaxed);
    std::string line = "let pass: " + std::string(kTexts[i]);
    if (unsaid > 0) line += " (and " + std::to_string(unsaid) + " before it that were not logged)";
    log_.Write(LogLevel::kWarn, gid, line);
  }
}

// One of those who come at once.
bool LeniencyLog::MaySpeak(Kind& kind) const {
  const Steady::duration now = now_().time_since_epoch();
  Steady::rep until = kind.quiet_until.load(std::memory_order_relaxed);
  const Steady::rep next = (now + kPause).count();
  return now.count() >= until &&
         kind.quiet_until.compare_exchange_strong(until, next, std::memory_order_relaxed);
}

}  // namespace treaty::api
