#include "support/scarce_memory.h"

#include <cstdint>
#include <cstdlib>
#include <new>

namespace treaty::testing {
namespace {

thread_local std::size_t most_bytes = SIZE_MAX;
thread_local std::size_t times_refused = 0;

void* Allocate(std::size_t bytes) {
  if (bytes <= most_bytes) return std::malloc(bytes == 0 ? 1 : bytes);
  ++times_refused;
  return nullptr;
}

void* AllocateOrThrow(std::size_t bytes) {
  if (void* const memory = Allocate(bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace

ScarceMemory::ScarceMemory(std::size_t most) {
  most_bytes = most;
  times_refused = 0;
}

ScarceMemory::~ScarceMemory() { most_bytes = SIZE_MAX; }

std::size_t ScarceMemory::refused() { return times_refused; }

}  // namespace treaty::testing

void* operator new(std::size_t bytes) { return treaty::testing::AllocateOrThrow(bytes); }
void* operator new[](std::size_t bytes) { return treaty::testing::AllocateOrThrow(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  return treaty::testing::Allocate(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  return treaty::testing::Allocate(bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t& /*tag*/) noexcept { std::free(memory); }
