// Plays one transaction against the core and writes down the conversation, one line per event:
//
//   01/action UNKNOWN -> submitted k=1  call 02/action  wake 20s
//
// After the arrow: the status; "(unchanged)" or "(behind)" unless the change is durable; k and
// the calls that start now; the next wake-up, in seconds since it was created. As in the
// engine, a branch that is being called is not called again until it has answered.

#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "core/model.h"
#include "core/step.h"

namespace treaty {

inline constexpr Time kStart = Time(Duration(1'700'000'000'000));

class Scenario {
 public:
  // With `steps` steps, of a saga or a message, with URLs like http://a/1 and http://c/1.
  explicit Scenario(std::uint32_t steps, Model model = Model::kSaga);

  // To be changed before the first event only.
  Body& body() { return body_; }
  Terms& terms() { return terms_; }
  Policy& policy() { return policy_; }

  // Lets step `later` wait for `earlier`; both counted from 1, as in every call here.
  Scenario& Order(std::uint32_t earlier, std::uint32_t later);

  Scenario& Prepare();
  Scenario& Submit();                 // Creates it, or submits what is prepared.
  Scenario& SubmitWith(Terms terms);  // Replaces the terms of what is prepared.
  Scenario& Abort();
  // The branch `number` with the URLs above, or the step of a workflow with this outcome.
  Scenario& Register(std::uint32_t number, BranchStatus outcome = BranchStatus::kPrepared);
  Scenario& EndWorkflow(TxnStatus end);
  // The next reply comes from somebody who is too busy, and asks for no call before `time`.
  Scenario& RetryAfter(std::chrono::seconds time);
  Scenario& ReplyQuery(Outcome outcome, std::string text = "");
  Scenario& Reply(std::uint32_t step, Op op, Outcome outcome, std::string text = "");
  Scenario& Pass(std::chrono::seconds time);  // Lets time pass without telling the core.
  Scenario& Tick();
  Scenario& ForceStop(std::string who, std::string why);
  Scenario& ResetDue();
  // The process dies; another one reads back the last durable state.
  Scenario& Reload();
  Scenario& Jitter(double factor);

  const Txn& txn() const { return txn_; }
  const std::string& reason() const { return txn_.rollback_reason; }
  std::string Transcript() const { return transcript_; }
  std::string Branches() const;  // "[succeed,failed]": compensate and action of each step.

 private:
  std::string NameOf(const Call& call) const;
  void ReplyTo(const Call& call, Outcome outcome, std::string text);
  void Decide(const std::string& what, decltype(Event::what) event);
  void Note(const std::string& what, Durability durability);

  Body body_;
  Terms terms_;
  Policy policy_;
  Txn txn_;
  Txn stored_;
  bool exists_ = false;
  Time now_ = kStart;
  double jitter_ = 1.0;
  Duration retry_after_{0};
  std::vector<Call> in_flight_;
  std::string transcript_ = "\n";
};

// A saga whose steps are called at once.
inline Scenario AtOnce(std::uint32_t steps) {
  Scenario saga(steps);
  saga.terms().concurrent = true;
  return saga;
}

}  // namespace treaty
