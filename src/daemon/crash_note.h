// What a crash leaves behind for the next start: the transaction that the crashing thread was at
// work on, in a file beside the database.

#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace treaty::daemon {

// Handles SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT from now on: notes the transaction of the
// thread in `path`, then lets the signal do what it did before. Once per process.
Status NoteCrashesIn(const std::string& path);

// The transactions noted, each once, in order.
std::vector<std::string> ReadCrashNotes(const std::string& path);

// Call it when they have been counted.
void ClearCrashNotes(const std::string& path);

}  // namespace treaty::daemon
