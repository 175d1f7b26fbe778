// Whether there is room for one more transaction, and how room is made: by need, what sleeps leaves
// memory, those that sleep longest first.

#include <algorithm>
#include <utility>
#include <vector>

#include "core/destination.h"
#include "core/model.h"
#include "core/weight.h"
#include "engine/lane.h"

namespace treaty {
namespace {

constexpr Duration kPause = std::chrono::milliseconds(100);

}  // namespace

// --- Weights ---------------------------------------------------------------------------------

// Counts what the transaction takes, on the account of the destination that it waits for.
void Lane::Weigh(Entry& entry, const Txn& txn) {
  const std::size_t bytes = WeightOf(txn);
  shared_.live_bytes.fetch_add(bytes - entry.weight, std::memory_order_relaxed);
  if (entry.holder == nullptr) {
    entry.holder = &holders_.Add(DestinationName(FirstUrlOf(*txn.body)).text(), bytes);
  } else {
    entry.holder->bytes += bytes - entry.weight;
  }
  entry.weight = bytes;
}

void Lane::Charge(Entry& entry, std::string_view url) {
  const DestinationName destination(url);
  if (entry.holder == nullptr || entry.holder->destination == destination.text()) return;
  Holders::Holder& before = *entry.holder;
  entry.holder = &holders_.Add(destination.text(), entry.weight);
  holders_.Remove(before, entry.weight, shared_.Now());
}

// Of the destination that was called last.
void Lane::NoteAnswer(Entry& entry, Outcome outcome) {
  const bool definite = outcome == Outcome::kSuccess || outcome == Outcome::kFailure;
  if (definite && entry.holder != nullptr) Holders::Answered(*entry.holder, shared_.Now());
}

void Lane::Forget(Entry& entry) {
  if (entry.holder == nullptr) return;
  shared_.live_bytes.fetch_sub(entry.weight, std::memory_order_relaxed);
  holders_.Remove(*std::exchange(entry.holder, nullptr), std::exchange(entry.weight, 0),
                  shared_.Now());
}

// --- The door --------------------------------------------------------------------------------

// Whether it has at least an even share of what there is, one place kept for somebody new; but
// names can be made up without end, so that a small share is everybody's.
bool Lane::TakesMost(const Holders::Holder& holder) const {
  constexpr std::size_t kMostSharers = 64;
  const EngineLimits& limits = shared_.config.limits;
  const std::size_t sharers = std::min(holders_.count() + 1, kMostSharers) * shared_.lanes;
  return holder.txns * sharers >= limits.live_txns || holder.bytes * sharers >= limits.live_bytes;
}

bool Lane::IsCrowdedOut(std::string_view url, bool quick_only) const {
  const DestinationName destination(url);
  if (destination.text().empty()) return false;
  const Holders::Holder* const holder = holders_.Find(destination.text());
  if (holder == nullptr) return quick_only;
  return TakesMost(*holder) || (quick_only && !Holders::IsQuick(*holder, shared_.Now()));
}

// Whether any destination that it will wait for is: it may be the last one that does not answer.
// The client itself is asked only where it does not come by itself.
bool Lane::IsCrowdedOut(const Body& body) const {
  const bool quick = shared_.IsTaken(Shared::kQuickFrom);
  const auto is = [&](const std::string& url) { return IsCrowdedOut(url, quick); };
  if (IsCrowdedOut(body.query_prepared, false) ||
      std::ranges::any_of(body.recipients, is, &Recipient::url)) {
    return true;
  }
  return body.recipients.empty() && std::ranges::any_of(body.steps, is, &Step::action);
}

bool Lane::HasRoom(const Body& body, const Engine::AnswerFn& answer) {
  const EngineLimits& limits = shared_.config.limits;
  const char* reached = nullptr;
  ParkSoon();
  if (shared_.live_txns.load(std::memory_order_relaxed) >= limits.live_txns) {
    reached = "too many transactions in progress; try again later";
  } else if (shared_.live_bytes.load(std::memory_order_relaxed) >= limits.live_bytes) {
    reached = "the transactions in progress take too much memory; try again later";
  } else if (shared_.IsTaken(Shared::kSharesFrom) && IsCrowdedOut(body)) {
    reached = "too many transactions in progress wait for the same destination; try again later";
  } else if (shared_.committer.pending() >= limits.queued_writes) {
    reached = "too many writes are waiting for the store; try again later";
  }
  if (reached != nullptr) answer({Answer::Kind::kOverloaded, reached});
  return reached == nullptr;
}

// What exists already gets on while new work is refused, beside what recovery brings; but clients
// cannot bring back any number of them.
bool Lane::HasRoomForKnown(const Engine::AnswerFn& answer) {
  constexpr std::size_t kMost = 48;  // See Shared::kParts.
  ParkSoon();
  if (!shared_.IsTaken(kMost)) return true;
  answer({Answer::Kind::kOverloaded, "too many transactions in progress; try again later"});
  return false;
}

// --- Parking by need -------------------------------------------------------------------------

void Lane::ParkSoon() {
  if (!shared_.IsTaken(Shared::kParkFrom) || std::exchange(park_soon_, true)) return;
  ports_.loop->After(kPause, [this] {
    park_soon_ = false;
    ParkSleepers();
  });
}

// Those that wake soon stay: they would be back at once.
bool Lane::Sleeps(const Entry& entry, Time soon) const {
  return entry.timer != kNoTimer && entry.timer_at > soon && !IsBusy(entry) && !IsForeign(entry) &&
         entry.in_flight.empty() && entry.inbox.empty() && entry.waiters.empty();
}

void Lane::ParkSleepers() {
  if (shared_.stopping) return;
  std::vector<Entry*> sleepers;
  const Time soon = shared_.Now() + kShortestSleep;
  for (const auto& [gid, entry] : entries_) {
    if (Sleeps(*entry, soon)) sleepers.push_back(entry.get());
  }
  std::ranges::sort(sleepers, [](const Entry* one, const Entry* other) {
    return one->timer_at > other->timer_at;
  });
  // Writes and readings under way will take some time: this lane's part of what is too much.
  Surplus surplus = shared_.SurplusOver(Shared::kParkTo);
  for (Entry* const entry : sleepers) {
    if (surplus.txns == 0 && surplus.bytes == 0) break;
    surplus.txns -= std::min<std::size_t>(surplus.txns, shared_.lanes);
    surplus.bytes -= std::min(surplus.bytes, shared_.lanes * entry->weight);
    entry->parks = true;
    Advance(*entry);
  }
}

}  // namespace treaty
