#include "sim/checked_store.h"

#include <memory>
#include <vector>

namespace treaty::sim {

CommitFault CheckedStore::DrawFault(bool& late) {
  const Swarm& swarm = *ports_.swarm;
  if (!swarm.faults || !ports_.rng->PerMille(swarm.store_fault)) return CommitFault::kNone;
  // What is late may outlive its sender, where that one was not alone.
  switch (ports_.rng->Between(swarm.leased ? 0 : 1, 3)) {
    case 0:
      ports_.marks->Hit(Mark::kCommitLate);
      late = true;
      return CommitFault::kLostRequest;
    case 1:
      ports_.marks->Hit(Mark::kCommitRefused);
      return CommitFault::kRefused;
    case 2:
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
  caller_.crash(stored ? Mark::kCrashWhileCommitting : Mark::kCrashBeforeCommit);
  return true;
}

treaty::Status CheckedStore::Commit(std::span<const Write> writes, std::span<Verdict> verdicts) {
  bool late = false;
  CommitFault fault = DrawFault(late);
  const bool crash = DrawCrash(fault);
  MaybeLockARow(writes);
  store_->InjectFault(fault);
  const treaty::Status status = store_->Commit(writes, verdicts);
  const bool reached = fault == CommitFault::kNone || fault == CommitFault::kLostAnswer;
  const bool blocked = status.code() == Code::kBlocked;
  if (blocked) ports_.marks->Hit(Mark::kRowLocked);
  const bool landed = reached && !blocked;
  if (landed) Tell(writes, verdicts, status.ok());
  if (late && !landed) CommitLater(writes);
  CountUnsure(status.code(), landed, crash);
  return status;
}

// Somebody's console holds it, for everybody who writes to the database.
void CheckedStore::MaybeLockARow(std::span<const Write> writes) {
  const Swarm& swarm = *ports_.swarm;
  if (swarm.row_lock == 0 || !swarm.faults || !ports_.rng->PerMille(swarm.row_lock)) return;
  const Write& write =
      writes[ports_.rng->Between(0, static_cast<std::uint32_t>(writes.size()) - 1)];
  const std::string name = write.edit != nullptr ? write.edit->key : write.txn->gid();
  store_->FailWritesOf(name, {Code::kBlocked, "somebody holds a lock"});
  const Time end = ports_.agenda->now() + ports_.rng->Millis(1, Swarm::kLongestRowLock.count());
  ports_.agenda->Add(end, Agenda::Side::kWorld,
                     [store = store_, name] { store->FailWritesOf(name, {}); });
}

namespace {

// A commit that is still on its way, with all that it points to.
struct Travelling {
  explicit Travelling(std::span<const Write> sent) : writes(sent.begin(), sent.end()) {
    txns.reserve(writes.size());
    edits.reserve(writes.size());
    for (Write& write : writes) {
      if (write.txn != nullptr) write.txn = &txns.emplace_back(*write.txn);
      if (write.edit != nullptr) write.edit = &edits.emplace_back(*write.edit);
    }
  }

  std::vector<Write> writes;
  std::vector<Txn> txns;
  std::vector<KvEdit> edits;
};

}  // namespace

// The request is under way when everybody believes that it is lost; its sender may be gone by then.
void CheckedStore::CommitLater(std::span<const Write> writes) {
  const auto sent = std::make_shared<Travelling>(writes);
  const Time at = ports_.agenda->now() + ports_.rng->Millis(1, 5'000);
  ports_.agenda->Add(at, Agenda::Side::kWorld, [ports = ports_, process = caller_.process, sent] {
    std::vector<Verdict> verdicts(sent->writes.size(), Verdict::kStored);
    ports.store->InjectFault(CommitFault::kNone);
    if (!ports.store->Commit(sent->writes, verdicts).ok()) return;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      ports.trace(sent->writes[i].write_id, static_cast<std::uint64_t>(verdicts[i]));
      if (verdicts[i] == Verdict::kStored) ports.marks->Hit(Mark::kLateCommitLanded);
      ports.checker->OnWrite(process, sent->writes[i], verdicts[i], false, ports.agenda->now());
    }
  });
}

void CheckedStore::Tell(std::span<const Write> writes, std::span<const Verdict> verdicts,
                        bool heard) {
  for (std::size_t i = 0; i < writes.size(); ++i) {
    ports_.trace(writes[i].write_id, static_cast<std::uint64_t>(verdicts[i]));
    ports_.checker->OnWrite(caller_.process, writes[i], verdicts[i], heard, ports_.agenda->now());
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
  ports_.checker->OnRead(caller_.process, gid);
  return store_->Load(gid);
}

treaty::Status CheckedStore::BeginLease(const LeaseTerms& terms) {
  treaty::Status status = store_->BeginLease(terms);
  if (!status.ok()) return status;
  (*holders_)[terms.owner] = caller_.process;
  lease_end_ = ports_.agenda->now() + terms.length;
  ports_.checker->leases.OnHeld(caller_.process, lease_end_);
  return status;
}

// A renewal without an answer may have been made or not.
treaty::Status CheckedStore::RenewLease(const LeaseTerms& terms) {
  const bool away = LeasesAreAway();
  if (away && !renewals_arrive_) return {Code::kUnavailable, "no answer, not renewed"};
  const Time now = ports_.agenda->now();
  treaty::Status status = store_->RenewLease(terms);
  if (status.code() == Code::kFailedPrecondition) ports_.marks->Hit(Mark::kLeaseLost);
  if (!status.ok()) return status;
  if (lease_end_ < now && !away) ports_.marks->Hit(Mark::kLeaseOut);
  lease_end_ = now + terms.length;
  ports_.checker->leases.OnHeld(caller_.process, lease_end_);
  return away ? treaty::Status{Code::kUnknown, "no answer, but renewed"} : status;
}

treaty::Status CheckedStore::EndLease(const std::string& owner) {
  ports_.checker->leases.OnHeld(caller_.process, kNever);
  return store_->EndLease(owner);
}

treaty::Status CheckedStore::ReapLease(const LeaseRow& found) {
  treaty::Status status = store_->ReapLease(found);
  if (!status.ok()) return status;
  ports_.marks->Hit(Mark::kReaped);
  ports_.checker->leases.OnHeld(holders_->at(found.owner), kNever);
  return status;
}

bool CheckedStore::LeasesAreAway() {
  const Time now = ports_.agenda->now();
  const Swarm& swarm = *ports_.swarm;
  if (swarm.faults && now >= leases_back_ && ports_.rng->PerMille(swarm.lease_trouble)) {
    leases_back_ = now + ports_.rng->Millis(1, 20'000);
    renewals_arrive_ = ports_.rng->Percent(20);
  }
  if (!swarm.faults) leases_back_ = kNever;
  return now < leases_back_;
}

bool CheckedStore::ReadFails() {
  const bool fails = ports_.swarm->faults && ports_.rng->PerMille(ports_.swarm->read_fault);
  if (fails) ports_.marks->Hit(Mark::kReadFailed);
  return fails;
}

}  // namespace treaty::sim
