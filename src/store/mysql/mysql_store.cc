// Opening: connect, check the server, upgrade, then one writing connection and a pool to read.

#include "store/mysql/mysql_store.h"

#include <mutex>
#include <optional>
#include <utility>

#include "store/mysql/kv_statements.h"
#include "store/mysql/lease_table.h"
#include "store/mysql/reader_pool.h"
#include "store/mysql/schema.h"
#include "store/mysql/server_check.h"
#include "store/mysql/writer.h"
#include "store/sql/boot_clock.h"
#include "store/sql/clock_start.h"
#include "store/sql/txn_row.h"
#include "store/sql/write_watch.h"

namespace treaty {
namespace {

// A probe of a store that has nothing else to do costs a commit: at most one a second.
constexpr Duration kProbePeriod = std::chrono::seconds(1);

// A failure that takes so long is silence; for as long nobody asks again.
constexpr Duration kSilence = std::chrono::milliseconds(500);

// Now by the server's clock, the last time that was stored, by whoever drives too, and how far the
// clock of those who do is ahead of the server's: one that was set since they started must not part
// them.
constexpr SqlConstant kTimes =
    "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED), "
    "(SELECT GREATEST(last, (SELECT COALESCE(MAX(clock), 0) FROM treaty_instance)) "
    "FROM treaty_clock WHERE id = 1), "
    "(SELECT clock - renewed FROM treaty_instance ORDER BY clock DESC LIMIT 1)";

class MysqlStore final : public Store {
 public:
  MysqlStore(const MysqlConfig& config, std::unique_ptr<MysqlWriter> writer, Time start, Log& log)
      : clock_(start), writer_(std::move(writer)), leases_(config), readers_(config, log) {}

  ~MysqlStore() override {
    const Status saved = writer_->SaveClock(clock_.Now());
    static_cast<void>(saved.ok());  // Best effort: it was saved a second ago.
  }

  Status Commit(std::span<const Write> writes, std::span<Verdict> verdicts) override {
    const std::lock_guard lock(writer_mutex_);
    if (const auto silent = Silence()) return *silent;
    const WriteWatch::Begun begun(watch_, clock_);
    return NoteWrite(begun.at(), writer_->Commit(writes, verdicts, begun.at()));
  }

  Result<std::size_t> Prune(Time before, std::size_t limit) override {
    const std::lock_guard lock(writer_mutex_);
    if (const auto silent = Silence()) return *silent;
    const WriteWatch::Begun begun(watch_, clock_);
    Result<std::size_t> pruned = writer_->Prune(before, limit);
    const Status noted = NoteWrite(begun.at(), pruned.status());
    return noted.ok() ? pruned : noted;
  }

  Result<std::optional<StoredTxn>> Load(const std::string& gid) override {
    return readers_.Run([&](MysqlReader& reader) { return reader.Load(gid); });
  }

  std::vector<Result<std::optional<StoredTxn>>> LoadMany(
      std::span<const std::string> gids) override {
    auto found = readers_.Run([&](MysqlReader& reader) { return reader.LoadMany(gids); });
    if (found.ok()) return *std::move(found);
    // The trouble of one row is not that of the others.
    const bool of_store = found.status().code() == Code::kUnavailable;
    if (!of_store && gids.size() > 1) return Store::LoadMany(gids);
    return MysqlReader::Records(gids.size(), found.status());
  }

  Result<Findings> Look(const std::string& owner, Time until, const DueKey& after,
                        std::size_t limit) override {
    return readers_.Run(
        [&](MysqlReader& reader) { return reader.Look(owner, until, after, limit); });
  }

  Result<std::vector<DueKey>> FindOrphans(const std::string& owner, const DueKey& after,
                                          std::size_t limit) override {
    return readers_.Run(
        [&](MysqlReader& reader) { return reader.FindOrphans(owner, after, limit); });
  }

  Result<std::vector<DueKey>> FindLater(const DueKey& after, std::size_t limit) override {
    return readers_.Run([&](MysqlReader& reader) { return reader.FindLater(after, limit); });
  }

  Result<ParkedPage> CountParked(const DueKey& after, std::size_t limit) override {
    return readers_.Run([&](MysqlReader& reader) { return reader.CountParked(after, limit); });
  }

  Result<ListPage> List(const ListFilter& filter) override {
    return readers_.Run([&](MysqlReader& reader) { return reader.List(filter); });
  }

  Result<std::optional<KvEntry>> LoadKv(const std::string& cat, const std::string& key) override {
    return readers_.Run(
        [&](MysqlReader& reader) { return LoadEntry(reader.connection(), cat, key); });
  }

  Result<KvPage> ListKv(const KvFilter& filter) override {
    return readers_.Run(
        [&](MysqlReader& reader) { return ListEntries(reader.connection(), filter); });
  }

  Status BeginLease(const LeaseTerms& terms) override {
    const std::lock_guard lock(lease_mutex_);
    return leases_.Begin(terms, clock_.Now());
  }

  Status RenewLease(const LeaseTerms& terms) override {
    const std::lock_guard lock(lease_mutex_);
    return leases_.Renew(terms, clock_.Now());
  }

