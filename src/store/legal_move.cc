// Turns the table of legal moves, which looks forward, into the set that an update asks about.

#include "store/legal_move.h"

namespace treaty {

StatusSet LegalPredecessors(const Txn& txn) {
  const bool forced = txn.force.when != kNever;
  StatusSet set = 0;
  for (const TxnStatus from : {TxnStatus::kPrepared, TxnStatus::kSubmitted, TxnStatus::kAborting,
                               TxnStatus::kSucceed, TxnStatus::kFailed}) {
    if (IsLegalMove(txn.body->model, from, txn.status, forced)) {
      set |= 1U << static_cast<unsigned>(from);
    }
  }
  return set;
}

}  // namespace treaty
