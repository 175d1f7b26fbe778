#include "engine/holders.h"

#include <utility>

namespace treaty {
namespace {

constexpr Duration kPeriod = std::chrono::seconds(10);
constexpr Duration kLately = std::chrono::minutes(10);
constexpr std::size_t kFew = 4;

// Of those that have no transactions.
constexpr std::size_t kMostWithout = 10'000;

bool HasAnsweredLately(const Holders::Holder& holder, Time now) {
  return holder.period != kNever && now < holder.period + kLately;
}

}  // namespace

Holders::Holder& Holders::Add(std::string_view destination, std::size_t bytes) {
  auto found = holders_.find(destination);
  if (found == holders_.end()) {
    found = holders_.try_emplace(std::string(destination)).first;
    found->second.destination = found->first;
  }
  Holder& holder = found->second;
  if (holder.txns++ == 0) ++count_;
  holder.bytes += bytes;
  return holder;
}

// Names that somebody makes up must not drive out who has answered.
void Holders::Remove(Holder& holder, std::size_t bytes, Time now) {
  holder.bytes -= bytes;
  if (--holder.txns > 0) return;
  --count_;
  if (holder.destination.empty()) return;
  if (!HasAnsweredLately(holder, now)) {
    holders_.erase(holders_.find(holder.destination));
  } else if (holders_.size() - count_ > kMostWithout) {
    std::erase_if(holders_, [](const auto& entry) { return entry.second.txns == 0; });
  }
}

void Holders::Answered(Holder& holder, Time now) {
  if (now >= holder.period + kPeriod) {
    const bool in_a_row = now < holder.period + 2 * kPeriod;
    holder.answers_before = in_a_row ? holder.answers : 0;
    holder.answers = 0;
    holder.period = now;
  }
  ++holder.answers;
}

bool Holders::IsQuick(const Holder& holder, Time now) {
  if (!HasAnsweredLately(holder, now)) return false;
  if (holder.txns < kFew) return true;
  const bool of_now = now < holder.period + 2 * kPeriod;
  return of_now && holder.txns <= holder.answers + holder.answers_before;
}

}  // namespace treaty
