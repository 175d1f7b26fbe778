// Clients whom the store keeps waiting: they are told in time, and what they asked for is not done
// behind their backs.

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/lane.h"

namespace treaty {
namespace {

Status Silent() { return {Code::kUnknown, "the store does not answer; repeat the request"}; }
Status TooSlow() {
  return {Code::kUnavailable, "the store does not answer in time; nothing was changed, try again"};
}

bool IsLate(const std::variant<Event, Request>& item, Time late) {
  const auto* request = std::get_if<Request>(&item);
  return request != nullptr && request->asked != kNever && request->asked <= late;
}

}  // namespace

void Lane::WatchForLate() {
  if (std::exchange(watching_, true)) return;
  ports_.loop->After(kAnswerLook, [this] {
    watching_ = false;
    LookForLate();
  });
}

// Whether anybody hears of it who may have to be told that it takes too long.
bool Lane::HasClients(const Entry& entry) {
  const auto asked = [](const auto& item) { return IsLate(item, Time::max()); };
  return entry.asked != kNever || !entry.waiters.empty() || std::ranges::any_of(entry.inbox, asked);
}

// One walk for all: what is in memory is little, and nobody waits as a rule.
void Lane::LookForLate() {
  const Time now = shared_.Now();
  const Time late = now - kAnswerWithin;
  const Time too_late = now - kBeginWithin;  // To begin.
  std::vector<std::string> gids;
  bool waits = false;
  for (const auto& [gid, entry] : entries_) {
    if (!HasClients(*entry)) continue;
    waits = true;
    const auto is_late = [too_late](const auto& item) { return IsLate(item, too_late); };
    const bool asked = entry->asked != kNever && entry->asked <= too_late;
    if (asked || IsStuck(*entry, late) || std::ranges::any_of(entry->inbox, is_late)) {
      gids.push_back(gid);
    }
  }
  for (const std::string& gid : gids) {
    const auto found = entries_.find(gid);
    if (found != entries_.end()) TellLate(*found->second, now);
  }
  if (waits) WatchForLate();
}

// Whether nothing but the store keeps those waiting who wait for its end.
bool Lane::IsStuck(const Entry& entry, Time late) const {
  if (entry.waiters.empty()) return false;
  if (IsBusy(entry)) return entry.busy_since <= late;
  return !shared_.MayAct() && entry.in_flight.empty();  // The lease could not be renewed.
}

void Lane::TellLate(Entry& entry, Time now) {
  const Time late = now - kAnswerWithin;
  TellLateInInbox(entry, now - kBeginWithin);
  const bool asked_for = entry.asked != kNever && entry.asked <= now - kBeginWithin;
  if (asked_for && entry.recall.CallOffIfWaiting()) {
    entry.waiters = Refuse(entry, TooSlow());
  } else if (asked_for && entry.asked <= late) {
    static_cast<void>(entry.recall.CallOff());
    entry.waiters = Refuse(entry, Silent());
  }
  if (!IsStuck(entry, late)) return;
  const auto asked = entry.asked == kNever ? entry.waiters.size() : entry.waiters_before;
  const auto first = entry.waiters.begin() + static_cast<std::ptrdiff_t>(asked);
  std::vector<Waiter> ours(std::make_move_iterator(first),
                           std::make_move_iterator(entry.waiters.end()));
  entry.waiters.erase(first, entry.waiters.end());
  entry.waiters_before = 0;
  AnswerOngoing(std::exchange(entry.waiters, std::move(ours)), entry.txn);
}

// These have not been looked at: whoever answers first, nothing of them is done.
void Lane::TellLateInInbox(Entry& entry, Time late) {
  const Status before = std::exchange(entry.trouble, Named(entry, TooSlow()));
  std::vector<std::variant<Event, Request>> kept;
  std::size_t covered = 0;
  for (std::size_t i = 0; i < entry.inbox.size(); ++i) {
    if (IsLate(entry.inbox[i], late)) {
      std::get<Request>(entry.inbox[i]).run(entry).Tell();
      continue;
    }
    if (i < entry.covered) ++covered;
    kept.push_back(std::move(entry.inbox[i]));
  }
  entry.inbox = std::move(kept);
  entry.covered = covered;
  entry.trouble = before;
}

// What they asked for is durable: it goes on when the store is there again.
void Lane::AnswerOngoing(std::vector<Waiter> waiters, const Txn& txn) {
  for (auto& waiter : waiters) {
    waiter.answer(waiter.of_abort ? AbortOutcome(txn) : WaitOutcome(txn));
  }
}

}  // namespace treaty
