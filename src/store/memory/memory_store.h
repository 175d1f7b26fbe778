// A store in memory, for tests and the simulator. It can lose what was not synced, and fail
// before or after a commit, on command.

#pragma once

#include <memory>
#include <string>

#include "store/store.h"

namespace treaty {

// What the next commit does, besides its work. Only the simulator and tests ask for more than
// kNone.
enum class CommitFault : std::uint8_t {
  kNone,
  kRefused,      // Nothing is stored; kUnavailable.
  kLostAnswer,   // Everything is stored; kUnknown.
  kLostRequest,  // Nothing is stored; kUnknown.
};

class MemoryStore : public Store {
 public:
  // Sets the fault of the next commit.
  virtual void InjectFault(CommitFault fault) = 0;

  // From now on every commit fails with `status` that writes the transaction or the topic `name`,
  // or any if that is empty; until it is called with a status that is ok.
  virtual void FailWritesOf(const std::string& name, Status status) = 0;

  // The next `count` calls of Load and LoadKv fail with kUnavailable.
  virtual void FailLoads(int count) = 0;

  // The next `count` calls about leases fail with kUnavailable.
  virtual void FailLeases(int count) = 0;

  // How many transactions it holds.
  virtual std::size_t size() const = 0;
};

// `clock` is not owned and outlives the store.
std::unique_ptr<MemoryStore> MakeMemoryStore(const Clock& clock);

}  // namespace treaty
