// The judge of every model but the saga: TCC, XA, message and workflow.
//
// Its rules are written from reliability §3 alone (T1 to T5, XA1, M1 to M5, W1 to W3, G1 to G11).

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/request.h"
#include "core/step.h"
#include "sim/driver_checker.h"
#include "sim/marks.h"
#include "store/store.h"

namespace treaty::sim {

// What a client has asked for, as far as a decision may rest on it.
enum class Asked : std::uint8_t { kSubmit, kAbort, kSucceed, kFail, kForce, kCount };

class PactChecker {
 public:
  using FailFn = std::function<void(const std::string& gid, std::string what)>;
  // `drivers` is not owned and outlives this.
  PactChecker(Marks& marks, Policy policy, const DriverChecker& drivers, FailFn fail)
      : marks_(marks), policy_(policy), drivers_(drivers), fail_(std::move(fail)) {}

  // How much sooner than by the judge's clock something may be due.
  void SetEarly(Duration early) { early_ = early; }

  // Whether it is one of ours. A pact is known from its first request on.
  bool Knows(const std::string& gid) const { return pacts_.contains(gid); }
  bool IsStored(const std::string& gid) const { return pacts_.at(gid).stored.version > 0; }
  const Txn& Stored(const std::string& gid) const { return pacts_.at(gid).stored; }
  bool AllFinished() const;

  void OnAsked(const std::string& gid, Asked what);
  void OnWrite(const Write& write, Verdict verdict, Time now);
  void OnCall(std::uint32_t process, const std::string& gid, BranchIndex branch, Op op, Time now);
  void OnReply(std::uint32_t process, const std::string& gid, BranchIndex branch, Op op,
               Outcome outcome);
  void OnEnd(std::uint32_t process);

  // What was durable when a request was made: its answer must be at least as new.
  struct Seen {
    TxnStatus status = TxnStatus::kPrepared;
    std::vector<std::string> branch_ids = {};  // Of what was registered.
  };
  Seen SeenNow(const std::string& gid) const;

  // Answers to clients. `waits`: it asked for the outcome.
  void OnPrepared(const std::string& gid, const Seen& seen, const Answer& answer);
  void OnSubmitted(const std::string& gid, const Answer& answer, bool waits);
  void OnAborted(const std::string& gid, const Answer& answer, bool waits);
  void OnRegistered(const std::string& gid, const Step& step, const Seen& seen,
                    const Answer& answer);

 private:
  struct Leg {
    bool called[2] = {false, false};     // Forward, backward: ever handed to the network.
    bool done[2] = {false, false};       // Success ever heard.
    std::set<std::uint32_t> done_by[2];  // By which of the living processes.
  };
  struct Pact {
    Txn stored;  // Version 0: not stored yet.
    std::string owner;
    std::vector<Leg> legs;
    bool asked[static_cast<std::size_t>(Asked::kCount)] = {};
    bool confirmed = false;  // The check-back was answered SUCCESS.
    bool denied = false;     // It was answered FAILURE.
    bool Has(Asked what) const { return asked[static_cast<std::size_t>(what)]; }
  };

  void CheckInsert(const Txn& txn);
  void CheckMove(const Pact& pact, const Txn& next);
  void CheckCause(const Pact& pact, const Txn& next);
  void CheckRegistered(const Pact& pact, const Txn& next);
  void CheckResults(const Pact& pact, const Txn& next);
  void CheckEnd(const Txn& next);
  void CheckIndex(const Pact& pact, const Write& write, Time now);
  void CheckOrder(std::uint32_t process, const Pact& pact, std::size_t branch, Op op);
  void CheckQuery(std::uint32_t process, const Pact& pact, Time now);
  bool IsDoneKnown(std::uint32_t process, const Pact& pact, std::size_t branch, Op op) const;
  Duration PreparedFor(const Txn& txn) const;
  void Fail(const std::string& gid, std::string what) { fail_(gid, std::move(what)); }

  Marks& marks_;
  const Policy policy_;
  const DriverChecker& drivers_;
  const FailFn fail_;
  Duration early_{0};
  std::map<std::string, Pact> pacts_;
};

}  // namespace treaty::sim
