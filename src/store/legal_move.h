// The table of legal status moves (core/txn.h), as the stores enforce it on every update.

#pragma once

#include "core/txn.h"

namespace treaty {

// One bit per status, at its own value.
using StatusSet = unsigned;

constexpr bool Contains(StatusSet set, TxnStatus status) {
  return ((set >> static_cast<unsigned>(status)) & 1U) != 0;
}

// Returns the stored statuses from which an update may go to the status of `txn`.
StatusSet LegalPredecessors(const Txn& txn);

}  // namespace treaty
