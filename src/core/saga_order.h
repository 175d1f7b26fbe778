// Which steps of a saga may be called next, in either direction. Steps without a URL are
// settled here: they are done as soon as their turn comes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/txn.h"

namespace treaty::saga {

// Whether the steps that action `step` waits for have all succeeded.
bool IsItsTurn(const Txn& txn, std::size_t step);

bool AllActionsDone(const Txn& txn);

// Records success for every action whose turn has come and that has no URL, until none is left.
// Returns whether there was any.
bool SettleActions(Txn& txn, Time now);

// Whether the rollback has still to compensate this step: its action took effect, or may have.
bool IsOwed(const Branch& branch);

// The order of a rollback: newest first, or the reverse of the orders if concurrent. Valid
// until the branches change in another way than through Settle.
class RollbackOrder {
 public:
  explicit RollbackOrder(const Txn& txn);

  bool AnyOwed() const { return owed_ > 0; }

  // Whether the compensation of an owed step may start: nothing that built on it is still owed.
  bool IsItsTurn(std::size_t step) const;

  // Records success for every compensation whose turn has come and that has no URL, until none
  // is left. Returns whether there was any.
  bool Settle(Txn& txn, Time now);

 private:
  std::vector<std::size_t> Ready(const Txn& txn) const;
  void Release(const Txn& txn, std::size_t step, std::vector<std::size_t>& ready);
  void Unblock(const Txn& txn, std::size_t step, std::vector<std::size_t>& ready);

  bool sequential_;
  std::size_t owed_ = 0;
  std::size_t newest_ = 0;               // The newest owed step; valid if any is owed.
  std::vector<std::uint32_t> blockers_;  // Concurrent with orders: owed steps built on each.
};

}  // namespace treaty::saga
