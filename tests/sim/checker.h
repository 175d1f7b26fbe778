// The judge: hears of every durable write, call, reply and answer, and says what broke a promise.
//
// It shares no code with the engine or the core but the plain types; its rules are written from
// reliability §3 alone. It knows nothing of how a scenario came about.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/request.h"
#include "core/step.h"
#include "sim/death_checker.h"
#include "sim/driver_checker.h"
#include "sim/lease_checker.h"
#include "sim/marks.h"
#include "sim/pact_checker.h"
#include "sim/topic_checker.h"
#include "store/store.h"

namespace treaty::sim {

// What a participant's books say of one step at the end.
struct StepBooks {
  bool barrier = true;  // The participant protects itself from late and repeated calls.
  int applied = 0;
  int undone = 0;
};

class Checker {
 public:
  Checker(Marks& marks, Policy policy)
      : drivers([this](const std::string& gid, std::string what) { Fail(gid, std::move(what)); }),
        pacts(marks, policy, drivers,
              [this](const std::string& gid, std::string what) { Fail(gid, std::move(what)); }),
        deaths(marks,
               [this](const std::string& gid, std::string what) { Fail(gid, std::move(what)); }),
        topics(marks,
               [this](const std::string& gid, std::string what) { Fail(gid, std::move(what)); }),
        marks_(marks),
        policy_(policy) {}

  DriverChecker drivers;  // Judges who drives a transaction.
  PactChecker pacts;      // Judges every model but the saga.
  LeaseChecker leases;
  DeathChecker deaths;  // Judges what a transaction may do to processes.
  TopicChecker topics;  // Judges edits of topics, and to whom messages go.

  // How many instances share the store, and that it is one that can be shared.
  void SetInstances(unsigned count, bool leased);

  // Of the store: `verdict` of a write of the process that has landed or was refused. `heard`: the
  // process will learn of it.
  void OnWrite(std::uint32_t process, const Write& write, Verdict verdict, bool heard, Time now);
  void OnRead(std::uint32_t process, const std::string& gid) { drivers.OnRead(process, gid); }

  // Of the network: a process hands over a call, and hears of its outcome.
  void OnCall(std::uint32_t process, const std::string& gid, BranchIndex branch, Op op, Time now);
  void OnSent(const std::string& gid, BranchIndex branch, Op op);  // Something of it.
  void OnReply(std::uint32_t process, const std::string& gid, BranchIndex branch, Op op,
               Outcome outcome);

  // Of a process.
  void OnStart(std::uint32_t process, const std::string& owner) { drivers.OnStart(process, owner); }
  void OnEnd(std::uint32_t process, Time now);  // Its calls may still be under way.
  // It has stopped in order, so what it leaves is known.
  void OnStopped(std::uint32_t process) { drivers.OnStopped(process); }

  // Of the clients. `wait`: it asked for the outcome.
  void OnAnswer(const TxnRequest& request, bool submit, const Answer& answer);
  void OnForced(const std::string& gid, const Answer& answer);

  void OnShown(const std::string& gid, const std::string& json);

  // At the end, with every fault off and time enough.
  void CompareRecord(const std::string& gid, const std::optional<StoredTxn>& record);
  void AtRest(const std::string& gid, const std::vector<StepBooks>& books);

  bool AllFinished() const;
  bool IsStored(const std::string& gid) const { return sagas_.contains(gid); }
  TxnStatus StatusOf(const std::string& gid) const;

  void Fail(const std::string& gid, std::string what);
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  // What one process has heard of a step.
  struct Heard {
    bool succeeded = false;    // The action's success.
    bool resolved = false;     // A definite result of the action.
    bool undone = false;       // The compensation's success.
    bool outstanding = false;  // An action call of it has not ended.
    Time sent = kNever;
  };
  struct StepLog {
    bool called = false;                   // The action was ever handed to the network.
    bool seen = false;                     // Something of that was sent.
    bool compensated = false;              // A compensation was ever handed to the network.
    std::map<std::uint32_t, Heard> heard;  // By process; of the living.
    Time maybe_until = kNever;  // A call of one that has ended may be under way until then.
    unsigned unknowns = 0;      // Unknown outcomes heard, in all processes together.
    unsigned failures = 0;
    bool cut_off = false;  // A call to the action was under way when a process ended.
    bool IsOutstanding() const;
    // As far as anybody can know: who has ended in the middle of a call cannot say.
    bool MayBeSeen() const { return seen || cut_off; }
  };
  struct Saga {
    Txn stored;
    std::string owner;
    Time wake = kNever;
    std::vector<StepLog> steps;
    bool left_behind = false;  // One who drove it has ended without a word.
  };

  void CheckInsert(const Write& write);
  void CheckMove(const Saga& saga, const Txn& next);
  void CheckBranches(const Saga& saga, const Txn& next);
  void CheckCalled(const Saga& saga, const Write& write);
  void CheckStillCalled(const Saga& saga, const Txn& next);
  void CheckResults(const Branch& old, const Branch& now, const std::string& gid);
  void CheckAttempts(const Saga& saga, const Txn& next, std::size_t step);
  void CheckRollbackStart(const Saga& saga, const Txn& next);
  void CheckEnd(const Saga& saga, const Txn& next);
  void CheckStepAtEnd(const StepLog& step, const Txn& next, const Branch& branch);
  void CountEnd(const Saga& saga, const Txn& next);
  void CheckBackoff(const Saga& saga, const Txn& next);
  void CheckIndex(const Saga& saga, const Write& write, Time now);
  void CheckAction(std::uint32_t process, const Saga& saga, std::size_t step);
  void CheckCompensation(std::uint32_t process, const Saga& saga, std::size_t step, Time now);
  bool IsForcedUnderOwner(std::uint32_t process, const Txn& txn) const;
  Time UnderWayUntil(std::uint32_t process, const Saga& saga, std::size_t step) const;
  void CountWrite(const Saga& saga, const Write& write);
  void CheckSubmitted(const Txn& txn, const Terms& asked, Answer::Kind answer);
  void CheckWaited(const Txn& txn, Answer::Kind answer);
  void CheckTerms(const Txn& txn, const Terms& asked);
  static Heard HeardBy(std::uint32_t process, const StepLog& step);
  bool ActionKnown(std::uint32_t process, const Saga& saga, std::size_t step) const;
  bool UndoneKnown(std::uint32_t process, const Saga& saga, std::size_t step) const;
  Duration Base(const Terms& terms) const;
  Duration Timeout(const Terms& terms) const;

  Marks& marks_;
  const Policy policy_;
  unsigned instances_ = 1;
  Duration early_{0};  // How much sooner than by the judge's clock something may be due.
  std::map<std::string, Saga> sagas_;
  std::vector<std::string> violations_;
};

}  // namespace treaty::sim
