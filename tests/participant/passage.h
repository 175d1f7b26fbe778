// A turnstile with its gates and their calls, in a time of its own.

#pragma once

#include <algorithm>
#include <deque>
#include <list>
#include <vector>

#include "participant/turnstile.h"

namespace treaty::test {

class Passage {
 public:
  explicit Passage(Turnstile::Limits limits) : turnstile_(limits) {}

  enum class Is { kTrusted, kStranger, kSuspect };
  Gate& Add(std::size_t queued, Is what = Is::kTrusted) {
    Gate& gate = gates_.emplace_back();
    gate.queued = queued;
    if (what != Is::kStranger) gate.heard_at = now_;
    if (what == Is::kTrusted) gate.holds = {};  // Quick.
    if (what == Is::kSuspect) gate.timeouts = Gate::kSuspectAfter;
    return gate;
  }
  void AddMany(std::size_t count, std::size_t queued, Is what) {
    for (std::size_t i = 0; i < count; ++i) Add(queued, what);
  }

  // Starts every call that may start; returns how many of each gate did.
  std::vector<std::size_t> StartAll() {
    std::vector<std::size_t> before;
    for (const Gate& gate : gates_) before.push_back(gate.active);
    for (Gate& gate : gates_) turnstile_.LineUp(gate);
    Serve();
    for (std::size_t i = 0; i < gates_.size(); ++i) before[i] = gates_[i].active - before[i];
    return before;
  }

  void Pass(Duration time) {
    now_ += time;
    turnstile_.Look(now_);
    Serve();
  }

  void Answer(Gate& gate) {
    turnstile_.Heard(gate, now_);
    End(*std::ranges::find(turns_, &gate, &Turn::gate));
  }

  // Ends calls for as long as somebody needs their room; returns how many.
  std::size_t GiveWay() {
    std::size_t ended = 0;
    while (Turn* const turn = turnstile_.WhoGivesWay()) {
      End(*turn);
      ++ended;
    }
    return ended;
  }

  Turnstile& turnstile() { return turnstile_; }
  std::size_t active() const { return turns_.size(); }

 private:
  void Serve() {
    turnstile_.ServeAll(
        [this](Gate& gate) { turnstile_.Started(gate, turns_.emplace_back(), now_); });
  }
  void End(Turn& turn) {
    Gate& gate = *turn.gate;
    turnstile_.Ended(turn, now_);
    turns_.remove_if([&](const Turn& one) { return &one == &turn; });
    turnstile_.LineUp(gate);
    Serve();
  }

  Turnstile turnstile_;
  std::deque<Gate> gates_;
  std::list<Turn> turns_;
  Turnstile::Steady::time_point now_{std::chrono::seconds(1'000)};
};

}  // namespace treaty::test
