// A lane: one thread's share of the transactions, each driven one step at a time.
//
// The order of the system: an event comes in, the core decides, the decision is stored, and
// only then the duties that follow from it are performed. While a transaction's write is under
// way its further events wait in its inbox.
//
// Everything here runs on the lane's loop.

#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/canary.h"
#include "core/repeats.h"
#include "engine/committer.h"
#include "engine/engine.h"
#include "engine/entry.h"
#include "engine/holders.h"
#include "engine/record_reads.h"

namespace treaty {

// By how much something exceeds what it is to come down to.
struct Surplus {
  std::size_t txns = 0;
  std::size_t bytes = 0;
};

// What the lanes of an engine have in common.
struct Shared {
  const EngineConfig config;
  Store* const store;
  RecordReads& records;
  Executor* const reads;
  Log* const log;
  AlertSink* const alerts;
  Lease* const lease;  // Null: nobody else can reach the store.
  EngineMeters& meters;
  Committer committer;
  const std::size_t lanes;

  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> live_txns{0};
  std::atomic<std::size_t> live_bytes{0};
  std::atomic<std::size_t> calls_in_flight{0};
  std::atomic<std::size_t> waiting_reads{0};

  Time Now() const { return store->clock().Now(); }

  // Whether other instances may write what this one has in memory.
  bool HasOthers() const { return lease != nullptr; }

  // Whether calls may be made.
  bool MayAct() const {
    return lease == nullptr || lease->Holds() || canary::Armed(canary::Canary::kNoLease);
  }

  // How many more existing transactions may come into memory. New work stops at the limit; what
  // exists already has a quarter more, so that it always gets on. Nobody knows what a record weighs
  // before it is read.
  std::size_t Room() const {
    const EngineLimits& limits = config.limits;
    const std::size_t txns = Excess(limits.live_txns + limits.live_txns / 4, live_txns);
    const std::size_t bytes = Excess(limits.live_bytes + limits.live_bytes / 4, live_bytes);
    return bytes == 0 ? 0 : std::min(txns, bytes / limits.branch_bytes + 1);
  }

  // The limits in such parts. From this on what sleeps is parked, until that is reached; from the
  // third on whoever has most gets no more, and the last one is kept for those who answer. What
  // wakes up in time comes back up to the first.
  static constexpr std::size_t kParts = 32;
  static constexpr std::size_t kParkFrom = 28;
  static constexpr std::size_t kParkTo = 24;
  static constexpr std::size_t kSharesFrom = 30;
  static constexpr std::size_t kQuickFrom = 31;

  bool IsTaken(std::size_t parts) const {
    const Surplus least = SurplusOver(parts);
    return least.txns > 0 || least.bytes > 0;
  }

  Surplus SurplusOver(std::size_t parts) const {
    return {Excess(live_txns, config.limits.live_txns * parts / kParts),
            Excess(live_bytes, config.limits.live_bytes * parts / kParts)};
  }

  // By how much one is more than the other; else 0.
  static std::size_t Excess(std::size_t of, std::size_t over) { return over < of ? of - over : 0; }
};

// What became of an operator's wish for the next attempt now.
enum class ResetOutcome : std::uint8_t {
  kReset,
  kUnchanged,  // It waits for no attempt.
  kAbsent,     // No such gid.
};

class Lane {
 public:
  Lane(Shared& shared, LanePorts ports);
  ~Lane();

  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  Loop& loop() { return *ports_.loop; }

  // Runs `work`, a client's request that has come at `asked`: it is answered within kAnswerWithin
  // of that, as long as nothing but the store keeps it waiting.
  template <typename Work>
  void Serve(Time asked, Work&& work) {
    asked_ = asked;
    std::forward<Work>(work)(*this);
    asked_ = kNever;
  }

  // The requests of engine.h.
  void Prepare(TxnRequest request, Engine::AnswerFn answer);
  void Submit(TxnRequest request, Engine::AnswerFn answer);
  void PrepareWorkflow(TxnRequest request, Engine::RecordFn done);
  void Abort(AbortRequest request, Engine::AnswerFn answer);
  void Register(RegisterRequest request, Engine::AnswerFn answer);
  void EndWorkflow(WorkflowEndRequest request, Engine::AnswerFn answer);
  void ForceStop(std::string gid, ForceStopped event, Engine::AnswerFn answer);
  void ResetDue(std::string gid, std::function<void(Result<ResetOutcome>)> done);

