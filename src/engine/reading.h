// Reads of the store on behalf of requests, as many as may wait.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "base/loop.h"
#include "base/status.h"
#include "engine/lane.h"

namespace treaty {

// What has waited for so long for those before it is not begun: with the time that the store takes
// itself it would be answered too late.
inline constexpr Duration kReadWithin = std::chrono::seconds(2);

inline Status ReadTooLate() {
  return {Code::kUnavailable, "the store does not answer in time; try again"};
}

// Counts one more read that waits; false: too many do.
inline bool TakeWaitingRead(Shared& shared) {
  if (shared.waiting_reads.fetch_add(1) < shared.config.limits.waiting_reads) return true;
  shared.waiting_reads.fetch_sub(1);
  return false;
}

inline Status TooManyReads() {
  return {Code::kResourceExhausted, "too many reads are waiting; try again later"};
}

// Runs `read` where the store may be asked and `done` with its result on `loop`; refuses beyond the
// limit.
template <typename T>
void Read(Shared& shared, Loop& loop, std::function<Result<T>()> read,
          std::function<void(Result<T>)> done) {
  if (!TakeWaitingRead(shared)) {
    return loop.Post([done = std::move(done)] { done(TooManyReads()); });
  }
  const Time asked = shared.Now();
  shared.reads->Post([&shared, &loop, asked, read = std::move(read), done = std::move(done)] {
    const bool late = shared.Now() >= asked + kReadWithin;
    auto result = std::make_shared<Result<T>>(late ? Result<T>(ReadTooLate()) : read());
    shared.waiting_reads.fetch_sub(1);
    loop.Post([result, done] { done(std::move(*result)); });
  });
}

}  // namespace treaty
