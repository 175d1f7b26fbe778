// The deadlines of all calls of a lane, in a wheel of coarse slots.

#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "participant/http/destination.h"

namespace treaty {

class Deadlines {
 public:
  using Steady = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kTick{10};

  // A deadline in a slot already looked through waits for the next tick.
  void Add(Job& job) { wheel_[std::max(Slot(job.deadline), done_ + 1) % kSlots].push_back(job); }

  // The same for a job that stands here already, under another deadline.
  void Move(Job& job) {
    static_cast<JobHook<ByDeadline>&>(job).unlink();
    Add(job);
  }

  // Moves the jobs that would be late by the next tick into the returned list: up to two ticks
  // early, never late.
  JobList<ByDeadline> TakeDue(Steady::time_point now) {
    JobList<ByDeadline> due;
    const std::size_t last = Slot(now + kTick);
    if (last - done_ > kSlots) done_ = last - kSlots;
    while (done_ < last) Split(wheel_[++done_ % kSlots], last, due);
    return due;
  }

  // Moves all jobs into the returned list.
  JobList<ByDeadline> TakeAll() {
    JobList<ByDeadline> all;
    for (auto& slot : wheel_) all.splice(all.end(), slot);
    return all;
  }

 private:
  static constexpr std::size_t kSlots = 512;

  static std::size_t Slot(Steady::time_point when) {
    return static_cast<std::size_t>(when.time_since_epoch() / kTick);
  }

  // Jobs of a later turn of the wheel stay.
  static void Split(JobList<ByDeadline>& slot, std::size_t last, JobList<ByDeadline>& due) {
    for (auto i = slot.begin(); i != slot.end();) {
      Job& job = *i++;
      if (Slot(job.deadline) > last) continue;
      slot.erase(slot.iterator_to(job));
      due.push_back(job);
    }
  }

  std::array<JobList<ByDeadline>, kSlots> wheel_;
  std::size_t done_ = 0;  // The last slot that was looked through.
};

}  // namespace treaty
