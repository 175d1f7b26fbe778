// The gate: no promise broken on any seed, and every named situation met often enough.

#include <gtest/gtest.h>

#include <cstdlib>

#include "sim/run.h"

namespace treaty::sim {
namespace {

constexpr double kDefaultSeconds = 20;
constexpr double kNoLimit = 1e9;
constexpr std::uint64_t kLeastSeeds = 1'800;
constexpr std::uint64_t kLeastHits = 10;

double Seconds() {
  const char* const asked = std::getenv("TREATY_SIM_SECONDS");
  return asked != nullptr ? std::strtod(asked, nullptr) : kDefaultSeconds;
}

TEST(SimGate, BreaksNoPromiseAndMeetsEverySituation) {
  // As many seeds as every situation needs, however slow the build; then on to the time.
  Tally tally = RunSeeds(1, kNoLimit, kLeastSeeds);
  if (tally.failure.empty()) {
    const Tally more = RunSeeds(1 + kLeastSeeds, Seconds() - tally.seconds, ~std::uint64_t{0});
    tally.Add(more);
  }
  Print(tally, true);
  EXPECT_EQ(tally.failure, "") << "replay: treaty_sim --seed " << tally.failed_seed << " --trace";
  for (std::size_t i = 0; i < kMarkCount; ++i) {
    EXPECT_GE(tally.marks.count(i), kLeastHits) << kMarkTexts[i];
  }
}

}  // namespace
}  // namespace treaty::sim
