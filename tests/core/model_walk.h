// Walks every state that a small TCC, XA, message or workflow can reach, under any order of
// events, and checks the invariants of reliability §3 in each of them.
//
// Events are: every request of its clients, through the rulings that the engine asks; every call
// that is due; every reply of whatever has been called, at any later time and any number of
// times; ticks and resets; the passing of each time that matters; the flush of what was written
// behind; and a crash at any moment. A workflow has two runners at once, which record, end, stop
// and start anew as they like.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/model.h"
#include "core/repeats.h"

namespace treaty {

inline constexpr Time kWalkStart = Time(Duration(1'700'000'000'000));

// What all states of one walk share.
struct WalkPlan {
  std::string name;
  Body body;
  Terms terms;
  bool direct = false;         // A message that is submitted at once.
  std::vector<Step> branches;  // What the client registers, in whatever order.
  Policy policy = {};
};

// Ages that matter: fresh; past a delay, and past a workflow's first resume; past the time-out.
enum class Age : std::uint8_t { kFresh, kOlder, kExpired };

// One state: a transaction, its record, and what the world has seen of it.
struct WalkState {
  Txn memory;   // The coordinator's copy.
  Txn durable;  // The record: what a restart finds.
  Age age = Age::kFresh;
  std::set<Call> open;                   // May answer, any number of times; of this process.
  std::set<BranchIndex> forward;         // Ever called forward, crashes or not.
  std::set<BranchIndex> backward;        // Ever called backward.
  std::array<std::size_t, 2> runners{};  // Of a workflow: 0 is off, else the step it is at.
};

class ModelWalk {
 public:
  explicit ModelWalk(WalkPlan plan);

  // Visits everything. What it found wrong, with the state before; empty: nothing.
  const std::vector<std::string>& Run();

  std::size_t states() const { return reached_.size(); }

 private:
  // model_walk.cc
  void Visit(const WalkState& state);
  void VisitCalls(const WalkState& state);
  void VisitReplies(const WalkState& state);
  void VisitDecisions(const WalkState& state);
  void VisitRegistrations(const WalkState& state);
  void VisitRunners(const WalkState& state);
  void VisitRunner(const WalkState& state, std::size_t runner);
  void VisitTime(const WalkState& state);
  void VisitRestart(const WalkState& state);
  void Reach(WalkState state);
  void React(const WalkState& state, decltype(Event::what) what);
  Decision Decide(const WalkState& state, decltype(Event::what) what);
  WalkState Stored(WalkState state, Decision decision) const;
  WalkState Called(WalkState state, const Call& call) const;
  void SetAge(WalkState& state, Age age) const;
  RegisterRequest Registering(const Step& step) const;
  Answer::Kind Submit(const WalkState& state);
  Answer::Kind Abort(const WalkState& state);
  Answer::Kind Register(const WalkState& state, const Step& step, WalkState* after = nullptr);
  Answer::Kind EndWorkflow(const WalkState& state, TxnStatus end);
  void CheckItEnds(const std::string& start);
  WalkState FairNext(const WalkState& state);

  // model_walk_checks.cc
  void CheckState(const WalkState& state);
  void CheckRecord(const WalkState& state);
  void CheckLeftAlone(const WalkState& state);
  void CheckDecision(const WalkState& before, const Event& event, const Decision& decision);
  void CheckCause(const WalkState& before, const Event& event, const Txn& next);
  void CheckGrowth(const WalkState& before, const Txn& next);
  void CheckCall(const WalkState& state, const Call& call);
  void CheckOrder(const WalkState& state, const Call& call);
  void CheckSubmitAnswer(const WalkState& state, Answer::Kind answer);
  void CheckAbortAnswer(const WalkState& state, Answer::Kind answer);
  void CheckRegisterAnswer(const WalkState& state, const Step& step, Answer::Kind answer);
  void Expect(bool condition, const char* promise, const WalkState& state);

  const WalkPlan plan_;
  std::shared_ptr<const Body> body_;
  std::shared_ptr<const Terms> terms_;
  std::unordered_map<std::string, WalkState> reached_;  // By its text.
  std::unordered_set<std::string> ends_;                // States known to lead to an end.
  std::vector<std::string> to_visit_;
  std::vector<std::string> violations_;
};

// Whether it is a workflow that nobody resumes.
bool IsLeftAlone(const Body& body);

// A state as text: what is not in it is not part of a state.
std::string Describe(const WalkState& state);

// Brings times and counters to their abstract values.
void MakeAbstract(WalkState& state);

}  // namespace treaty
