// How near the process is to the number of files that the system lets it open.
//
// The system hands out the lowest free number: the number of a new descriptor tells how many are in
// use at least, without counting any.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace treaty {

// Safe for concurrent use.
class Descriptors {
 public:
  using Steady = std::chrono::steady_clock;

  // How many are kept for the store, for logs, and for the connections of probes and operators: a
  // part of them at the most where there are few.
  static constexpr std::size_t kReserve = 64;

  // Of as many as `limit`.
  explicit Descriptors(std::size_t limit);

  // Of as many as the system allows at present.
  static std::size_t SystemLimit();

  // How many those are.
  std::size_t reserve() const { return reserve_; }

  // Whether a new descriptor may be kept for a connection; false: it is one of the reserve. That
  // they are short is then remembered.
  bool MayKeep(int descriptor);

  // One could not be had at all.
  void NoteNone();

  // Whether that was so within the last kShortFor.
  bool AreShort() const;
  static constexpr std::chrono::seconds kShortFor{2};

 private:
  const std::size_t reserve_;
  const std::size_t usable_;
  std::atomic<Steady::rep> short_until_;
};

}  // namespace treaty
