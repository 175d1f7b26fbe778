// A lane's dealings with the store: writes and what their verdicts mean, records read again.

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/at_work_on.h"
#include "base/canary.h"
#include "core/model.h"
#include "engine/lane.h"

namespace treaty {
namespace {

// Where another instance has changed a record its owner finds it before all that is due.
constexpr Time kChangedByAnother = kNever + Duration(1);

constexpr Duration kReloadDelay = std::chrono::seconds(1);

// A mistake: as if the daemon's own mode were the other one.
void DriveInOtherMode(Txn& txn) {
  auto terms = std::make_shared<Terms>(*txn.terms);
  const bool behind = terms->progress == ProgressMode::kBehind;
  terms->progress = behind ? ProgressMode::kDurable : ProgressMode::kBehind;
  txn.terms = std::move(terms);
}

bool IsRequest(const std::variant<Event, Request>& item) {
  return std::holds_alternative<Request>(item);
}

// Whether it may be otherwise soon; what else is wrong with a record lasts.
bool IsPassing(const Status& status) {
  const Code code = status.code();
  return code == Code::kUnavailable || code == Code::kUnknown || code == Code::kBlocked;
}

}  // namespace

void Lane::StartWrite(Entry& entry) {
  const bool insert = entry.knowledge == Entry::Knowledge::kAbsent;
  entry.writing = true;
  entry.busy_since = shared_.Now();
  ++under_way_;
  entry.next.version = insert ? 1 : entry.txn.version + 1;

  CommitJob job;
  job.loop = ports_.loop;
  job.write.kind = insert ? Write::Kind::kInsert : Write::Kind::kUpdate;
  job.write.txn = &entry.next;
  job.write.terms_changed = std::exchange(entry.terms_changed, false);
  job.write.added = entry.next.registered.size() - (insert ? 0 : entry.txn.registered.size());
  job.write.write_id = ports_.random->Next();
  PlaceInIndexes(entry, job.write);
  entry.former_owner.swap(entry.owner);
  entry.former_wake = entry.wake;
  entry.owner = job.write.owner;
  entry.wake = job.write.wake;
  entry.claimed = false;
  entry.covered = entry.inbox.size();
  entry.recall.Reset();
  if (insert || entry.asked != kNever) job.recall = &entry.recall;
  job.done = [this, &entry](const Result<Verdict>& result) { OnWritten(entry, result); };
  job.unsure = [&entry] {
    Disappoint(entry, {Code::kUnknown, "the store does not answer; repeat the request"});
  };
  shared_.committer.Add(std::move(job));
  if (canary::Armed(canary::Canary::kAckBeforeCommit)) Acknowledge(entry);
}

// Decides who looks after the record once this write is durable: this instance while there is
// something to do soon, the due index for a longer sleep, nobody when nothing is due. What
// somebody else drives stays with that one, which finds it changed.
void Lane::PlaceInIndexes(const Entry& entry, Write& write) {
  if (entry.next.IsFinished()) return;
  if (IsForeign(entry) && !entry.claimed) {
    write.owner = entry.owner;
    write.wake = kChangedByAnother;
    return;
  }
  const Time now = shared_.Now();
  const Duties duties = model::Plan(entry.next, now, shared_.config.policy);
  const bool rests = duties.calls.empty() && duties.wake == kNever && entry.in_flight.empty();
  if (rests) return;
  if (IsLongSleep(entry, entry.next, duties)) {
    write.wake = duties.wake;
  } else if (shared_.stopping && entry.in_flight.empty()) {
    write.wake = now;  // Whoever finds it looks for himself, and holds back what is held back here.
  } else {
    write.owner = shared_.config.owner;
  }
}

void Lane::OnWritten(Entry& entry, const Result<Verdict>& result) {
  entry.writing = false;
  entry.asked = kNever;
  --under_way_;
  if (!result.ok()) {
    OnNotStored(entry, result.status());
  } else if (*result == Verdict::kStored) {
    OnStored(entry);
  } else if (*result == Verdict::kIllegal) {
    SetAside(entry);
  } else {
    OnRefused(entry);
  }
  FinishStopping();
}

void Lane::OnStored(Entry& entry) {
  if (entry.next.IsFinished() && !entry.txn.IsFinished()) CountEnd(entry.next);
  const bool grows = entry.next.registered.size() != entry.txn.registered.size();
  entry.txn = std::move(entry.next);
  if (grows) Weigh(entry, entry.txn);
  entry.knowledge = Entry::Knowledge::kPresent;
  entry.dirty = false;
  entry.unstored.clear();
  if (entry.counted) std::exchange(entry.counted, nullptr)();
  if (entry.txn.IsQuarantined()) LogQuarantine(entry);
  Acknowledge(entry);
  Advance(entry);
}

// Somebody else has written the record, or the gid is taken. No further call until it has been
// read again; what was about to be recorded is then applied to the fresh copy, and the request
// behind it is run again and answered then.
void Lane::OnRefused(Entry& entry) {
  if (canary::Armed(canary::Canary::kNoVersionCheck) && Overwrite(entry)) return;
  entry.acks.clear();
  const bool asked = std::ranges::any_of(entry.unstored, IsRequest);
  if (asked) entry.waiters.resize(entry.waiters_before);
  if (canary::Armed(canary::Canary::kGoesOnAfterRefusal)) return OnStored(entry);
  entry.contended = entry.txn.version > 0;
  ReadAgain(entry);
}

// A mistake: the record is changed whatever has become of it.
bool Lane::Overwrite(Entry& entry) {
  if (entry.next.version == 1) return false;
  const auto stored = shared_.store->Load(entry.gid);
  if (!stored.ok() || !stored->has_value()) return false;
  const Txn& there = (*stored)->txn;
  if (there.registered.size() != entry.txn.registered.size()) return false;
  entry.txn.version = there.version;
  entry.knowledge = Entry::Knowledge::kPresent;
  StartWrite(entry);
  return true;
}

// What the client asked for was not stored and will not be. A record that there is goes on as it
// was; where there is none, requests that came meanwhile read for themselves.
void Lane::OnNotStored(Entry& entry, const Status& status) {
  auto durable = Refuse(entry, status);
  if (entry.knowledge == Entry::Knowledge::kAbsent) {
    AnswerOngoing(std::move(durable), entry.txn);
    return entry.inbox.empty() ? Leave(entry) : LoadRecord(entry);
  }
  entry.waiters = std::move(durable);
  entry.owner.swap(entry.former_owner);
  entry.wake = entry.former_wake;
  entry.covered = 0;  // By nothing: others may have written since it was read.
  if (std::exchange(entry.dirty, false)) MarkDirty(entry);
  Advance(entry);
}

// The store found the move illegal: a mistake of ours. The record stays as it is; rather than
// guess, nothing more is done with it until an operator has looked.
void Lane::SetAside(Entry& entry) {
  shared_.log->Write(LogLevel::kError, entry.gid,
                     "set aside: the store refused an illegal status move to " +
                         std::string(Name(entry.next.status)));
  TurnAway(entry, {Code::kInternal, "the transaction was set aside; see the log"});
  Leave(entry);
}

void Lane::LoadRecord(Entry& entry) {
  entry.knowledge = Entry::Knowledge::kLoading;
  entry.busy_since = shared_.Now();
  entry.covered = entry.inbox.size();
  ++under_way_;
  shared_.records.Add(entry.gid, [this, &entry](Result<std::optional<StoredTxn>> record) {
    auto result = std::make_shared<Result<std::optional<StoredTxn>>>(std::move(record));
    ports_.loop->Post([this, &entry, result] {
      --under_way_;
      OnLoaded(entry, std::move(*result));
      FinishStopping();
    });
  });
}

void Lane::OnLoaded(Entry& entry, Result<std::optional<StoredTxn>> result) {
  if (result.status().code() == Code::kDataLoss) CountNow(entry);
  if (!result.ok()) return OnUnreadable(entry, result.status());
  entry.trouble = Status();
  entry.knowledge = Entry::Knowledge::kAbsent;
  if (std::exchange(entry.doubted, false)) DecideAgain(entry);
  if (result->has_value()) OnFound(entry, **std::move(result));
  CountNow(entry);
  Advance(entry);
}

// Answers the requests that wait for the record, which is not to be had; events stay.
void Lane::RefuseRequests(Entry& entry, const Status& trouble) {
  entry.trouble = Named(entry, trouble);
  std::vector<std::variant<Event, Request>> events;
  for (auto& item : std::exchange(entry.inbox, {})) {
    if (auto* request = std::get_if<Request>(&item)) {
      request->run(entry).Tell();
    } else {
      events.push_back(std::move(item));
    }
  }
  entry.inbox = std::move(events);
}

// The same for everybody who waits.
void Lane::TurnAway(Entry& entry, const Status& trouble) {
  RefuseRequests(entry, trouble);
  Disappoint(entry, entry.trouble);
}

// What calls have come to meanwhile is kept and the record read again; so is one that nobody else
// looks after.
void Lane::OnUnreadable(Entry& entry, const Status& status) {
  shared_.log->Write(LogLevel::kError, entry.gid, "cannot be read: " + status.message());
  const bool hopeless = status.code() == Code::kDataLoss;
  if (std::exchange(entry.doubted, false) && !hopeless) {
    RefuseRequests(entry, status);
    entry.trouble = Status();
    entry.knowledge = Entry::Knowledge::kPresent;
    entry.covered = 0;
    return Advance(entry);
  }
  TurnAway(entry, status);
  const bool wanted = !entry.inbox.empty() || IsMine(entry);
  if (entry.in_flight.empty() && (hopeless || !wanted)) return Leave(entry);
  ports_.loop->After(kReloadDelay, [this, &entry] { LoadRecord(entry); });
}

// Somebody else has driven it meanwhile, and may have called whom this process has called.
void Lane::ForgetFirstCalls(Entry& entry) {
  for (InFlight& call : entry.in_flight) call.first = false;
  for (auto& item : entry.inbox) {
    auto* event = std::get_if<Event>(&item);
    auto* reply = event == nullptr ? nullptr : std::get_if<Replied>(&event->what);
    if (reply != nullptr) reply->first_call = false;
  }
}

void Lane::OnFound(Entry& entry, StoredTxn stored) {
  // With a copy of it, this process knows all that it has called.
  const bool known = entry.txn.version > 0;
  const bool still_mine = known && stored.owner == shared_.config.owner;
  const Txn before = std::exchange(entry.txn, {});
  entry.knowledge = Entry::Knowledge::kPresent;
  entry.owner = std::move(stored.owner);
  entry.wake = stored.wake;
  entry.dirty = false;
  entry.txn = std::move(stored.txn);
  Weigh(entry, entry.txn);
  if (canary::Armed(canary::Canary::kModeFromConfig)) DriveInOtherMode(entry.txn);
  const Time now = shared_.Now();
  model::Loaded(entry.txn, now, shared_.config.policy);
  if (known) model::AddCalled(before, entry.txn);
  if (!still_mine) ForgetFirstCalls(entry);
  if (!still_mine && IsLeftBehind(entry)) model::LeaveBehind(entry.txn);
  // Its own calls it knows; another process's are no later than they were.
  if (still_mine) entry.txn.live.hold_until = before.live.hold_until;
  if (still_mine && !entry.in_flight.empty()) entry.txn.live.backed_off = before.live.backed_off;
  // Still asleep: no call is under way. One whose time has come may have been called already, by
  // a process that ended before it wrote anything.
  if (entry.owner.empty() && entry.wake > now) entry.txn.live.hold_until = kNever;
}

// Whether more may have been called than the record says: it is of one who has ended without a
// word, or from before records said so. A record that is nobody's says it; what another one drives
// is judged when it is taken over.
bool Lane::IsLeftBehind(const Entry& entry) const {
  if (canary::Armed(canary::Canary::kSleepIsACrash)) return true;
  if (IsForeign(entry)) return false;
  return !entry.owner.empty() || !entry.txn.names_called;
}

void Lane::LogQuarantine(const Entry& entry) const {
  shared_.log->Write(LogLevel::kError, entry.gid,
                     "quarantined: " + std::to_string(kMostDeaths) +
                         " processes in a row crashed while at work on it; it rests until "
                         "resetNextCronTime releases it or forceStop ends it");
}

void Lane::Acknowledge(Entry& entry) {
  for (auto& ack : std::exchange(entry.acks, {})) ack(Status());
}

// Tells the client whose change is being written that the store has not done its part. Returns
// those who wait for the end of what is durable.
std::vector<Waiter> Lane::Refuse(Entry& entry, const Status& status) {
  const Status told = Named(entry, status);
  auto durable = std::exchange(entry.waiters, {});
  const auto asked = std::erase_if(entry.unstored, IsRequest);  // Told to come again.
  if (asked > 0) {
    const auto before = std::min(entry.waiters_before, durable.size());
    const auto first = durable.begin() + static_cast<std::ptrdiff_t>(before);
    for (auto waiter = first; waiter != durable.end(); ++waiter) {
      waiter->answer(StoreTrouble(told));
    }
    durable.erase(first, durable.end());
  }
  entry.asked = kNever;
  for (auto& ack : std::exchange(entry.acks, {})) ack(told);
  return durable;
}

// The same, where those others cannot hear of the end either.
void Lane::Disappoint(Entry& entry, const Status& status) {
  auto durable = Refuse(entry, status);
  if (IsPassing(status)) return AnswerOngoing(std::move(durable), entry.txn);
  for (auto& waiter : durable) waiter.answer(StoreTrouble(Named(entry, status)));
}

}  // namespace treaty
