// What treatyd's exit code tells; kExitStoreFailed is in store/sqlite/sqlite_store.h.

#pragma once

namespace treaty::daemon {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;      // The start failed: port, store, log file.
inline constexpr int kExitLeaseLost = 75;  // Another process has taken over; start again.
inline constexpr int kExitConfig = 2;      // The configuration or the command line is wrong.

}  // namespace treaty::daemon
