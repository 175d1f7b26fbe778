// Walks every state that a small saga can reach, under any order of events, and checks the
// invariants of reliability §3 in each of them.
//
// Events are: every call that is due, also one already made; every reply of whatever has been
// called, at any later time and any number of times; ticks, submits, force, resets; the passing
// of each time that matters; the flush of what was written behind; and a crash at any moment.
// (A crash before a write is durable equals a crash before its event.)

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/saga_walk_world.h"

namespace treaty {

class SagaWalk {
 public:
  explicit SagaWalk(const WalkSaga& saga);

  // Visits everything. What it found wrong, with the state before; empty: nothing.
  const std::vector<std::string>& Run();

  std::size_t states() const { return reached_.size(); }
  std::size_t transitions() const { return transitions_; }

 private:
  void Visit(const World& world);
  void VisitCalls(const World& world);
  void VisitReplies(const World& world);
  void VisitReply(const World& world, const Call& call);
  void VisitUnsent(const World& world, BranchIndex step);
  World EndUnsent(World world, BranchIndex step, bool round_over);
  void VisitRequests(const World& world);
  void VisitTime(const World& world);
  void VisitRestart(const World& world);
  void Reach(World world);

  void React(const World& world, const Event& event);
  Decision Decide(const World& world, const Event& event);
  World Stored(World world, Decision decision) const;
  World Called(World world, const Call& call) const;
  World CalledUnsent(World world, const Call& call) const;
  World Restarted(World world) const;

  void CheckState(const World& world);
  void CheckRecord(const World& world);
  void CheckDecision(const World& before, const Event& event, const Decision& decision);
  void CheckBranches(const World& before, const Txn& next);
  void CheckCall(const World& world, const Call& call);
  void CheckOrder(const World& world, const Call& call);
  bool BuildsOn(std::size_t later, std::size_t earlier) const;

  void CheckItEnds(std::uint64_t start);
  World FairNext(const World& world);

  void Expect(bool condition, const char* promise, const World& world);

  WalkSaga saga_;
  std::shared_ptr<const Body> body_;
  std::shared_ptr<const Terms> terms_;
  std::unordered_set<std::uint64_t> reached_;
  std::unordered_set<std::uint64_t> ends_;  // States known to lead to an end.
  std::vector<std::uint64_t> to_visit_;
  std::size_t transitions_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace treaty