  // Takes over a transaction that recovery or the due index named; from an owner that has ended if
  // it is still that one's. `settled` is called once it has been read, with why it could not be.
  void Adopt(const DueKey& key, std::function<void(const Status&)> settled);

  // Stores that a process has crashed while at work on it; `counted` is called when that is
  // durable, or when there is no such transaction.
  void CountCrash(const std::string& gid, std::function<void()> counted);

  // Looks at every transaction again: the lease holds once more, or the lane is stopping.
  void DriveAll();

  // Brings LaneMeters::oldest up to date.
  void NoteOldest();

  // Starts no further call; see Engine::Stop. `done` is called when nothing is under way.
  void Stop(Duration grace, std::function<void()> done);

 private:
  // lane_requests.cc
  Entry& NewEntry(const std::string& gid);
  void Queue(Entry& entry, RequestFn request);
  void WithNew(const Body& body, const Engine::AnswerFn& answer, RequestFn request);
  void WithKnown(const std::string& gid, const Engine::AnswerFn& answer, RequestFn request);
  void WithRecord(const std::string& gid, RequestFn request);
  Ruled RunPrepare(Entry& entry, const TxnRequest& request, const Engine::AnswerFn& answer);
  Ruled RunSubmit(Entry& entry, const TxnRequest& request, const Engine::AnswerFn& answer);
  Ruled Create(Entry& entry, const TxnRequest& request, const Engine::AnswerFn& answer);
  Ruled Insert(Entry& entry, const TxnRequest& request, TxnStatus status);
  Ruled ApplyThen(Entry& entry, decltype(Event::what) what);
  static std::optional<Answer> WhyNotThere(const Entry& entry, const Answer& absent);
  static std::optional<Ruled> WhyNotApplied(Entry& entry, const Ruling& ruling, Waiter waiter,
                                            bool waits);
  static void AwaitOrAnswerLater(Entry& entry, Waiter waiter, bool waits);

  // lane_room.cc
  void Weigh(Entry& entry, const Txn& txn);
  void Charge(Entry& entry, std::string_view url);
  void NoteAnswer(Entry& entry, Outcome outcome);
  void Forget(Entry& entry);
  bool TakesMost(const Holders::Holder& holder) const;
  bool IsCrowdedOut(std::string_view url, bool quick_only) const;
  bool IsCrowdedOut(const Body& body) const;
  bool HasRoom(const Body& body, const Engine::AnswerFn& answer);
  bool HasRoomForKnown(const Engine::AnswerFn& answer);
  void ParkSoon();
  bool Sleeps(const Entry& entry, Time soon) const;
  void ParkSleepers();
  static constexpr Duration kShortestSleep = std::chrono::milliseconds(250);
  // A longer sleep leaves memory.
  Duration Horizon(const Entry& entry) const {
    const bool by_need = entry.parks || shared_.IsTaken(Shared::kParkFrom);
    return by_need ? kShortestSleep : shared_.config.park_horizon;
  }

  // lane_changes.cc
  Ruled RunPrepareWorkflow(Entry& entry, const TxnRequest& request, const Engine::RecordFn& done);
  Ruled RunAbort(Entry& entry, const AbortRequest& request, const Engine::AnswerFn& answer);
  Ruled RunRegister(Entry& entry, const RegisterRequest& request, const Engine::AnswerFn& answer);
  Ruled RunEndWorkflow(Entry& entry, const WorkflowEndRequest& request,
                       const Engine::AnswerFn& answer);
  Ruled RunForceStop(Entry& entry, const ForceStopped& event, const Engine::AnswerFn& answer);
  void ReadUncounted(const std::string& gid);
  void CountNow(Entry& entry);

  // lane_late.cc
  void WatchForLate();
  void LookForLate();
  static bool HasClients(const Entry& entry);
  bool IsStuck(const Entry& entry, Time late) const;
  void TellLate(Entry& entry, Time now);
  void TellLateInInbox(Entry& entry, Time late);
  static void AnswerOngoing(std::vector<Waiter> waiters, const Txn& txn);

  // lane_others.cc
  bool IsMine(const Entry& entry) const { return entry.owner == shared_.config.owner; }
  bool IsForeign(const Entry& entry) const;
  bool IsOutdated(const Entry& entry, std::size_t item) const;
  bool MustClaim(const Entry& entry, const Duties& duties) const;
  bool CallsUnnamed(const Entry& entry, const Duties& duties) const;
  bool MustLayDown(const Entry& entry) const;
  void Attend(Entry& entry, const Duties& duties);
  void ReadAgain(Entry& entry);
  void ReadForRequest(Entry& entry);
  static void DecideAgain(Entry& entry);

