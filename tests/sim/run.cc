#include "sim/run.h"

#include <chrono>
#include <cstdio>

namespace treaty::sim {

Report RunSeed(std::uint64_t seed, Marks& marks, bool trace) {
  Report report = World(seed, marks, trace).Run();
  if (trace || seed % 20 != 0 || !report.violations.empty()) return report;
  Marks unused;
  const Report again = World(seed, unused, false).Run();
  if (again.hash != report.hash) report.violations.push_back("run twice, two different traces");
  return report;
}

void Tally::Add(const Tally& more) {
  seeds += more.seeds;
  events += more.events;
  seconds += more.seconds;
  failed_seed = more.failed_seed;
  failure = more.failure;
  marks.Add(more.marks);
}

Tally RunSeeds(std::uint64_t from, double seconds, std::uint64_t most) {
  Tally tally;
  const auto start = std::chrono::steady_clock::now();
  while (tally.seeds < most && tally.seconds < seconds) {
    const std::uint64_t seed = from + tally.seeds;
    const Report report = RunSeed(seed, tally.marks, false);
    ++tally.seeds;
    tally.events += report.events;
    tally.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (report.violations.empty()) continue;
    tally.failed_seed = seed;
    tally.failure = report.violations.front();
    break;
  }
  return tally;
}

void Print(const Tally& tally, bool all) {
  const double seconds = tally.seconds > 0 ? tally.seconds : 1;
  std::printf("%llu seeds, %llu events, %.1f s: %.0f seeds/s, %.0f events/s\n",
              static_cast<unsigned long long>(tally.seeds),
              static_cast<unsigned long long>(tally.events), tally.seconds,
              static_cast<double>(tally.seeds) / seconds,
              static_cast<double>(tally.events) / seconds);
  for (std::size_t i = 0; i < kMarkCount && all; ++i) {
    std::printf("%10llu  %.*s\n", static_cast<unsigned long long>(tally.marks.count(i)),
                static_cast<int>(kMarkTexts[i].size()), kMarkTexts[i].data());
  }
  if (tally.failure.empty()) return;
  std::printf("FAILED: %s\nreplay: treaty_sim --seed %llu --trace\n", tally.failure.c_str(),
              static_cast<unsigned long long>(tally.failed_seed));
}

}  // namespace treaty::sim
