#include "sim/checked_store.h"

namespace treaty::sim {

CommitFault CheckedStore::DrawFault() {
  const Swarm& swarm = *ports_.swarm;
  if (!swarm.faults || !ports_.rng->PerMille(swarm.store_fault)) return CommitFault::kNone;
  switch (ports_.rng->Between(0, 2)) {
    case 0:
      ports_.marks->Hit(Mark::kCommitRefused);
      return CommitFault::kRefused;
    case 1:
      ports_.marks->Hit(Mark::kCommitAnswerLost);
      return CommitFault::kLostAnswer;
    default:
      ports_.marks->Hit(Mark::kCommitRequestLost);
      return CommitFault::kLostRequest;
  }
}

// The process ends with this event: stored or not, it will not hear of it.
bool CheckedStore::DrawCrash(CommitFault& fault) {
  const Swarm& swarm = *ports_.swarm;
  if (!swarm.faults || !ports_.rng->PerMille(swarm.commit_crash)) return false;
  const bool stored = ports_.rng->Percent(50);
  fault = stored ? CommitFault::kLostAnswer : CommitFault::kLostRequest;
  ports_.crash(stored ? Mark::kCrashWhileCommitting : Mark::kCrashBeforeCommit);
  return true;
}

treaty::Status CheckedStore::Commit(std::span<const Write> writes, std::span<Verdict> verdicts) {
  CommitFault fault = DrawFault();
  const bool crash = DrawCrash(fault);
  store_->InjectFault(fault);
  const treaty::Status status = store_->Commit(writes, verdicts);
  const bool landed = fault == CommitFault::kNone || fault == CommitFault::kLostAnswer;
  if (landed) Tell(writes, verdicts);
  CountUnsure(status.code(), landed, crash);
  return status;
}

void CheckedStore::Tell(std::span<const Write> writes, std::span<const Verdict> verdicts) {
  for (std::size_t i = 0; i < writes.size(); ++i) {
    ports_.trace(writes[i].write_id, static_cast<std::uint64_t>(verdicts[i]));
    ports_.checker->OnWrite(writes[i], verdicts[i], ports_.clock->Now());
  }
}

// A commit that lands settles an unknown one before it, and may be unknown itself.
void CheckedStore::CountUnsure(Code code, bool landed, bool crash) {
  if (unsure_ && landed && !crash) {
    ports_.marks->Hit(unsure_stored_ ? Mark::kUnknownSettledStored : Mark::kUnknownSettledAgain);
  }
  if (!landed && code != Code::kUnknown) return;
  unsure_ = code == Code::kUnknown && !crash;
  unsure_stored_ = landed;
}

Result<std::optional<StoredTxn>> CheckedStore::Load(const std::string& gid) {
  if (ReadFails()) return Broken();
  return store_->Load(gid);
}

treaty::Status CheckedStore::BeginLease(const LeaseTerms& terms) {
  treaty::Status status = store_->BeginLease(terms);
  if (status.code() == Code::kAlreadyExists) ports_.marks->Hit(Mark::kLeaseRefused);
  if (!status.ok()) return status;
  lease_end_ = ports_.clock->Now() + terms.length;
  ports_.checker->leases.OnHeld(lease_end_);
  return status;
}

// A renewal without an answer may have been made or not.
treaty::Status CheckedStore::RenewLease(const LeaseTerms& terms) {
  const bool away = LeasesAreAway();
  if (away && !renewals_arrive_) return {Code::kUnavailable, "no answer, not renewed"};
  const Time now = ports_.clock->Now();
  if (lease_end_ < now && !away) ports_.marks->Hit(Mark::kLeaseOut);
  treaty::Status status = store_->RenewLease(terms);
  if (status.code() == Code::kFailedPrecondition) ports_.marks->Hit(Mark::kLeaseLost);
  if (!status.ok()) return status;
  lease_end_ = now + terms.length;
  ports_.checker->leases.OnHeld(lease_end_);
  return away ? treaty::Status{Code::kUnknown, "no answer, but renewed"} : status;
}

treaty::Status CheckedStore::EndLease(const std::string& owner) {
  ports_.checker->leases.OnHeld(kNever);
  return store_->EndLease(owner);
}

bool CheckedStore::LeasesAreAway() {
  const Time now = ports_.clock->Now();
  const Swarm& swarm = *ports_.swarm;
  if (swarm.faults && now >= leases_back_ && ports_.rng->PerMille(swarm.lease_trouble)) {
    leases_back_ = now + ports_.rng->Millis(1, 20'000);
    renewals_arrive_ = ports_.rng->Percent(20);
  }
  if (!swarm.faults) leases_back_ = kNever;
  if (now < leases_back_ && now > lease_end_ && ports_.rng->Percent(10)) TakeLeaseAway();
  return now < leases_back_;
}

// Somebody else has it for a few seconds, and does nothing with it.
void CheckedStore::TakeLeaseAway() {
  const treaty::Status taken =
      store_->BeginLease({"rival", "rival/1", ports_.rng->Millis(1'000, 8'000)});
  if (taken.ok()) ports_.checker->leases.OnHeld(kNever);
}

bool CheckedStore::ReadFails() {
  const bool fails = ports_.swarm->faults && ports_.rng->PerMille(ports_.swarm->read_fault);
  if (fails) ports_.marks->Hit(Mark::kReadFailed);
  return fails;
}

}  // namespace treaty::sim
