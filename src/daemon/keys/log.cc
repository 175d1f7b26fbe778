// What is logged, and where to.

#include "daemon/config.h"
#include "daemon/keys/row.h"
#include "daemon/keys/sections.h"

namespace treaty::daemon::keys {

// clang-format off
Section Logging() {
  return {"Logging", {
      Choice(Dtm("LogLevel"), {"info", {"debug", "info", "warn", "error"}}, [](Config& c, const std::string& v) { c.log.level = ParseLogLevel(v); },
             "Least level that is written; read again on SIGHUP"),
      Choice(Own("LogFormat"), {"text", {"text", "json"}}, [](Config& c, const std::string& v) { c.log.json = v == "json"; },
             "Form of a log line"),
      List(Dtm("Log.Outputs"), "stderr", [](Config& c, const std::string& v) { c.log.outputs = v; },
           "stderr, stdout or files, separated by commas; files are opened again on SIGHUP"),
      Count(Own("Log.QueueLines"), {8'192, 64, 1'000'000}, [](Config& c, std::size_t v) { c.log.queue_lines = v; },
            "Lines waiting to be written; beyond: the oldest is dropped, nothing waits"),
  }};
}
// clang-format on

}  // namespace treaty::daemon::keys
