// The queries. Each is bound to its index, so that a change of the schema which would turn one into
// a walk through the whole table fails at the start instead.

#include "store/sqlite/reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "store/list_position.h"
#include "store/sql/txn_row.h"

namespace treaty {
namespace {

// What RowOf expects, in this order; the body last, where it is asked for.
#define TREATY_COLUMNS                                                                       \
  "t.gid, t.model, t.status, t.created, t.updated, t.finished, t.wake, t.owner, t.version, " \
  "t.write_id, t.state, p.terms"

constexpr char kLoad[] =
    "SELECT " TREATY_COLUMNS
    ", p.body FROM txn t LEFT JOIN part p ON p.id = t.id * 65536 WHERE t.gid = ?1";
constexpr char kLoadParts[] =
    "SELECT p.body FROM txn t JOIN part p ON p.id BETWEEN t.id * 65536 + 1 AND t.id * 65536 + "
    "65535 "
    "WHERE t.gid = ?1 ORDER BY p.id";
constexpr char kFindDue[] =
    "SELECT wake, gid FROM txn INDEXED BY txn_asleep WHERE status < 3 AND owner = '' "
    "AND (wake, gid) > (?1, ?2) AND wake <= ?3 ORDER BY wake, gid LIMIT ?4";
constexpr char kFindOrphans[] =
    "SELECT wake, gid, owner FROM txn INDEXED BY txn_owned WHERE status < 3 AND owner <> '' "
    "AND gid > ?1 AND owner <> ?2 ORDER BY gid LIMIT ?3";
constexpr char kFindLater[] =
    "SELECT wake, gid FROM txn INDEXED BY txn_asleep "
    "WHERE status < 3 AND owner = '' AND (wake, gid) > (?1, ?2) "
    "UNION ALL SELECT wake, gid FROM txn INDEXED BY txn_owned "
    "WHERE status < 3 AND owner <> '' AND (wake, gid) > (?1, ?2) ORDER BY wake, gid LIMIT ?3";
constexpr char kParked[] =
    "SELECT wake, gid, created FROM txn INDEXED BY txn_asleep WHERE status < 3 AND owner = '' "
    "AND (wake, gid) > (?1, ?2) ORDER BY wake, gid LIMIT ?3";
constexpr char kLastTime[] =
    "SELECT max((SELECT last FROM clock), "
    "ifnull((SELECT max(created) FROM txn INDEXED BY txn_created), 0), "
    "ifnull((SELECT max(finished) FROM txn INDEXED BY txn_finished WHERE status >= 3), 0), "
    "ifnull((SELECT max(updated) FROM txn INDEXED BY txn_owned WHERE status < 3 "
    "AND owner <> ''), 0))";

#define TREATY_LIST "SELECT " TREATY_COLUMNS " FROM txn t "
#define TREATY_LIST_PART "LEFT JOIN part p ON p.id = t.id * 65536 "
// ?1, ?2: the place before which to start; ?3: oldest; ?4: status or -1; ?5: model or -1.
#define TREATY_LIST_RANGE "(t.created, t.gid) < (?1, ?2) AND t.created >= ?3 "
#define TREATY_LIST_KIND "AND (?4 < 0 OR t.status = ?4) AND (?5 < 0 OR t.model = ?5) "
#define TREATY_LIST_ORDER "ORDER BY t.created DESC, t.gid DESC LIMIT ?6"

constexpr char kListOne[] = TREATY_LIST TREATY_LIST_PART "WHERE t.gid = ?1";
constexpr char kListAll[] =
    TREATY_LIST "INDEXED BY txn_created " TREATY_LIST_PART
                "WHERE " TREATY_LIST_RANGE TREATY_LIST_KIND TREATY_LIST_ORDER;
constexpr char kListFailed[] =
    TREATY_LIST "INDEXED BY txn_failed " TREATY_LIST_PART
                "WHERE t.status = 4 AND " TREATY_LIST_RANGE TREATY_LIST_KIND TREATY_LIST_ORDER;
// Few are unfinished where millions are finished, so they are sorted rather than searched for.
constexpr char kListUnfinished[] = TREATY_LIST TREATY_LIST_PART
    "WHERE t.id IN (SELECT id FROM (SELECT id, created, gid FROM txn t INDEXED BY txn_owned "
    "WHERE status < 3 AND owner <> '' AND " TREATY_LIST_RANGE TREATY_LIST_KIND
    "UNION ALL SELECT id, created, gid FROM txn t INDEXED BY txn_asleep "
    "WHERE status < 3 AND owner = '' AND " TREATY_LIST_RANGE TREATY_LIST_KIND
    ") t " TREATY_LIST_ORDER ") " TREATY_LIST_ORDER;

TxnRow RowOf(const Statement& row, WithBody with_body) {
  return {.gid = row.Bytes(0),
          .model = row.Int(1),
          .status = row.Int(2),
          .created = row.Int(3),
          .updated = row.Int(4),
          .finished = row.Int(5),
          .wake = row.Int(6),
          .owner = row.Bytes(7),
          .version = row.Int(8),
          .write_id = row.Int(9),
          .state = row.Bytes(10),
          .has_parts = !row.IsNull(11),
          .terms = row.Bytes(11),
          .body = with_body == WithBody::kYes ? row.Bytes(12) : std::string_view()};
}

std::int64_t ToLimit(std::size_t limit) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  return limit > static_cast<std::size_t>(kMost) ? kMost : static_cast<std::int64_t>(limit);
}

template <typename Enum>
std::int64_t OrAny(const std::optional<Enum>& value) {
  return value ? static_cast<std::int64_t>(*value) : -1;
}

// From the first millisecond on: those that rest have the wake time kNever.
void BindPlace(Statement& statement, const DueKey& after) {
  const Time first = std::max(after.wake, kNever + Duration(1));
  statement.Bind(1, ToMillis(first));
  statement.BindText(2, first == after.wake ? after.gid : std::string_view());
}

}  // namespace

