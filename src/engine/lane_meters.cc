// What a lane counts of its work. Nothing is decided by it.

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

void Lane::NoteOldest() {
  Time oldest = kNever;
  for (const auto& [gid, entry] : entries_) {
    const bool counts = entry->knowledge == Entry::Knowledge::kPresent && !entry->txn.IsFinished();
    if (counts && (oldest == kNever || entry->txn.created < oldest)) oldest = entry->txn.created;
  }
  meters_.oldest.store(oldest, std::memory_order_relaxed);
}

}  // namespace treaty
