// What a resolver remembers of names: only so many, those longest unused go first.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

#include "runtime/lookup_threads.h"

namespace treaty {

class KnownNames {
 public:
  using Steady = std::chrono::steady_clock;

  static constexpr std::size_t kMost = 10'000;
  // So many of them are names that were never resolved; more only where there is room.
  static constexpr std::size_t kKeptForUnresolved = 1'000;

  struct Known {
    Result<Addresses> answer;
    Steady::time_point fresh_until;
    Steady::time_point usable_until;
    std::uint32_t failures = 0;                          // In a row.
    bool resolved = false;                               // At any time.
    std::list<const std::string*>::iterator place = {};  // Of this class alone.
  };

  // Null: nothing is known. What is returned counts as just used, and lives until the next Of.
  Known* Find(const std::string& name);

  // The same, and what is not there yet is made; others may have to go.
  Known& Of(const std::string& name);

  // It has been resolved.
  void MarkResolved(Known& known);

 private:
  using Line = std::list<const std::string*>;  // The last used at the end.
  Line& LineOf(const Known& known) { return known.resolved ? resolved_ : unresolved_; }
  void DropOne();

  std::unordered_map<std::string, Known> names_;
  Line resolved_;
  Line unresolved_;
};

}  // namespace treaty
