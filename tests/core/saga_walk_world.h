// One state of the walk (saga_walk.h): a saga, its record, and what the participants have seen.
//
// Time is abstract. It always is kWalkNow; each time that matters (due, hold, time-out) has
// either come or not. Counters without a bound are cut to "none" and "some". That makes the
// states finite, and each fits into 64 bits.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/saga.h"

namespace treaty {

inline constexpr Time kWalkNow = Time(Duration(1'700'000'000'000));

// What all states of one walk share.
struct WalkSaga {
  std::string name;
  Body body;
  Terms terms;
  Policy policy = {};
};

struct World {
  Txn memory;   // The coordinator's copy.
  Txn durable;  // The record: what a restart finds.

  // Sets of steps, as bits. What really happened, crashes or not:
  // The action's call may have been seen at some time; after a crash, also: counts as that.
  unsigned called = 0;
  bool compensated = false;  // Some compensation has been called at some time.
  // In the life of this process; any of these may answer, any number of times:
  unsigned action_replies = 0;
  unsigned compensate_replies = 0;
  // A first call of the action is under way of which nothing was sent.
  unsigned unsent = 0;
};

// Brings times and counters to their abstract values.
void MakeAbstract(Txn& txn);

std::uint64_t Pack(const World& world);
World Unpack(std::uint64_t bits, const std::shared_ptr<const Body>& body,
             const std::shared_ptr<const Terms>& terms);

std::string Describe(const World& world);

}  // namespace treaty
