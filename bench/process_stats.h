// What a process has used so far, as the kernel tells.

#pragma once

#include <cstdint>

namespace treaty::bench {

struct ProcessStats {
  bool ok = false;
  double cpu_s = 0;  // User and system.
  double user_s = 0;
  std::uint64_t rss_bytes = 0;
  std::uint64_t peak_rss_bytes = 0;
  std::uint64_t written_bytes = 0;  // Sent to the storage layer; 0 where it is not ours to see.
  std::uint64_t write_calls = 0;
  std::uint64_t context_switches = 0;
};

ProcessStats ReadProcessStats(int pid);

}  // namespace treaty::bench
