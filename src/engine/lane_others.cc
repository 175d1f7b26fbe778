// What a lane does because other instances drive transactions of the same store, and write any of
// them for their clients.

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>

#include "core/model.h"
#include "engine/lane.h"

namespace treaty {
namespace {

constexpr Duration kFirstPoll = std::chrono::milliseconds(50);
constexpr Duration kLastPoll = std::chrono::seconds(1);

}  // namespace

// Whether this one drives it: others do what their clients ask, and leave the rest to the owner.
bool Lane::IsForeign(const Entry& entry) const {
  return shared_.HasOthers() && !entry.owner.empty() && !IsMine(entry);
}

// Whether the copy may be older than a request expects it to be: others write too. What becomes a
// write may be decided on it all the same, since the write's condition finds out; an answer
// without a write may not.
bool Lane::IsOutdated(const Entry& entry, std::size_t item) const {
  return shared_.HasOthers() && entry.knowledge == Entry::Knowledge::kPresent &&
         item >= entry.covered;
}

// Reads the record again, of which the copy is known to be old.
void Lane::ReadAgain(Entry& entry) {
  DecideAgain(entry);
  LoadRecord(entry);
}

// The same for a request that would be answered from a copy that may be old. Should the store not
// be able to, that is the request's trouble and not the transaction's.
void Lane::ReadForRequest(Entry& entry) {
  entry.doubted = true;
  LoadRecord(entry);
}

// What is not stored yet is decided again on what is found.
void Lane::DecideAgain(Entry& entry) {
  entry.covered += entry.unstored.size();
  auto again = std::exchange(entry.unstored, {});
  std::ranges::move(entry.inbox, std::back_inserter(again));
  entry.inbox = std::move(again);
}

// Where others may drive it too, what there is to do soon is this one's only when the record says
// so; and what somebody else has changed is taken note of, so that it is not looked at again.
bool Lane::MustClaim(const Entry& entry, const Duties& duties) const {
  const bool able = shared_.MayAct() && !shared_.stopping;
  if (!able || entry.txn.IsFinished()) return false;
  if (!shared_.HasOthers()) return CallsUnnamed(entry, duties);
  if (IsMine(entry)) return entry.wake != kNever;
  const bool rests = duties.calls.empty() && duties.wake == kNever;
  return !rests && !IsLongSleep(entry, entry.txn, duties);
}

// Whether a step would be called that the record, being nobody's, is trusted to name.
bool Lane::CallsUnnamed(const Entry& entry, const Duties& duties) const {
  const auto is_news = [&](const Call& call) { return model::IsNews(entry.txn, call); };
  return entry.owner.empty() && std::ranges::any_of(duties.calls, is_news);
}

// Whether it is to be nobody's before the process ends, in order: else whoever takes it over would
// count steps as called that never were.
bool Lane::MustLayDown(const Entry& entry) const {
  if (!shared_.stopping || !IsMine(entry) || !entry.in_flight.empty()) return false;
  Txn left = entry.txn;
  return model::LeaveBehind(left);
}

// Somebody else drives it. Who waits here hears of its end from the store.
void Lane::Attend(Entry& entry, const Duties& duties) {
  if (IsAtRest(entry, duties)) AnswerWaiters(entry);
  if (!entry.in_flight.empty()) return;  // Of the time when it was ours.
  if (entry.waiters.empty()) return Leave(entry);
  if (entry.timer != kNoTimer) ports_.loop->Cancel(entry.timer);
  entry.poll = std::clamp(entry.poll * 2, kFirstPoll, kLastPoll);
  entry.timer_at = kNever;
  entry.timer = ports_.loop->After(entry.poll, [this, &entry] {
    entry.timer = kNoTimer;
    if (!IsBusy(entry)) ReadAgain(entry);
  });
}

// One that is being written is in memory already; whether anybody else has changed it shows then.
void Lane::Adopt(const DueKey& key, std::function<void(const Status&)> settled) {
  const auto found = entries_.find(key.gid);
  if (found != entries_.end() && found->second->writing) return settled(Status());
  auto first = std::make_shared<std::function<void(const Status&)>>(std::move(settled));
  WithRecord(key.gid, [this, owner = key.owner, first](Entry& entry) {
    const auto settle = [first](const Status& status) {
      if (*first) std::exchange(*first, nullptr)(status);
    };
    const bool present = entry.trouble.ok() && entry.knowledge == Entry::Knowledge::kPresent;
    const bool left_behind = present && IsForeign(entry) && entry.owner == owner;
    if (!left_behind || entry.txn.IsFinished()) {
      return Ruled::Answered([settle, trouble = entry.trouble] { settle(trouble); });
    }
    settle(Status());
    entry.claimed = true;
    entry.next = entry.txn;
    model::LeaveBehind(entry.next);
    return Ruled::Staged();
  });
}

}  // namespace treaty
