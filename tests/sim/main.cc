// The simulator's command line: one seed replayed, or seeds for some time.

#include <CLI/CLI.hpp>
#include <cstdio>

#include "sim/run.h"

int main(int argc, char** argv) {
  CLI::App app("Runs Treaty's core and engine under virtual time, with faults, and judges them.");
  std::uint64_t seed = 0;
  std::uint64_t from = 1;
  std::uint64_t most = ~std::uint64_t{0};
  double seconds = 10;
  bool trace = false;
  bool marks = false;
  auto* const one = app.add_option("--seed", seed, "replay this seed");
  app.add_flag("--trace", trace, "print every event of it");
  app.add_option("--from", from, "the first seed");
  app.add_option("--seconds", seconds, "how long to run");
  app.add_option("--count", most, "how many seeds at most");
  app.add_flag("--marks", marks, "print how often each situation was met");
  CLI11_PARSE(app, argc, argv);

  if (one->count() == 0) {
    const treaty::sim::Tally tally = treaty::sim::RunSeeds(from, seconds, most);
    treaty::sim::Print(tally, marks);
    return tally.failure.empty() ? 0 : 1;
  }
  treaty::sim::Marks met;
  const treaty::sim::Report report = treaty::sim::RunSeed(seed, met, trace);
  for (const std::string& violation : report.violations)
    std::printf("FAILED: %s\n", violation.c_str());
  std::printf("seed %llu: %llu events, trace %016llx\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(report.events),
              static_cast<unsigned long long>(report.hash));
  return report.violations.empty() ? 0 : 1;
}
