// Virtual time: what happens next, and the loops and the clock made of it.

#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "sim/rng.h"

namespace treaty::sim {

// Tasks in the order of their virtual time, and of their coming in at the same time. Those of
// the process disappear with it.
class Agenda {
 public:
  enum class Side : std::uint8_t { kWorld, kProcess };

  TimerId Add(Time at, Side side, std::function<void()> task);
  void Cancel(TimerId timer);
  void DropProcess();

  // Runs the next task; returns false when there is none.
  bool Step();

  Time now() const { return now_; }
  std::uint64_t steps() const { return steps_; }

 private:
  struct Slot {
    std::function<void()> task;
    std::uint32_t generation = 1;
    Side side = Side::kWorld;
  };
  struct Item {
    Time at;
    std::uint64_t order;
    std::uint32_t slot;
    std::uint32_t generation;
    bool operator<(const Item& other) const {  // Later ones first: the heap's top is the soonest.
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  void Free(std::uint32_t slot);

  Time now_{std::chrono::hours(24 * 365 * 50)};
  std::uint64_t order_ = 0;
  std::uint64_t steps_ = 0;
  std::vector<Item> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

class SimClock final : public Clock {
 public:
  explicit SimClock(const Agenda& agenda) : agenda_(agenda) {}
  Time Now() const override { return agenda_.now(); }

 private:
  const Agenda& agenda_;
};

// A thread of the process. Posted tasks wait a drawn time, in order: the thread's slowness,
// and for the loops of the store the database's.
class SimLoop final : public Loop {
 public:
  SimLoop(Agenda& agenda, Rng& rng, std::uint32_t slowness)
      : agenda_(agenda), rng_(rng), slowness_(slowness) {}

  void Post(std::function<void()> task) override {
    last_ = std::max(last_, agenda_.now() + rng_.Millis(0, slowness_));
    agenda_.Add(last_, Agenda::Side::kProcess, std::move(task));
  }
  TimerId After(Duration delay, std::function<void()> task) override {
    return agenda_.Add(agenda_.now() + delay, Agenda::Side::kProcess, std::move(task));
  }
  void Cancel(TimerId timer) override { agenda_.Cancel(timer); }

 private:
  Agenda& agenda_;
  Rng& rng_;
  const std::uint32_t slowness_;
  Time last_ = kNever;
};

}  // namespace treaty::sim
