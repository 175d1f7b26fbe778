#include "core/message.h"

#include <algorithm>

#include "base/canary.h"
#include "core/backoff.h"
#include "core/change.h"
#include "core/delivery.h"
#include "core/rollback_reason.h"

namespace treaty::message {
namespace {

constexpr auto kUnchanged = Durability::kUnchanged;

Delivery DeliveryOf(const Txn& txn) {
  return {.op = Op::kAction,
          .newest_first = false,
          .concurrent = txn.terms->concurrent_option,
          .end = TxnStatus::kSucceed};
}

// Before this time nothing is delivered (M5).
Time DeliveryStart(const Txn& txn) {
  if (canary::Armed(canary::Canary::kNoDelay)) return txn.created;
  return txn.created + ToDuration(txn.terms->delay);
}

Durability OnChecked(const Replied& reply, const Change& change) {
  Txn& txn = change.txn;
  switch (reply.outcome) {
    case Outcome::kSuccess:
      return Enter(change, TxnStatus::kSubmitted);
    case Outcome::kFailure:
      txn.rollback_reason = ActionFailedReason(txn.body->query_prepared, reply.text);
      return Finish(change, TxnStatus::kFailed);
    case Outcome::kOngoing:
      txn.backoff = 0;
      return WaitFor(change, RetryInterval(txn, change.policy));
    case Outcome::kUnknown:
      if (canary::Armed(canary::Canary::kUnknownSubmits))
        return Enter(change, TxnStatus::kSubmitted);
      return BackOff(change);
    case Outcome::kNotSent:
      return BackOff(change);
  }
  return kUnchanged;
}

Durability On(const Replied& reply, const Change& change) {
  const TxnStatus status = change.txn.status;
  if (reply.op == Op::kAction && status == TxnStatus::kSubmitted) {
    return OnDelivered(DeliveryOf(change.txn), reply, change);
  }
  const bool asked = reply.op == Op::kQuery && status == TxnStatus::kPrepared;
  const Durability durability = asked ? OnChecked(reply, change) : kUnchanged;
  if (reply.round_over) change.txn.live.backed_off = false;
  return durability;
}

Durability On(const Ticked&, const Change& change) {
  const Txn& txn = change.txn;
  const bool unasked = canary::Armed(canary::Canary::kNoCheckBack) &&
                       txn.status == TxnStatus::kPrepared &&
                       change.event.now >= PreparedDeadline(txn, change.policy);
  if (unasked) return Enter(change, TxnStatus::kSubmitted);
  const bool may = txn.status == TxnStatus::kSubmitted && change.event.now >= DeliveryStart(txn);
  return may ? TickDelivery(DeliveryOf(txn), change) : kUnchanged;
}

Durability On(const Submitted& submit, const Change& change) {
  if (change.txn.status != TxnStatus::kPrepared) return kUnchanged;
  if (submit.terms) change.txn.terms = submit.terms;
  return Enter(change, TxnStatus::kSubmitted);
}

Durability On(const Aborted& abort, const Change& change) {
  if (change.txn.status != TxnStatus::kPrepared) return kUnchanged;
  change.txn.rollback_reason = CutReason(abort.reason);
  return Finish(change, TxnStatus::kFailed);
}

Durability On(const ForceStopped& forced, const Change& change) {
  return OnForceStopped(forced, change);
}

Durability On(const DueReset&, const Change& change) { return OnDueReset(change); }

// What means nothing to a message.
template <typename Other>
Durability On(const Other&, const Change&) {
  return kUnchanged;
}

}  // namespace

Decision Apply(const Txn& txn, const Event& event, const Policy& policy) {
  return Decide(txn, event, policy,
                [](const auto& what, const Change& change) { return On(what, change); });
}

Duties Plan(const Txn& txn, Time now, const Policy& policy) {
  Duties duties;
  if (txn.status == TxnStatus::kPrepared) {
    PlanQuery(std::max(PreparedDeadline(txn, policy), txn.due), now, duties);
  } else if (txn.status == TxnStatus::kSubmitted && now < DeliveryStart(txn)) {
    WakeBy(duties, DeliveryStart(txn));
  } else if (txn.status == TxnStatus::kSubmitted) {
    PlanDelivery(DeliveryOf(txn), txn, now, duties);
  }
  return duties;
}

}  // namespace treaty::message
