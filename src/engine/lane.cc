#include "engine/lane.h"

#include <algorithm>
#include <utility>

#include "base/at_work_on.h"
#include "base/canary.h"
#include "core/model.h"
#include "core/repeats.h"
#include "core/weight.h"

namespace treaty {
namespace {

// Whether it is of the driver's own work, not a client's or an operator's.
bool IsDriving(const Event& event) {
  return std::holds_alternative<Replied>(event.what) || std::holds_alternative<Ticked>(event.what);
}

// Whether it is to count as the first one.
bool EndCall(Entry& entry, const Call& call) {
  const auto ended = std::ranges::find(entry.in_flight, call, &InFlight::call);
  if (ended == entry.in_flight.end()) return false;  // The record was set aside meanwhile.
  const bool first = ended->first;
  entry.in_flight.erase(ended);
  return first;
}

}  // namespace

Lane::Lane(Shared& shared, LanePorts ports)
    : shared_(shared), ports_(ports), meters_(shared.meters.lanes.emplace_back()) {}

Lane::~Lane() = default;

Event Lane::MakeEvent(decltype(Event::what) what) {
  return {shared_.Now(), JitterFactor(*ports_.random), std::move(what)};
}

void Lane::Push(Entry& entry, Event event) {
  entry.inbox.emplace_back(std::move(event));
  Advance(entry);
}

// Takes what has arrived, as far as it can be decided now; then stores the outcome, or performs
// what is due. The one place that moves a transaction.
void Lane::Advance(Entry& entry) {
  const AtWorkOn noted(entry.gid);
  if (IsBusy(entry)) return;
  if (TakeInbox(entry)) return StartWrite(entry);
  if (IsBusy(entry)) return;  // It is read again, for a request.
  if (entry.knowledge == Entry::Knowledge::kPresent) return Drive(entry);
  // No such record, and nobody wants to create it. Who waits for it has seen it deleted.
  Disappoint(entry, {Code::kNotFound, "the transaction was deleted meanwhile"});
  Leave(entry);
}

bool Lane::IsBusy(const Entry& entry) const {
  return entry.writing || entry.knowledge == Entry::Knowledge::kLoading;
}

// Decides what is in the inbox; returns whether there is something to be stored now. Several
// events may make one write, but never more than one status move, and a request sees only what
// is durable and makes a write of its own.
bool Lane::TakeInbox(Entry& entry) {
  bool staged = false;
  bool asked = false;  // By a request.
  bool outdated = false;
  std::size_t taken = 0;
  while (taken < entry.inbox.size() && !asked) {
    if (auto* event = std::get_if<Event>(&entry.inbox[taken])) {
      if (staged && entry.next.status != entry.txn.status) break;
      staged = TakeEvent(entry, std::move(*event), staged);
    } else {
      if (staged) break;
      entry.used = shared_.Now();
      const bool may_be_old = IsOutdated(entry, taken);
      outdated = may_be_old && entry.contended;
      if (outdated) break;
      const Taken what = TakeRequest(entry, std::get<Request>(entry.inbox[taken]), may_be_old);
      outdated = what == Taken::kOnOldCopy;
      if (outdated) break;
      asked = what == Taken::kStaged;
      staged = asked;
    }
    ++taken;
  }
  entry.inbox.erase(entry.inbox.begin(), entry.inbox.begin() + static_cast<std::ptrdiff_t>(taken));
  entry.covered -= std::min(entry.covered, taken);
  if (outdated) ReadForRequest(entry);
  return staged;
}

// Clients that have gone cannot be told from those that wait: the one that has waited longest may
// well have gone, and if not, it can ask again.
void Lane::SendOneAway(Entry& entry) {
  const Waiter first = std::move(entry.waiters.front());
  entry.waiters.erase(entry.waiters.begin());
  if (entry.waiters_before > 0) --entry.waiters_before;
  first.answer(first.of_abort ? AbortOutcome(entry.txn) : WaitOutcome(entry.txn));
}

// Runs a request. One that stages a change is kept until that is stored, in the place of the
// event it came to: what was right for one state may be wrong for another. One that would be
// answered from a copy that may be old is left where it is.
Lane::Taken Lane::TakeRequest(Entry& entry, Request& request, bool may_be_old) {
  const auto before = static_cast<std::ptrdiff_t>(entry.unstored.size());
  std::size_t waiting = entry.waiters.size();
  const Ruled ruled = request.run(entry);
  if (!ruled.staged()) {
    if (may_be_old && !canary::Armed(canary::Canary::kAnswersFromCopy)) return Taken::kOnOldCopy;
    ruled.Tell();
  }
  if (entry.waiters.size() > std::max(waiting, kMostWaiters)) {
    SendOneAway(entry);
    --waiting;
  }
  if (!ruled.staged()) return Taken::kAnswered;
  entry.asked = request.asked;
  entry.unstored.erase(entry.unstored.begin() + before, entry.unstored.end());
  entry.unstored.emplace_back(std::move(request));
  entry.waiters_before = waiting;
  return Taken::kStaged;
}

// Decides one event on top of what is staged; returns whether anything is staged now.
bool Lane::TakeEvent(Entry& entry, Event event, bool staged) {
  if (entry.knowledge != Entry::Knowledge::kPresent) return staged;
  if (IsForeign(entry) && IsDriving(event)) return staged;  // Its owner finds out for itself.
  Txn& present = staged ? entry.next : entry.txn;
  Decision decision = model::Apply(present, event, shared_.config.policy);
  if (shared_.alerts != nullptr) AlertIfSilent(event, decision.next);
  if (decision.durability != Durability::kUnchanged) LogWait(event, present, decision.next);
  if (decision.durability == Durability::kDurable) {
    entry.terms_changed = entry.terms_changed || decision.next.terms != present.terms;
    entry.next = std::move(decision.next);
    entry.unstored.emplace_back(std::move(event));
    return true;
  }
  present = std::move(decision.next);
  if (decision.durability == Durability::kBehind) {
    entry.unstored.emplace_back(std::move(event));
    if (!staged) MarkDirty(entry);
  }
  return staged;
}

// Performs what is due for the durable state: calls, timers, answers; or lets it go.
void Lane::Drive(Entry& entry) {
  const Time now = shared_.Now();
  const Duties duties = model::Plan(entry.txn, now, shared_.config.policy);
  if (IsForeign(entry)) return Attend(entry, duties);
  if (MustClaim(entry, duties)) return StoreAsItIs(entry);
  if (!shared_.stopping) {
    if (shared_.MayAct()) StartCalls(entry, duties.calls);
    if (const Time look = NextLook(entry, duties, now); look != kNever) SetTimer(entry, look);
  }
  if (IsAtRest(entry, duties)) AnswerWaiters(entry);
  if (MayLeave(entry, duties)) return Leave(entry);
  const bool in_place = entry.owner.empty() && entry.wake == duties.wake;
  const bool last_chance = (shared_.stopping && entry.dirty) || MustLayDown(entry);
  if ((IsLongSleep(entry, entry.txn, duties) && !in_place) || last_chance) StoreAsItIs(entry);
}

// Writes nothing but its place in the indexes, and what was left behind.
void Lane::StoreAsItIs(Entry& entry) {
  entry.next = entry.txn;
  StartWrite(entry);
}

// Whether it can leave memory until something is due. Not while a call of a former process may
// be under way: only this copy knows of that.
bool Lane::IsLongSleep(const Entry& entry, const Txn& txn, const Duties& duties) const {
  const Time now = shared_.Now();
  return entry.in_flight.empty() && entry.inbox.empty() && duties.calls.empty() &&
         duties.wake > now + Horizon(entry) && txn.live.hold_until <= now;
}

// When to look again: when something is due, when a long sleep may begin, or when it need not be
// kept any longer.
Time Lane::NextLook(const Entry& entry, const Duties& duties, Time now) const {
  Time look = duties.wake;
  for (const Time other : {entry.txn.live.hold_until, KeptUntil(entry)}) {
    if (other > now && (look == kNever || other < look)) look = other;
  }
  return look;
}

void Lane::StartCalls(Entry& entry, const std::vector<Call>& calls) {
  for (const Call& call : calls) {
    const bool branch_busy = std::ranges::any_of(
        entry.in_flight, [&](const InFlight& other) { return other.call.branch == call.branch; });
    if (!branch_busy) StartCall(entry, call);
  }
}

void Lane::StartCall(Entry& entry, const Call& call) {
  const bool first = model::IsNews(entry.txn, call);
  model::MarkCalled(entry.txn, call);
  entry.in_flight.push_back({call, first});
  entry.parks = false;
  ++under_way_;
  shared_.calls_in_flight.fetch_add(1, std::memory_order_relaxed);
  BranchCall made = MakeCall(entry.txn, call, shared_.config.policy);
  Charge(entry, made.url());

  ports_.participant->Call(std::move(made),
                           [this, gid = entry.gid, call, model = entry.txn.body->model,
                            begun = Steady::now()](BranchReply reply) {
                             CountCall(model, call.op, reply.outcome, begun);
                             OnReply(gid, call, std::move(reply));
                           });
}

void Lane::OnReply(const std::string& gid, const Call& call, BranchReply reply) {
  shared_.calls_in_flight.fetch_sub(1, std::memory_order_relaxed);
  --under_way_;
  const auto found = entries_.find(gid);
  if (found == entries_.end()) return FinishStopping();
  Entry& entry = *found->second;
  const bool first = EndCall(entry, call);
  NoteAnswer(entry, reply.outcome);
  if (shared_.log->Enabled(LogLevel::kDebug)) {
    shared_.log->Write(LogLevel::kDebug, gid,
                       BranchId(entry.txn, call.branch) + "/" +
                           std::string(OpName(entry.txn.body->model, call.op)) + " " +
                           std::string(Name(reply.outcome)) + " " + reply.text);
  }
  Push(entry, MakeEvent(Replied{call.branch, call.op, reply.outcome, std::move(reply.text),
                                entry.in_flight.empty(), reply.retry_after, first}));
  FinishStopping();
}

bool Lane::IsAtRest(const Entry& entry, const Duties& duties) const {
  if (entry.txn.IsFinished()) return true;
  if (shared_.stopping) return entry.in_flight.empty();
  return entry.in_flight.empty() && duties.calls.empty() &&
         (duties.wake == kNever || duties.wake > shared_.Now());
}

void Lane::AnswerWaiters(Entry& entry) {
  for (auto& waiter : std::exchange(entry.waiters, {})) {
    waiter.answer(waiter.of_abort ? AbortOutcome(entry.txn) : WaitOutcome(entry.txn));
  }
}

void Lane::SetTimer(Entry& entry, Time at) {
  if (entry.timer != kNoTimer && entry.timer_at == at) return;
  if (entry.timer != kNoTimer) ports_.loop->Cancel(entry.timer);
  entry.timer_at = at;
  ParkSoon();
  const Duration delay = std::max(Duration(0), at - shared_.Now());
  entry.timer = ports_.loop->After(delay, [this, &entry] {
    entry.timer = kNoTimer;
    Push(entry, MakeEvent(Ticked{}));
  });
}

void Lane::MarkDirty(Entry& entry) {
  if (std::exchange(entry.dirty, true)) return;
  if (dirty_gids_.empty()) {
    ports_.loop->After(shared_.config.behind_delay, [this] { FlushDirty(); });
  }
  dirty_gids_.push_back(entry.gid);
}

// Stores what has been written behind long enough and was not overtaken by a later write.
void Lane::FlushDirty() {
  for (const std::string& gid : std::exchange(dirty_gids_, {})) {
    const auto found = entries_.find(gid);
    if (found == entries_.end()) continue;
    Entry& entry = *found->second;
    const bool idle = !entry.writing && entry.knowledge == Entry::Knowledge::kPresent;
    if (entry.dirty && idle) StoreAsItIs(entry);
  }
}

// Whether the lane has nothing to do for it: finished, at rest for good, or asleep in the due
// index. One that this instance owns stays: nobody else would look after it.
bool Lane::MayLeave(const Entry& entry, const Duties& duties) const {
  if (!entry.in_flight.empty() || !entry.waiters.empty() || !entry.inbox.empty() || entry.dirty) {
    return false;
  }
  if (entry.txn.IsFinished()) return true;
  if (entry.txn.IsQuarantined()) return entry.owner.empty();
  if (shared_.Now() < KeptUntil(entry)) return false;
  const bool prepared = entry.txn.status == TxnStatus::kPrepared;
  if (prepared && duties.calls.empty() && duties.wake == kNever) return true;
  return entry.owner.empty() && entry.wake > shared_.Now() + Horizon(entry);
}

// A prepared transaction is expected to be asked for again soon: it stays for a while after a
// request, as a copy that needs no reading, while there is plenty of room; but not one that others
// have overtaken once, which would have to be read all the same.
Time Lane::KeptUntil(const Entry& entry) const {
  const std::size_t live = shared_.live_txns.load(std::memory_order_relaxed);
  const bool crowded = live > shared_.config.limits.live_txns / 2;
  if (crowded || shared_.stopping || entry.contended) return kNever;
  if (entry.txn.status != TxnStatus::kPrepared) return kNever;
  return entry.used == kNever ? kNever : entry.used + shared_.config.park_horizon;
}

void Lane::Leave(Entry& entry) {
  if (entry.timer != kNoTimer) ports_.loop->Cancel(entry.timer);
  shared_.live_txns.fetch_sub(1, std::memory_order_relaxed);
  Forget(entry);
  entries_.erase(entries_.find(entry.gid));
}

void Lane::Stop(Duration grace, std::function<void()> done) {
  stopped_ = std::move(done);
  DriveAll();
  ports_.loop->After(grace, [this] { ports_.participant->CancelAll(); });
  FinishStopping();
}

// Where the lane is stopping, waiting clients are answered, and what was written behind is stored.
void Lane::DriveAll() {
  std::vector<std::string> gids;
  gids.reserve(entries_.size());
  for (const auto& [gid, entry] : entries_) gids.push_back(gid);
  for (const std::string& gid : gids) {
    const auto found = entries_.find(gid);
    if (found != entries_.end()) Advance(*found->second);
  }
}

void Lane::FinishStopping() {
  if (stopped_ && under_way_ == 0) std::exchange(stopped_, nullptr)();
}

}  // namespace treaty
