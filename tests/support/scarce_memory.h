// Memory that runs out when told so, in a program that links scarce_memory.cc: it replaces the
// operators new and delete.

#pragma once

#include <cstddef>

namespace treaty::testing {

// While it lives, its thread gets no piece of memory of more than `most` bytes.
class ScarceMemory {
 public:
  explicit ScarceMemory(std::size_t most);
  ~ScarceMemory();
  ScarceMemory(const ScarceMemory&) = delete;
  ScarceMemory& operator=(const ScarceMemory&) = delete;

  // How many pieces this thread was refused since the last one began.
  static std::size_t refused();
};

}  // namespace treaty::testing
