// Virtual time: what happens next, and the loops and the clock made of it.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "sim/rng.h"

namespace treaty::sim {

// Tasks in the order of their virtual time, and of their coming in at the same time. Those of a
// process disappear with it, and wait while it is frozen.
class Agenda {
 public:
  // The world's, or an instance's: 1 for the first.
  enum class Side : std::uint8_t { kWorld };
  static constexpr std::size_t kSides = 5;

  TimerId Add(Time at, Side side, std::function<void()> task);
  void Cancel(TimerId timer);
  void Drop(Side side);

  // Runs nothing of that side before `until`.
  void Freeze(Side side, Time until) { frozen_until_[static_cast<std::size_t>(side)] = until; }
  bool IsFrozen(Side side) const { return now_ < frozen_until_[static_cast<std::size_t>(side)]; }

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
  std::array<Time, kSides> frozen_until_{};
};

// A process's clock: begins a little beside the true time, and goes a little fast or slow.
class SimClock final : public Clock {
 public:
  SimClock(const Agenda& agenda, Duration offset, int parts_per_million)
      : agenda_(agenda), start_(agenda.now()), offset_(offset), drift_(parts_per_million) {}
  Time Now() const override {
    const Duration passed = agenda_.now() - start_;
    return agenda_.now() + offset_ + passed * drift_ / 1'000'000;
  }

 private:
  const Agenda& agenda_;
  const Time start_;
  const Duration offset_;
  const int drift_;
};

// The database's wall clock, which is set at times.
class WallClock final : public Clock {
 public:
  explicit WallClock(const Agenda& agenda) : agenda_(agenda) {}
  Time Now() const override { return agenda_.now() + offset_; }
  void Set(Duration offset) { offset_ = offset; }

 private:
  const Agenda& agenda_;
  Duration offset_{0};
};

// A thread of the process. Posted tasks wait a drawn time, in order: the thread's slowness,
// and for the loops of the store the database's.
class SimLoop final : public Loop {
 public:
  SimLoop(Agenda& agenda, Agenda::Side side, Rng& rng, std::uint32_t slowness)
      : agenda_(agenda), side_(side), rng_(rng), slowness_(slowness) {}

  void Post(std::function<void()> task) override {
    last_ = std::max(last_, agenda_.now() + rng_.Millis(0, slowness_));
    agenda_.Add(last_, side_, std::move(task));
  }
  TimerId After(Duration delay, std::function<void()> task) override {
    return agenda_.Add(agenda_.now() + delay, side_, std::move(task));
  }
  void Cancel(TimerId timer) override { agenda_.Cancel(timer); }

 private:
  Agenda& agenda_;
  const Agenda::Side side_;
  Rng& rng_;
  const std::uint32_t slowness_;
  Time last_ = kNever;
};

}  // namespace treaty::sim