  Status EndLease(const std::string& owner) override {
    const std::lock_guard lock(lease_mutex_);
    return leases_.End(owner);
  }

  Result<std::vector<LeaseRow>> FindLeases() override {
    const std::lock_guard lock(lease_mutex_);
    return leases_.Find();
  }

  Status ReapLease(const LeaseRow& found) override {
    const std::lock_guard lock(lease_mutex_);
    return leases_.Reap(found);
  }

  // The last word for a while: whoever asks often must not keep others waiting, nor wait himself
  // for a commit that gets no answer. A lock on one row is no trouble of the store's.
  Status CheckWritable() override {
    if (const auto known = LastWord()) return *known;
    const std::unique_lock lock(writer_mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return watch_.Judge(clock_.Now());
    const WriteWatch::Begun begun(watch_, clock_);
    Status status = writer_->SaveClock(begun.at());
    if (status.code() == Code::kBlocked) return {};
    return NoteWrite(begun.at(), std::move(status));
  }

  const Clock& clock() const override { return clock_; }

 private:
  // What the last write came to, if that was just now.
  std::optional<Status> LastWord() {
    const std::lock_guard lock(word_mutex_);
    const bool fresh = last_write_time_ != kNever && clock_.Now() < last_write_time_ + kProbePeriod;
    return fresh ? std::optional(last_write_) : std::nullopt;
  }

  // Where the server has just kept somebody waiting in vain, those behind him are told so at once:
  // nobody's patience is used up by another's.
  std::optional<Status> Silence() {
    const std::lock_guard lock(word_mutex_);
    if (last_write_.ok() || clock_.Now() >= silent_until_) return std::nullopt;
    return Status(Code::kUnavailable, last_write_.message());
  }

  // Of what stands in the way of single writes nothing is learnt about the others.
  Status NoteWrite(Time begun, Status status) {
    const bool of_store =
        status.ok() || status.code() == Code::kUnavailable || status.code() == Code::kUnknown;
    if (!of_store) return status;
    const std::lock_guard lock(word_mutex_);
    last_write_ = status;
    last_write_time_ = clock_.Now();
    const bool silent = !status.ok() && last_write_time_ - begun >= kSilence;
    silent_until_ = silent ? last_write_time_ + kSilence : kNever;
    return status;
  }

  const BootClock clock_;

  std::mutex writer_mutex_;
  const std::unique_ptr<MysqlWriter> writer_;  // Guarded by writer_mutex_.

  WriteWatch watch_;

  std::mutex word_mutex_;  // Guards the outcome of the last write.
  Status last_write_;
  Time last_write_time_ = kNever;
  Time silent_until_ = kNever;

  std::mutex lease_mutex_;
  LeaseTable leases_;  // Guarded by lease_mutex_.

  ReaderPool readers_;
};

Result<Time> StartOfClock(MysqlConnection& connection, Duration max_jump, Log& log) {
  ClockReadings readings{.of = "the server's clock", .most_ahead = max_jump};
  Status status = connection.Query(SqlText(kTimes), "could not read the server's clock",
                                   [&readings](const MysqlRow& row) {
                                     readings.now = ToTime(row.Int(0));
                                     readings.stored = ToTime(row.Int(1));
                                     if (!row.IsNull(2)) readings.now += Duration(row.Int(2));
                                     return Status();
                                   });
  if (!status.ok()) return status;
  return StartOfClock(readings, log);
}

// A server that may lose commits is a matter of the operator's, who is told.
Status JudgeDurability(const ServerFacts& facts, bool required, Log& log) {
  for (const std::string& reason : WhyNotDurable(facts)) {
    const std::string text = "a commit may be lost when the database's machine fails: " + reason;
    if (required) return {Code::kFailedPrecondition, text + " (Store.RequireDurable is on)"};
    log.Write(LogLevel::kWarn, "", text);
  }
  return {};
}

// The whole server's answer to whether it will do; schema included.
Status Prepare(MysqlConnection& connection, const ServerFacts& facts, const MysqlConfig& config,
               Log& log) {
  Status status = CheckServer(facts, config.largest_record);
  if (status.ok()) status = JudgeDurability(facts, config.require_durable, log);
  return status.ok() ? UpgradeSchema(connection, config.upgrade_schema) : status;
}

}  // namespace

Result<std::unique_ptr<Store>> OpenMysqlStore(MysqlConfig config, Log& log) {
  Result<std::unique_ptr<MysqlConnection>> asking = MysqlConnection::Open(config, Autocommit::kOn);
  if (!asking.ok()) return asking.status();
  const Result<ServerFacts> facts = AskServer(**asking);
  if (!facts.ok()) return facts.status();
  if (Status status = Prepare(**asking, *facts, config, log); !status.ok()) return status;
  const Result<Time> start = StartOfClock(**asking, config.max_clock_jump, log);
  if (!start.ok()) return start.status();
  auto writer = std::make_unique<MysqlWriter>(config);
  if (Status status = writer->Open(); !status.ok()) return status;
  return std::unique_ptr<Store>(
      std::make_unique<MysqlStore>(config, std::move(writer), *start, log));
}

}  // namespace treaty
