// What a lane counts of its work and tells operators. Nothing is decided by it.

#include <algorithm>

#include "engine/lane.h"

namespace treaty {
namespace {

std::uint64_t Micros(std::chrono::nanoseconds span) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(span).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(micros, 0));
}

}  // namespace

void Lane::CountCall(Model model, Op op, Outcome outcome, Steady::time_point begun) {
  OkOrNot& counts = meters_.calls[Index(model)][Index(op)];
  (outcome == Outcome::kSuccess ? counts.ok : counts.fail).Add();
  meters_.call_time[Index(outcome)].Observe(Micros(Steady::now() - begun));
}

void Lane::CountEnd(const Txn& txn) {
  OkOrNot& counts = meters_.finished[Index(txn.body->model)];
  (txn.status == TxnStatus::kSucceed ? counts.ok : counts.fail).Add();
  meters_.age[Index(txn.body->model)].Observe(Micros(txn.finished - txn.created));
}

// A participant has been silent too often in a row; that a client is, is no operator's affair.
void Lane::AlertIfSilent(const Event& event, const Txn& next) const {
  const auto* reply = std::get_if<Replied>(&event.what);
  if (reply == nullptr || reply->op == Op::kQuery) return;
  const bool silent = reply->outcome != Outcome::kSuccess && reply->outcome != Outcome::kOngoing;
  if (!silent || next.backoff < shared_.config.alert_retry_limit || next.IsFinished()) return;
  shared_.alerts->Raise({.gid = next.gid(),
                         .status = next.status,
                         .branch = UrlOf(next, reply->branch.value, reply->op),
                         .error = reply->text,
                         .retry_count = next.backoff});
}

void Lane::NoteOldest() {
  Time oldest = kNever;
  for (const auto& [gid, entry] : entries_) {
    const bool counts = entry->knowledge == Entry::Knowledge::kPresent && !entry->txn.IsFinished();
    if (counts && (oldest == kNever || entry->txn.created < oldest)) oldest = entry->txn.created;
  }
  meters_.oldest.store(oldest, std::memory_order_relaxed);
}

}  // namespace treaty
