// What the committer makes of a store that refuses a batch, or does not tell what became of it.

#include <algorithm>
#include <bit>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "base/canary.h"
#include "engine/committer.h"

namespace treaty {
namespace {

// Of one that stands alone: a lock may be gone at once, a mistake will not.
constexpr Duration kFirstPause = std::chrono::milliseconds(50);
constexpr Duration kFirstPauseAfterMistake = std::chrono::seconds(1);
// Whoever held a lock on it finds it stored this soon after he let it go.
constexpr Duration kLastPause = std::chrono::seconds(5);

// What was set apart for a mistake is tried again this often at the most, all of it together.
constexpr Duration kPausePerMistake = std::chrono::milliseconds(10);

// After so many mistakes in a row it is asked whether they are the store's.
constexpr std::size_t kMostInVain = 32;

// So many writes of a kind are named in the log per minute; the others are counted.
constexpr std::size_t kMostNamed = 20;
constexpr Duration kNamingPeriod = std::chrono::minutes(1);

// Gids that somebody has held a lock on; with more, the next is waited for once more.
constexpr std::size_t kMostBlocked = 10'000;
constexpr Duration kBlockedRemembered = std::chrono::seconds(10);

}  // namespace

// Nothing was stored and nothing else would be. What clients have asked for ends here: they are
// told and may come again. The rest stays.
void Committer::Retry(const Status& status) {
  ports_.log->Write(LogLevel::kError, "", "store: " + status.message() + "; trying again");
  EndClients(batch_, status);
  for (auto& piece : pieces_) EndClients(piece, status);
  std::erase_if(pieces_, [](const auto& piece) { return piece.empty(); });
  in_vain_ = 0;
  retry_delay_ = LongerDelay();
}

void Committer::EndClients(std::vector<CommitJob>& jobs, const Status& status) {
  std::erase_if(jobs, [&](CommitJob& job) {
    const bool ends = job.EndsByRefusal();
    if (ends) Finish(job, status);
    return ends;
  });
}

// Nothing was stored because of something in it. Its halves are tried for themselves; updates apart
// from the rest first, for what blocks an insert blocks all inserts near it.
void Committer::Divide(const Status& status) {
  retry_delay_ = Duration(0);
  if (status.code() != Code::kBlocked && ++in_vain_ > kMostInVain) {
    if (!TakesAny()) {
      return Retry({Code::kUnavailable, "the store takes no writes just now; try again later"});
    }
    in_vain_ = 0;
  }
  if (batch_.size() == 1) return SetApart(status);
  PutBack();
  if (batch_.empty()) return;
  std::vector<CommitJob> first;
  std::vector<CommitJob> last;
  const auto update = [](const CommitJob& job) { return job.write.kind == Write::Kind::kUpdate; };
  const bool mixed = !std::ranges::all_of(batch_, update) && std::ranges::any_of(batch_, update);
  const std::size_t half = (batch_.size() + 1) / 2;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const bool early = mixed ? update(batch_[i]) : i < half;
    (early ? first : last).push_back(std::move(batch_[i]));
  }
  batch_.clear();
  if (!last.empty()) pieces_.push_front(std::move(last));
  pieces_.push_front(std::move(first));
}

// Whether the store can be asked for a write at all: one of a version that no record has reached,
// so that nothing comes of it. Then it is the writes that are wrong, however many.
bool Committer::TakesAny() {
  Txn txn;
  auto body = std::make_shared<Body>();
  body->gid = "no-such-transaction";
  txn.body = std::move(body);
  txn.terms = std::make_shared<Terms>();
  txn.version = std::uint64_t{1} << 62;
  const Write write{.kind = Write::Kind::kUpdate, .txn = &txn, .impatient = true};
  Verdict verdict = Verdict::kStored;
  const Status status = ports_.store->Commit({&write, 1}, {&verdict, 1});
  return status.ok() || status.code() == Code::kBlocked;
}

// They wait again, and may be called off. Where somebody holds a lock on one, that is known by now:
// it is not waited for a second time.
void Committer::PutBack() {
  std::erase_if(batch_, [this](CommitJob& job) {
    job.write.impatient = true;
    const bool drops = job.EndsByRefusal() && !job.recall->WaitAgain();
    if (drops) Finish(job, Status(Code::kUnavailable, "called off when it had not been stored"));
    return drops;
  });
}

// It stands alone. A client is told; anything else has to be stored, but keeps nobody waiting.
void Committer::SetApart(const Status& status) {
  CommitJob job = std::move(batch_.front());
  batch_.clear();
  ++job.refusals;
  LogCulprit(job, status);
  const bool blocked = status.code() == Code::kBlocked;
  if (blocked && job.write.txn != nullptr && blocked_.size() < kMostBlocked) {
    blocked_[job.write.txn->gid()] = ports_.store->clock().Now() + kBlockedRemembered;
  }
  if (job.EndsByRefusal()) return Finish(job, status);
  job.write.impatient = true;
  if (!blocked) ++mistaken_;
  const Duration first = blocked ? kFirstPause : kFirstPauseAfterMistake;
  job.pause = std::clamp(job.pause * 2, first, kLastPause);
  const auto all = static_cast<std::int64_t>(mistaken_);
  const Duration pause = blocked ? job.pause : std::max(job.pause, kPausePerMistake * all);
  auto apart = std::make_shared<CommitJob>(std::move(job));
  ports_.loop->After(pause, [this, apart, blocked] {
    if (!blocked) --mistaken_;
    pieces_.emplace_back().push_back(std::move(*apart));
    GoOn();
  });
}

