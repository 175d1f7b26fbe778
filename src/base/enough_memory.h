// Where what others send decides how much memory is asked for at once: that there is none just now
// is never their mistake, and no reason to end the process.

#pragma once

#include <new>

#include "base/status.h"

namespace treaty {

inline Status NoMemoryNow() {
  return {Code::kResourceExhausted, "there is not enough memory just now; try again later"};
}

// Returns what `make` returns, a Status or a Result; NoMemoryNow if it could not have the memory.
// `make` has changed nothing when that happens.
template <typename Make>
auto WithinMemory(Make make) -> decltype(make()) {
  try {
    return make();
  } catch (const std::bad_alloc&) {
    return NoMemoryNow();
  }
}

}  // namespace treaty
