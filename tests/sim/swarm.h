// What a seed switches on, and how much of it: rates per thousand, zero for off.

#pragma once

#include <string>

#include "sim/rng.h"

namespace treaty::sim {

struct Swarm {
  bool faults = true;  // Off for the last phase.

  std::uint32_t crash = 0;         // At each event.
  std::uint32_t commit_crash = 0;  // At each commit.
  std::uint32_t call_crash = 0;    // At each call.
  std::uint32_t graceful = 0;      // Per cent of restarts that are orderly stops.
  std::uint32_t store_fault = 0;
  std::uint32_t read_fault = 0;
  std::uint32_t lose = 0;
  std::uint32_t duplicate = 0;
  std::uint32_t delay = 0;  // Up to a minute.
  std::uint32_t refuse_connection = 0;
  std::uint32_t commit_latency = 3;  // Milliseconds, at most.
  std::uint32_t lanes = 1;
  std::uint32_t instances = 1;
  bool leased = false;              // Others can reach the store.
  std::uint32_t freeze = 0;         // At each event: an instance stands still for a while.
  std::uint32_t clock_set = 0;      // Per cent of times that the database's clock is set.
  std::uint32_t lease_trouble = 0;  // At each renewal: none gets through for a while.
  static constexpr Duration kLongestRowLock = std::chrono::seconds(20);
  std::uint32_t row_lock = 0;  // At each commit: somebody locks a row of it for a while.
  std::string killer;          // A gid: the process dies of each call for it. Empty: none.

  // Per cent of steps.
  std::uint32_t refusing = 0;
  std::uint32_t ongoing = 0;
  std::uint32_t unknown = 0;
  std::uint32_t hanging = 0;
  std::uint32_t hard_to_undo = 0;
  std::uint32_t no_barrier = 0;
  std::uint32_t without_url = 0;

  // Per cent of sagas.
  std::uint32_t concurrent = 0;
  std::uint32_t behind = 0;
  std::uint32_t options = 0;
  std::uint32_t waiting = 0;
  std::uint32_t prepared = 0;
  std::uint32_t repeated = 0;
  std::uint32_t other_content = 0;
  std::uint32_t forced = 0;
  std::uint32_t reset = 0;
  std::uint32_t queried = 0;

  // Transactions in memory, at most; 0: as many as there are.
  std::uint32_t live_limit = 0;
};

inline Swarm DrawSwarm(Rng& rng) {
  Swarm swarm;
  const auto group = [&rng](std::uint32_t most) {
    return rng.Percent(50) ? rng.Between(1, most) : 0u;
  };
  swarm.crash = rng.Percent(60) ? rng.Between(1, 4) : 0;
  swarm.commit_crash = group(30);
  swarm.call_crash = group(30);
  swarm.graceful = group(50);
  swarm.store_fault = group(100);
  swarm.read_fault = group(100);
  swarm.lose = group(200);
  swarm.duplicate = group(200);
  swarm.delay = group(150);
  swarm.refuse_connection = group(100);
  swarm.commit_latency = rng.Percent(80) ? 3 : 500;
  swarm.lanes = rng.Between(1, 3);
  if (rng.Percent(10)) swarm.killer = rng.Percent(50) ? "saga-0" : "pact-0";
  swarm.leased = rng.Percent(60);
  if (swarm.leased) swarm.instances = rng.Between(1, 4);
  if (swarm.leased && rng.Percent(50)) swarm.freeze = rng.Between(1, 3);
  if (swarm.leased && rng.Percent(50)) swarm.clock_set = rng.Between(1, 100);
  swarm.lease_trouble = group(100);
  swarm.refusing = group(25);
  swarm.ongoing = group(25);
  swarm.unknown = group(25);
  swarm.hanging = group(15);
  swarm.hard_to_undo = group(40);
  swarm.no_barrier = group(20);
  swarm.without_url = group(15);
  swarm.concurrent = group(100);
  swarm.behind = group(100);
  swarm.options = group(100);
  swarm.waiting = group(100);
  swarm.prepared = group(50);
  swarm.repeated = group(80);
  swarm.other_content = group(40);
  swarm.forced = group(20);
  swarm.reset = group(40);
  swarm.queried = group(60);
  swarm.row_lock = group(20);
  if (rng.Percent(30)) swarm.live_limit = rng.Between(2, 8);
  return swarm;
}

}  // namespace treaty::sim
