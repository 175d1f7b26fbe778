// What kind of load, on whom, for how long.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace treaty::bench {

struct LoadOptions {
  std::string url = "http://127.0.0.1:36789/api/dtmsvr/submit";
  std::string participant = "http://127.0.0.1:36800";
  int clients = 64;         // Connections; each has one request under way at most.
  double rate = 0;          // Requests a second, whatever the replies do; 0: closed loop.
  double seconds = 5;       // Of measuring.
  double warmup = 1;        // Seconds before, not counted.
  std::uint64_t count = 0;  // Stop after that many replies; 0: by time.
  double timeout = 30;      // Seconds until the end gives up waiting for replies.

  std::string model = "saga";  // Or tcc, xa, msg, prepared-msg, workflow.
  int branches = 2;
  bool concurrent = false;
  bool wait_result = true;
  std::optional<int> update_branch_sync;  // Left out of the request where not given.
  std::int64_t retry_interval = 0;
  std::int64_t request_timeout = 0;
  std::string action = "/action";
  std::string compensate = "/compensate";
  int payload_bytes = 16;
  std::string gid_prefix;  // Empty: drawn at random.

  int pid = 0;  // Of the coordinator; 0: its use of the machine is not measured.
  bool json = false;
};

// Returns the exit code if the program is to end at once.
std::optional<int> ParseLoadOptions(int argc, char** argv, LoadOptions& out);

}  // namespace treaty::bench
