// Running many seeds and counting what they met.

#pragma once

#include <cstdint>
#include <string>

#include "sim/marks.h"
#include "sim/world.h"

namespace treaty::sim {

struct Tally {
  std::uint64_t seeds = 0;
  std::uint64_t events = 0;
  double seconds = 0;
  std::uint64_t failed_seed = 0;  // Valid if `failure` is not empty.
  std::string failure;
  Marks marks;

  // Goes on with what was run afterwards.
  void Add(const Tally& more);
};

// Runs one seed; each twentieth runs twice and must leave the same trace.
Report RunSeed(std::uint64_t seed, Marks& marks, bool trace);

// Runs seeds from `from` for `seconds`, at most `most` of them, until the first failure.
Tally RunSeeds(std::uint64_t from, double seconds, std::uint64_t most);

// Prints the counts, and with `all` every mark.
void Print(const Tally& tally, bool all);

}  // namespace treaty::sim
