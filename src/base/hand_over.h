// Makes visible to ThreadSanitizer what it cannot see: that a library which is not instrumented
// carried something of ours from one thread to another.

#pragma once

#include <atomic>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TREATY_SHOWS_HAND_OVERS
#endif
#endif

namespace treaty::hand_over {

#ifdef TREATY_SHOWS_HAND_OVERS

inline std::atomic<unsigned> handed{0};

// Before something is given to the library, and when it has come back on another thread: all that
// was given before then counts as seen.
inline void Give() { handed.fetch_add(1, std::memory_order_release); }
inline void Take() { handed.load(std::memory_order_acquire); }

#else

inline void Give() {}
inline void Take() {}

#endif

}  // namespace treaty::hand_over