Reader::Reader(SqliteConnection connection, Log& log)
    : connection_(std::move(connection)), log_(log) {}

Result<std::unique_ptr<Reader>> Reader::Create(SqliteConnection connection, Log& log) {
  std::unique_ptr<Reader> reader(new Reader(std::move(connection), log));
  Status status = reader->PrepareAll();
  if (!status.ok()) return status;
  return reader;
}

Status Reader::PrepareAll() {
  const std::pair<Statement*, const char*> all[] = {
      {&load_, kLoad},
      {&load_parts_, kLoadParts},
      {&find_due_, kFindDue},
      {&find_orphans_, kFindOrphans},
      {&find_later_, kFindLater},
      {&parked_, kParked},
      {&last_time_, kLastTime},
      {&list_one_, kListOne},
      {&list_all_, kListAll},
      {&list_unfinished_, kListUnfinished},
      {&list_failed_, kListFailed},
  };
  for (const auto& [statement, sql] : all) {
    Result<Statement> prepared = connection_.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return kv_.Prepare(connection_);
}

Result<std::optional<StoredTxn>> Reader::Load(const std::string& gid) {
  Result<std::optional<StoredTxn>> stored = LoadRow(gid);
  if (!stored.ok() || !stored->has_value()) return stored;
  Txn& txn = (*stored)->txn;
  Status status = TakesRegistrations(txn.body->model) ? LoadParts(txn) : Status();
  if (status.ok()) status = CheckRecord(txn);
  if (status.ok()) return stored;
  return DamagedRow(gid, status.message());
}

// Parts are only ever added: of what is there by now, the row's own are the first.
Status Reader::LoadParts(Txn& txn) {
  load_parts_.BindText(1, txn.gid());
  const ResetAtEnd reset(load_parts_);
  int code = SQLITE_DONE;
  while (txn.registered.size() < txn.branches.size() && (code = load_parts_.Step()) == SQLITE_ROW) {
    auto step = std::make_shared<Step>();
    Status status = codec_.DecodeStep(load_parts_.Bytes(0), *step);
    if (!status.ok()) return status;
    txn.registered.push_back(std::move(step));
  }
  if (code == SQLITE_DONE || code == SQLITE_ROW) return {};
  return connection_.ToStatus(code, "could not read the branches");
}

Result<std::optional<StoredTxn>> Reader::LoadRow(const std::string& gid) {
  load_.BindText(1, gid);
  const ResetAtEnd reset(load_);
  const int code = load_.Step();
  if (code == SQLITE_DONE) return std::optional<StoredTxn>();
  if (code != SQLITE_ROW) return connection_.ToStatus(code, "could not read transaction " + gid);
  Result<StoredTxn> stored = ReadRow(RowOf(load_, WithBody::kYes), codec_, WithBody::kYes);
  if (!stored.ok()) return stored.status();
  return std::optional<StoredTxn>(*std::move(stored));
}

Result<std::vector<DueKey>> Reader::ReadKeys(Statement& statement, bool with_owner) {
  const ResetAtEnd reset(statement);
  std::vector<DueKey> keys;
  int code = SQLITE_OK;
  while ((code = statement.Step()) == SQLITE_ROW) {
    keys.push_back({ToTime(statement.Int(0)), std::string(statement.Bytes(1))});
    if (with_owner) keys.back().owner = statement.Bytes(2);
  }
  if (code != SQLITE_DONE) return connection_.ToStatus(code, "could not search the store");
  return keys;
}

Result<std::vector<DueKey>> Reader::FindDue(Time until, const DueKey& after, std::size_t limit) {
  BindPlace(find_due_, after);
  find_due_.Bind(3, ToMillis(until));
  find_due_.Bind(4, ToLimit(limit));
  return ReadKeys(find_due_);
}

Result<std::vector<DueKey>> Reader::FindOrphans(const std::string& owner, const std::string& after,
                                                std::size_t limit) {
  find_orphans_.BindText(1, after);
  find_orphans_.BindText(2, owner);
  find_orphans_.Bind(3, ToLimit(limit));
  return ReadKeys(find_orphans_, true);
}

Result<std::vector<DueKey>> Reader::FindLater(const DueKey& after, std::size_t limit) {
  BindPlace(find_later_, after);
  find_later_.Bind(3, ToLimit(limit));
  return ReadKeys(find_later_);
}

Result<ParkedPage> Reader::CountParked(const DueKey& after, std::size_t limit) {
  parked_.Bind(1, ToMillis(after.wake));
  parked_.BindText(2, after.gid);
  parked_.Bind(3, ToLimit(limit));
  const ResetAtEnd reset(parked_);
  ParkedPage page;
  int code = SQLITE_OK;
  while ((code = parked_.Step()) == SQLITE_ROW) {
    const Time created = ToTime(parked_.Int(2));
    page.oldest = page.count == 0 ? created : std::min(page.oldest, created);
    page.last = {ToTime(parked_.Int(0)), std::string(parked_.Bytes(1))};
    ++page.count;
  }
  if (code != SQLITE_DONE) return connection_.ToStatus(code, "could not count what is parked");
  return page;
}

Statement& Reader::ListStatement(const ListFilter& filter) {
  if (!filter.status || *filter.status == TxnStatus::kSucceed) return list_all_;
  return *filter.status == TxnStatus::kFailed ? list_failed_ : list_unfinished_;
}

Result<ListPage> Reader::List(const ListFilter& filter) {
  if (!filter.gid.empty()) return ListOne(filter.gid);
  const Result<ListPosition> start = StartOf(filter);
  if (!start.ok()) return start.status();
  const std::size_t limit = std::clamp<std::size_t>(filter.limit, 1, kListLimit);
  Statement& list = ListStatement(filter);
  list.Bind(1, ToMillis(start->created));
  list.BindText(2, start->gid);
  list.Bind(3, ToMillis(filter.created_from));
  list.Bind(4, OrAny(filter.status));
  list.Bind(5, OrAny(filter.model));
  list.Bind(6, ToLimit(limit + 1));
  return ReadPage(list, limit);
}

Result<ListPage> Reader::ReadPage(Statement& list, std::size_t limit) {
  const ResetAtEnd reset(list);
  ListPager pager(limit);
  int code = SQLITE_OK;
  while ((code = list.Step()) == SQLITE_ROW) {
    if (!pager.Add(pager.IsFull() ? StoredTxn() : ReadListed(list))) return pager.Take();
  }
  if (code != SQLITE_DONE) return connection_.ToStatus(code, "could not list transactions");
  return pager.Take();
}

// One damaged record must not hide the others from an operator.
StoredTxn Reader::ReadListed(const Statement& row) {
  const TxnRow columns = RowOf(row, WithBody::kNo);
  Result<StoredTxn> stored = ReadRow(columns, codec_, WithBody::kNo);
  if (stored.ok()) return *std::move(stored);
  log_.Write(LogLevel::kError, "", stored.status().message());
  return DescribeDamaged(columns, stored.status());
}

Result<ListPage> Reader::ListOne(const std::string& gid) {
  list_one_.BindText(1, gid);
  return ReadPage(list_one_, 1);
}

Result<Time> Reader::LastTime() {
  const ResetAtEnd reset(last_time_);
  const int code = last_time_.Step();
  if (code != SQLITE_ROW) return connection_.ToStatus(code, "could not read the last time");
  return ToTime(last_time_.Int(0));
}

}  // namespace treaty
