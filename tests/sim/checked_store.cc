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

treaty::Status CheckedStore::Commit(std::span<const Write> writes, std::span<Verdict> verdicts) {
  const Swarm& swarm = *ports_.swarm;
  CommitFault fault = DrawFault();
  const bool crash = swarm.faults && ports_.rng->PerMille(swarm.commit_crash);
  if (crash) {  // The process ends with this event: stored or not, it will not hear of it.
    const bool stored = ports_.rng->Percent(50);
    fault = stored ? CommitFault::kLostAnswer : CommitFault::kLostRequest;
    ports_.crash(stored ? Mark::kCrashWhileCommitting : Mark::kCrashBeforeCommit);
  }
  store_->InjectFault(fault);
  const treaty::Status status = store_->Commit(writes, verdicts);
  const bool landed = fault == CommitFault::kNone || fault == CommitFault::kLostAnswer;
  for (std::size_t i = 0; i < writes.size() && landed; ++i) {
    ports_.trace(writes[i].write_id, static_cast<std::uint64_t>(verdicts[i]));
    ports_.checker->OnWrite(writes[i], verdicts[i], ports_.clock->Now());
  }
  if (unsure_ && landed && !crash) {
    ports_.marks->Hit(unsure_stored_ ? Mark::kUnknownSettledStored : Mark::kUnknownSettledAgain);
  }
  if (landed || status.code() == Code::kUnknown) {
    unsure_ = status.code() == Code::kUnknown && !crash;
    unsure_stored_ = landed;
  }
  return status;
}

Result<std::optional<StoredTxn>> CheckedStore::Load(const std::string& gid) {
  if (ReadFails()) return Broken();
  return store_->Load(gid);
}

bool CheckedStore::ReadFails() {
  const bool fails = ports_.swarm->faults && ports_.rng->PerMille(ports_.swarm->read_fault);
  if (fails) ports_.marks->Hit(Mark::kReadFailed);
  return fails;
}

}  // namespace treaty::sim