// Each is named at first; one that still cannot be stored, at ever longer intervals. A lock is a
// passing matter of somebody else's; whatever else it is will not pass by itself.
void Committer::LogCulprit(const CommitJob& job, const Status& status) {
  const bool blocked = status.code() == Code::kBlocked;
  if (blocked ? job.refusals > 1 : !std::has_single_bit(job.refusals)) return;
  Naming& naming = blocked ? locked_named_ : mistaken_named_;
  if (!MayName(naming)) return;
  const std::size_t unnamed = std::exchange(naming.unnamed, 0);
  const std::string others =
      unnamed > 0 ? "; and " + std::to_string(unnamed) + " that were not named" : "";
  const bool edit = job.write.kind == Write::Kind::kEdit;
  const std::string& name = edit ? job.write.edit->key : job.write.txn->gid();
  if (blocked) {
    ports_.log->Write(
        LogLevel::kWarn, name,
        "store: somebody holds a lock on this one, others go on: " + status.message() + others);
  } else {
    ports_.log->Write(
        LogLevel::kError, name,
        "store: this one cannot be stored, others go on: " + status.message() + others);
  }
}

bool Committer::MayName(Naming& naming) const {
  const Time now = ports_.store->clock().Now();
  if (now >= naming.until) {
    naming.until = now + kNamingPeriod;
    naming.named = 0;
  }
  const bool may = naming.named < kMostNamed;
  ++(may ? naming.named : naming.unnamed);
  return may;
}

// One that somebody held a lock on a moment ago need not be waited for to know it.
void Committer::MarkImpatient(std::vector<Write>& writes) {
  const Time now = ports_.store->clock().Now();
  std::erase_if(blocked_, [now](const auto& known) { return known.second <= now; });
  for (Write& write : writes) {
    if (write.txn != nullptr && blocked_.contains(write.txn->gid())) write.impatient = true;
  }
}

// The batch may have landed, or may still land. Writing it again under new ids settles that:
// either the new write lands, and the old one no longer can, or it is refused, and the stored
// id tells whose write was there first.
void Committer::SettleUnknown(const Status& status) {
  if (canary::Armed(canary::Canary::kUnknownSettledByRead)) return SettleByReading(status);
  ports_.log->Write(LogLevel::kWarn, "", "store: outcome unknown: " + status.message());
  for (CommitJob& job : batch_) {
    if (job.former_ids.empty() && job.unsure) job.loop->Post(std::move(job.unsure));
    job.former_ids.push_back(job.write.write_id);
    job.write.write_id = ports_.random->Next();
  }
  retry_delay_ = LongerDelay();
}

// A mistake: what is not there may still come.
void Committer::SettleByReading(const Status& status) {
  for (CommitJob& job : std::exchange(batch_, {})) {
    const auto stored = StoredWriteId(job.write);
    const bool landed = stored.ok() && *stored == job.write.write_id;
    const bool update = job.write.kind == Write::Kind::kUpdate;
    if (landed) {
      Finish(job, Verdict::kStored);
    } else if (update) {
      Finish(job, Verdict::kStale);
    } else {
      Finish(job, Status(Code::kUnavailable, status.message()));
    }
  }
}

// Takes the jobs out of the batch whose record could not be read: what was refused may be
// their own earlier try, so they come again with the next batch. `verdicts` keeps in step.
std::vector<CommitJob> Committer::SettleRefusals(std::vector<Verdict>& verdicts) {
  std::vector<CommitJob> unsettled;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const bool refused = verdicts[i] == Verdict::kExists || verdicts[i] == Verdict::kStale;
    const std::optional<bool> own = refused ? LandedEarlier(batch_[i]) : false;
    if (!own.has_value()) {
      unsettled.push_back(std::move(batch_[i]));
      continue;
    }
    verdicts[kept] = *own ? Verdict::kStored : verdicts[i];
    if (kept != i) batch_[kept] = std::move(batch_[i]);
    ++kept;
  }
  batch_.resize(kept);
  verdicts.resize(kept);
  return unsettled;
}

// The id of the write that the record or entry shows; nothing where there is none.
Result<std::optional<std::uint64_t>> Committer::StoredWriteId(const Write& write) {
  if (write.kind == Write::Kind::kEdit) {
    const auto entry = ports_.store->LoadKv(write.edit->cat, write.edit->key);
    if (!entry.ok()) return entry.status();
    return *entry ? std::optional((*entry)->write_id) : std::nullopt;
  }
  const auto stored = ports_.store->Load(write.txn->gid());
  if (!stored.ok()) return stored.status();
  return *stored ? std::optional((*stored)->write_id) : std::nullopt;
}

// Whether the record that refused this write was written by an earlier try of the same write;
// nothing if it cannot be read now. A damaged one counts as somebody else's: the lane then reads
// it again itself.
std::optional<bool> Committer::LandedEarlier(const CommitJob& job) {
  if (job.former_ids.empty()) return false;
  const auto stored = StoredWriteId(job.write);
  if (!stored.ok() && stored.status().code() != Code::kDataLoss) return std::nullopt;
  if (!stored.ok() || !stored->has_value()) return false;
  return std::ranges::find(job.former_ids, **stored) != job.former_ids.end();
}

}  // namespace treaty
