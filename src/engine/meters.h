// What the engine counts of its own work. Each lane has counters of its own, so that lanes never
// wait for each other's cache lines; a reader adds them up.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/meter.h"
#include "base/time.h"
#include "core/txn.h"

namespace treaty {

inline constexpr std::size_t kModels = 5;
inline constexpr std::size_t kOps = 3;
inline constexpr std::size_t kOutcomes = 5;

template <typename Enum>
constexpr std::size_t Index(Enum value) {
  return static_cast<std::size_t>(value);
}

struct OkOrNot {
  Meter ok;
  Meter fail;
};

struct alignas(64) LaneMeters {
  std::array<OkOrNot, kModels> finished;                 // By Model; ok: it ended in succeed.
  std::array<Durations, kModels> age;                    // At the end.
  std::array<std::array<OkOrNot, kOps>, kModels> calls;  // By Model and Op; ok: a success.
  std::array<Durations, kOutcomes> call_time;            // By Outcome.
  std::atomic<Time> oldest{kNever};  // When the oldest unfinished one in memory was created.
};

// In microseconds.
inline constexpr std::array<std::uint64_t, 12> kCommitBounds = {
    250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 50'000, 100'000, 250'000, 1'000'000, 5'000'000};
inline constexpr std::array<std::uint64_t, 10> kBatchBounds = {1,  2,   5,   10,  20,
                                                               50, 100, 200, 500, 1'000};

struct CommitMeters {
  Distribution<kCommitBounds> time;
  Distribution<kBatchBounds> writes;
  Meter failed;  // Batches that the store did not take, or of which it did not say so.
};

// As the last complete walk through the due index found it.
struct ParkedMeters {
  std::atomic<std::size_t> count{0};
  std::atomic<Time> oldest{kNever};
};

struct EngineMeters {
  std::deque<LaneMeters> lanes;
  CommitMeters commit;
  ParkedMeters parked;
};

}  // namespace treaty
