// Invariants: conditions that only a mistake of ours can break.
//
// Never check data of a peer, a row or a file with these; reject such data instead.

#pragma once

namespace treaty {

// Prints the broken condition and its place, then aborts the process.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace treaty

// Aborts when `condition` is false; on in every build.
#define TREATY_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::treaty::CheckFailed(#condition, __FILE__, __LINE__))