  // lane.cc and lane_store.cc
  Event MakeEvent(decltype(Event::what) what);
  void Push(Entry& entry, Event event);
  void Advance(Entry& entry);
  bool TakeInbox(Entry& entry);
  void SendOneAway(Entry& entry);
  enum class Taken : std::uint8_t { kAnswered, kStaged, kOnOldCopy };
  Taken TakeRequest(Entry& entry, Request& request, bool may_be_old);
  bool TakeEvent(Entry& entry, Event event, bool staged);
  bool IsBusy(const Entry& entry) const;
  void StoreAsItIs(Entry& entry);
  void StartWrite(Entry& entry);
  void PlaceInIndexes(const Entry& entry, Write& write);
  void OnWritten(Entry& entry, const Result<Verdict>& result);
  void OnStored(Entry& entry);
  void OnRefused(Entry& entry);
  void OnNotStored(Entry& entry, const Status& status);
  void SetAside(Entry& entry);
  static void RefuseRequests(Entry& entry, const Status& trouble);
  void TurnAway(Entry& entry, const Status& trouble);
  bool Overwrite(Entry& entry);
  void LoadRecord(Entry& entry);
  void OnLoaded(Entry& entry, Result<std::optional<StoredTxn>> result);
  void OnUnreadable(Entry& entry, const Status& status);
  void OnFound(Entry& entry, StoredTxn stored);
  static void ForgetFirstCalls(Entry& entry);
  bool IsLeftBehind(const Entry& entry) const;
  void LogQuarantine(const Entry& entry) const;
  void Acknowledge(Entry& entry);
  static std::vector<Waiter> Refuse(Entry& entry, const Status& status);
  static void Disappoint(Entry& entry, const Status& status);
  void Drive(Entry& entry);
  void StartCalls(Entry& entry, const std::vector<Call>& calls);
  void StartCall(Entry& entry, const Call& call);
  using Steady = std::chrono::steady_clock;
  void CountCall(Model model, Op op, Outcome outcome, Steady::time_point begun);
  void CountEnd(const Txn& txn);
  void AlertIfSilent(const Event& event, const Txn& next) const;
  void LogWait(const Event& event, const Txn& before, const Txn& next) const;
  void OnReply(const std::string& gid, const Call& call, BranchReply reply);
  bool IsLongSleep(const Entry& entry, const Txn& txn, const Duties& duties) const;
  Time NextLook(const Entry& entry, const Duties& duties, Time now) const;
  Time KeptUntil(const Entry& entry) const;
  bool IsAtRest(const Entry& entry, const Duties& duties) const;
  void AnswerWaiters(Entry& entry);
  void SetTimer(Entry& entry, Time at);
  void MarkDirty(Entry& entry);
  void FlushDirty();
  bool MayLeave(const Entry& entry, const Duties& duties) const;
  void Leave(Entry& entry);
  void FinishStopping();

  Shared& shared_;
  const LanePorts ports_;
  LaneMeters& meters_;
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
  std::unordered_map<std::string, std::function<void()>> uncounted_;  // Crashes, by gid.
  Holders holders_;                                                   // Of the entries.
  bool park_soon_ = false;                                            // A timer is set.
  std::vector<std::string> dirty_gids_;  // A flush timer is set while this is not empty.
  std::size_t under_way_ = 0;            // Writes, reads and calls of this lane.
  Time asked_ = kNever;                  // When the request came that is taken now; see Serve.
  bool watching_ = false;                // A timer is set for LookForLate.
  std::function<void()> stopped_;        // Set while stopping.
};

// What went wrong, in words that name the transaction: a client may have asked for many.
Status Named(const Entry& entry, const Status& status);

// The reply to a client whose request met a store that did not do its part.
Answer StoreTrouble(const Status& status);

// The same for a request about topics, or for a message to one.
Answer TopicTrouble(const Status& status);

// What a request comes to that is answered so, with nothing changed.
Ruled Answered(const Engine::AnswerFn& answer, Answer with);

// Answers once the change is durable, or says that the store could not do it.
std::function<void(Status)> AnswerWhenStored(const Engine::AnswerFn& answer);

}  // namespace treaty
