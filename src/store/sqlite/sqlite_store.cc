// Opening: lock, identify, upgrade, then one writing and one reading connection.

#include "store/sqlite/sqlite_store.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include "store/sql/boot_clock.h"
#include "store/sql/clock_start.h"
#include "store/sql/write_watch.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/lock_file.h"
#include "store/sqlite/reader.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/siblings.h"
#include "store/sqlite/writer.h"

namespace treaty {
namespace {

// A probe of a store that has nothing else to do costs an fsync: at most one a second.
constexpr Duration kProbePeriod = std::chrono::seconds(1);
// How old the stored time may be where nobody writes: it is what the next start is compared with.
constexpr Duration kClockPeriod = std::chrono::hours(1);

constexpr char kWriterSettings[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; "
    "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536; "
    "PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF";
constexpr char kReaderSettings[] =
    "PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY";

class SqliteStore final : public Store {
 public:
  struct Parts {
    LockFile name_lock;
    LockFile file_lock;
    Siblings siblings;
    std::unique_ptr<Writer> writer;
    std::unique_ptr<Reader> reader;
    Time start;
  };

  explicit SqliteStore(Parts parts)
      : clock_(parts.start),
        name_lock_(std::move(parts.name_lock)),
        file_lock_(std::move(parts.file_lock)),
        siblings_(std::move(parts.siblings)),
        writer_(std::move(parts.writer)),
        reader_(std::move(parts.reader)) {}

  ~SqliteStore() override {
    reader_.reset();
    SaveClock().ok();  // Best effort: the rows tell nearly as much.
  }

  Status Commit(std::span<const Write> writes, std::span<Verdict> verdicts) override {
    const std::lock_guard lock(writer_mutex_);
    const WriteWatch::Begun begun(watch_, clock_);
    Status status = writer_->Commit(writes, verdicts);
    CheckFiles();
    return NoteWrite(std::move(status), begun.at());
  }

  Result<std::size_t> Prune(Time before, std::size_t limit) override {
    const std::lock_guard lock(writer_mutex_);
    const WriteWatch::Begun begun(watch_, clock_);
    Result<std::size_t> pruned = writer_->Prune(before, limit);
    CheckFiles();
    const bool is_old = clock_.Now() >= saved_clock_ + kClockPeriod;
    if (pruned.ok() && is_old) NoteWrite(SaveClock(), begun.at()).ok();
    return pruned;
  }

  Result<std::optional<StoredTxn>> Load(const std::string& gid) override {
    const std::lock_guard lock(reader_mutex_);
    return reader_->Load(gid);
  }

  Result<Findings> Look(const std::string& /*owner*/, Time until, const DueKey& after,
                        std::size_t limit) override {
    const std::lock_guard lock(reader_mutex_);
    auto due = reader_->FindDue(until, after, limit);
    if (!due.ok()) return due.status();
    return Findings{.due = *std::move(due)};
  }

  Result<std::vector<DueKey>> FindOrphans(const std::string& owner, const DueKey& after,
                                          std::size_t limit) override {
    const std::lock_guard lock(reader_mutex_);
    return reader_->FindOrphans(owner, after.gid, limit);
  }

  Result<std::vector<DueKey>> FindLater(const DueKey& after, std::size_t limit) override {
    const std::lock_guard lock(reader_mutex_);
    return reader_->FindLater(after, limit);
  }

  Result<ParkedPage> CountParked(const DueKey& after, std::size_t limit) override {
    const std::lock_guard lock(reader_mutex_);
    return reader_->CountParked(after, limit);
  }

  Result<ListPage> List(const ListFilter& filter) override {
    const std::lock_guard lock(reader_mutex_);
    return reader_->List(filter);
  }

  Result<std::optional<KvEntry>> LoadKv(const std::string& cat, const std::string& key) override {
    const std::lock_guard lock(reader_mutex_);
    return reader_->kv().Load(cat, key);
  }

  Result<KvPage> ListKv(const KvFilter& filter) override {
    const std::lock_guard lock(reader_mutex_);
    return reader_->kv().List(filter);
  }

  // The locks on the file keep everybody else out.
  Status BeginLease(const LeaseTerms&) override { return {}; }
  Status RenewLease(const LeaseTerms&) override { return {}; }
  Status EndLease(const std::string&) override { return {}; }
  Result<std::vector<LeaseRow>> FindLeases() override { return std::vector<LeaseRow>(); }
  Status ReapLease(const LeaseRow&) override { return {}; }

  // Never waits for a commit, nor keeps those who read waiting for the same lock again and again.
  Status CheckWritable() override {
    const std::unique_lock lock(writer_mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return watch_.Judge(clock_.Now());
    CheckFiles();
    const bool fresh = clock_.Now() < last_write_time_ + kProbePeriod;
    if (fresh && (last_write_.ok() || last_took_ >= kProbePeriod)) return last_write_;
    const WriteWatch::Begun begun(watch_, clock_);
    return NoteWrite(SaveClock(), begun.at());
  }

  const Clock& clock() const override { return clock_; }

 private:
  // Nobody will ever find what is written into a file that has lost its name. After a write, so
  // that nothing is acknowledged that went into such a one.
  void CheckFiles() {
    const std::string lost = file_lock_.IsStillNamed() ? siblings_.Lost() : "the database file";
    if (lost.empty()) return;
    writer_->EndProcess({Code::kDataLoss, lost + " was deleted or replaced"});
  }

  Status SaveClock() {
    const Time now = clock_.Now();
    Status saved = writer_->SaveClock(now);
    if (saved.ok()) saved_clock_ = now;
    return saved;
  }

  Status NoteWrite(Status status, Time begun) {
    last_write_ = status;
    last_write_time_ = clock_.Now();
    last_took_ = last_write_time_ - begun;
    return status;
  }

  const BootClock clock_;
  const LockFile name_lock_;  // Released last.
  const LockFile file_lock_;
  const Siblings siblings_;

  std::mutex writer_mutex_;  // Guards the writer and the outcome of its last write.
  std::unique_ptr<Writer> writer_;
  Status last_write_;
  Time last_write_time_ = kNever;
  Duration last_took_{0};
  WriteWatch watch_;
  Time saved_clock_ = kNever;

  std::mutex reader_mutex_;  // Guards the reader.
  std::unique_ptr<Reader> reader_;
};

Status Unavailable(const std::string& path, const std::string& why) {
  return {Code::kUnavailable, "could not open " + path + ": " + why};
}

// The absolute path, so that two names of one file share one lock, and no name is special to
// SQLite.
Result<std::string> Resolve(const std::string& path) {
  std::error_code error;
  const std::filesystem::path resolved = std::filesystem::weakly_canonical(path, error);
  if (path.empty() || error) return Unavailable(path, path.empty() ? "no name" : error.message());
  return std::filesystem::absolute(resolved, error).string();
}

// SQLite goes on with what it has where it cannot have what it was asked for: a file system
// without shared memory, a build with other defaults.
Status CheckSettings(SqliteConnection& connection, const std::string& path) {
  Result<Statement> asked = connection.Prepare("PRAGMA journal_mode");
  if (!asked.ok()) return asked.status();
  const bool has_log = asked->Step() == SQLITE_ROW && asked->Bytes(0) == "wal";
  constexpr std::int64_t kFull = 2;
  const Result<std::int64_t> synchronous = connection.QueryInt("PRAGMA synchronous");
  if (has_log && synchronous.ok() && *synchronous == kFull) return {};
  return {Code::kFailedPrecondition,
          path +
              " cannot be kept with a write-ahead log and synchronous=FULL; choose a place for it "
              "on a local file system, see Store.Path"};
}

// Opens the writing connection on a file that is known to be ours and brings its schema up.
Result<SqliteConnection> OpenForWriting(const std::string& path) {
  Result<SqliteConnection> connection = SqliteConnection::Open(path, SQLITE_OPEN_READWRITE);
  if (!connection.ok()) return connection;
  Status status = CheckIsOurs(*connection, path);
  if (!status.ok()) return status;
  const int code = connection->Execute(kWriterSettings);
  if (code != SQLITE_OK) return connection->ToStatus(code, "could not set up " + path);
  status = CheckSettings(*connection, path);
  if (status.ok()) status = Upgrade(*connection, Migrations(), path);
  if (!status.ok()) return status;
  return connection;
}

Result<SqliteConnection> OpenForReading(const std::string& path) {
  Result<SqliteConnection> connection = SqliteConnection::Open(path, SQLITE_OPEN_READWRITE);
  if (!connection.ok()) return connection;
  const int code = connection->Execute(kReaderSettings);
  if (code != SQLITE_OK) return connection->ToStatus(code, "could not set up " + path);
  return connection;
}

// A statement that cannot be prepared on a file of the right version: the schema is damaged.
Status Damaged(const std::string& path, const Status& why) {
  if (why.code() == Code::kUnavailable) return why;
  return {Code::kDataLoss,
          "the database " + path + " is damaged; restore a backup (" + why.message() + ")"};
}

// Counting every allocation under a global mutex is of no use here. Has no effect, and does no
// harm, if SQLite was in use before.
void ConfigureSqliteOnce() {
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(configured);
}

// With the rows that show later times than the clock's own.
Result<Time> StartOfClock(Reader& reader, Duration max_jump, Log& log) {
  const Result<Time> last = reader.LastTime();
  if (!last.ok()) return last;
  const auto wall = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  return StartOfClock({"the wall clock", wall, *last, max_jump}, log);
}

Result<SqliteStore::Parts> OpenParts(const std::string& path, Duration max_jump, Log& log) {
  Result<LockFile> name_lock = LockFile::Acquire(path + ".lock");
  if (!name_lock.ok()) return name_lock.status();
  Result<LockFile> file_lock = LockFile::Acquire(path);
  if (!file_lock.ok()) return file_lock.status();

  Result<SqliteConnection> writing = OpenForWriting(path);
  if (!writing.ok()) return writing.status();
  Result<std::unique_ptr<Writer>> writer = Writer::Create(*std::move(writing), log);
  if (!writer.ok()) return Damaged(path, writer.status());
  Result<SqliteConnection> reading = OpenForReading(path);
  if (!reading.ok()) return reading.status();
  Result<std::unique_ptr<Reader>> reader = Reader::Create(*std::move(reading), log);
  if (!reader.ok()) return Damaged(path, reader.status());
  const Result<Time> start = StartOfClock(**reader, max_jump, log);
  if (start.status().code() == Code::kFailedPrecondition) return start.status();
  if (!start.ok()) return Damaged(path, start.status());
  Result<Siblings> siblings = Siblings::Of(path);
  if (!siblings.ok()) return siblings.status();
  return SqliteStore::Parts{*std::move(name_lock), *std::move(file_lock), *std::move(siblings),
                            *std::move(writer),    *std::move(reader),    *start};
}

}  // namespace

Result<std::unique_ptr<Store>> OpenSqliteStore(SqliteConfig config, Log& log) {
  ConfigureSqliteOnce();
  const Result<std::string> path = Resolve(config.path);
  if (!path.ok()) return path.status();
  Result<SqliteStore::Parts> parts = OpenParts(*path, config.max_clock_jump, log);
  if (!parts.ok()) return parts.status();
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(*std::move(parts)));
}

}  // namespace treaty
