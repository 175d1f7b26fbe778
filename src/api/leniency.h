// Says in the log what is let pass in clients' requests where a strict reading would refuse it, so
// that somebody mends the client. One place for every door.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "core/request.h"

namespace treaty::api {

// Safe for concurrent use; takes no lock, and no memory that requests could make grow.
class LeniencyLog {
 public:
  using Steady = std::chrono::steady_clock;

  // A kind is written about so often at most.
  static constexpr std::chrono::minutes kPause{1};

  // `log` outlives it.
  explicit LeniencyLog(Log& log, std::function<Steady::time_point()> now = Steady::now)
      : log_(log), now_(std::move(now)) {}

  // A line says how many the kind's last pause has kept unsaid.
  void Note(const TxnRequest& request) {
    if (request.leniencies.any()) NoteEach(request.leniencies, request.body->gid);
  }
  void Note(const AbortRequest& request) {
    if (request.leniencies.any()) NoteEach(request.leniencies, request.gid);
  }

 private:
  struct Kind {
    std::atomic<Steady::rep> quiet_until{Steady::duration::min().count()};
    std::atomic<std::uint64_t> unsaid{0};
  };

  void NoteEach(const LeniencySet& seen, std::string_view gid);
  bool MaySpeak(Kind& kind) const;

  Log& log_;
  const std::function<Steady::time_point()> now_;
  std::array<Kind, kLeniencyCount> kinds_;
};

}  // namespace treaty::api
