// A phase in which every branch is called until it has succeeded: the deliveries of a message,
// the second phase of TCC and XA. There is no way back from it, so no answer ends it but success.

#pragma once

#include "core/change.h"
#include "core/step.h"
#include "core/txn.h"

namespace treaty {

struct Delivery {
  Op op = Op::kAction;        // kAction or kCompensate.
  bool newest_first = false;  // In the reverse of the branches' order.
  bool concurrent = false;    // No branch waits for another.
  TxnStatus end = TxnStatus::kSucceed;
};

// Takes the reply to a call of this phase; a late or doubled one changes nothing.
Durability OnDelivered(const Delivery& delivery, const Replied& reply, const Change& change);

// Records success for branches whose turn has come and that have no URL; ends the transaction
// when all are done.
Durability TickDelivery(const Delivery& delivery, const Change& change);

// Adds the calls that are due.
void PlanDelivery(const Delivery& delivery, const Txn& txn, Time now, Duties& duties);

}  // namespace treaty
