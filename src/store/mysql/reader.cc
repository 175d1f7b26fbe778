// Each query names its index: a walk through a whole table would go unnoticed until it is large.

#include "store/mysql/reader.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/at_work_on.h"
#include "store/list_position.h"
#include "store/mysql/place.h"
#include "store/sql/txn_row.h"

namespace treaty {
namespace {

// What ReadStored expects; the body last, where it is asked for.
constexpr SqlConstant kColumns =
    "SELECT t.gid, t.model, t.status, t.created, t.updated, t.finished, t.due, t.place, "
    "t.version, t.write_id, t.state, p.terms";
constexpr SqlConstant kPart =
    " LEFT JOIN treaty_part p ON p.created = t.created AND p.gid = t.gid AND p.n = 0";
constexpr SqlConstant kUnfinished = "(place = '' OR place >= '@')";

constexpr SqlConstant kCouldNotRead = "could not read a transaction";
constexpr SqlConstant kCouldNotList = "could not list transactions";
constexpr SqlConstant kCouldNotSearch = "could not search the store";

std::int64_t ToLimit(std::size_t limit) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  return limit > static_cast<std::size_t>(kMost) ? kMost : static_cast<std::int64_t>(limit);
}

// A row's columns, which it owns.
struct Columns {
  Columns(const MysqlRow& from, WithBody with_body)
      : gid(from.Bytes(0)),
        place(from.Bytes(7)),
        state(from.Bytes(10)),
        terms(from.Bytes(11)),
        body(with_body == WithBody::kYes ? from.Bytes(12) : std::string()) {
    row = {.gid = gid,
           .model = from.Int(1),
           .status = from.Int(2),
           .created = from.Int(3),
           .updated = from.Int(4),
           .finished = from.Int(5),
           .wake = from.Int(5) == 0 ? from.Int(6) : 0,
           .owner = OwnerIn(place),
           .version = from.Int(8),
           .write_id = from.Int(9),
           .state = state,
           .has_parts = !from.IsNull(11),
           .terms = terms,
           .body = body};
  }
  Columns(const Columns&) = delete;
  Columns& operator=(const Columns&) = delete;

  const std::string gid, place, state, terms, body;
  TxnRow row;
};

// Whether (column, gid) lies beyond a place, in words that the optimizer has an index for.
void AddAfter(SqlText& sql, Time due, std::string_view gid) {
  (sql << " AND due >= ").Int(ToMillis(due));
  (sql << " AND (due > ").Int(ToMillis(due));
  (sql << " OR gid > ").Bytes(gid) << ")";
}

// From the first millisecond on: those that rest have the wake time kNever.
void AddWakingAfter(SqlText& sql, const DueKey& after) {
  const Time first = std::max(after.wake, kNever + Duration(1));
  AddAfter(sql, first, first == after.wake ? after.gid : std::string_view());
}

// The conditions on (created, gid) and on what is filtered by, of the columns of `treaty_txn`.
void AddListConditions(SqlText& sql, const ListFilter& filter, const ListPosition& start) {
  (sql << " created <= ").Int(ToMillis(start.created));
  (sql << " AND (created < ").Int(ToMillis(start.created));
  (sql << " OR gid < ").Bytes(start.gid) << ")";
  (sql << " AND created >= ").Int(ToMillis(filter.created_from));
  if (filter.status) (sql << " AND status = ").Int(static_cast<int>(*filter.status));
  if (filter.model) (sql << " AND model = ").Int(static_cast<int>(*filter.model));
}

constexpr SqlConstant kNewestFirst = " ORDER BY created DESC, gid DESC LIMIT ";

// The keys of a page. Few are unfinished or failed where millions have succeeded, so these are
// sorted rather than searched for.
SqlText PageOf(const ListFilter& filter, const ListPosition& start, std::size_t limit) {
  SqlText sql("SELECT created, gid FROM treaty_txn FORCE INDEX (");
  const bool all = !filter.status || *filter.status == TxnStatus::kSucceed;
  if (all) {
    sql << "PRIMARY) WHERE";
  } else if (*filter.status == TxnStatus::kFailed) {
    sql << "treaty_txn_place) WHERE place = '.failed' AND";
  } else {
    sql << "treaty_txn_place) WHERE " << kUnfinished << " AND";
  }
  AddListConditions(sql, filter, start);
  (sql << kNewestFirst).Int(ToLimit(limit));
  return sql;
}

}  // namespace

MysqlReader::MysqlReader(std::unique_ptr<MysqlConnection> connection, Log& log)
    : connection_(std::move(connection)), log_(log) {}

Result<std::optional<StoredTxn>> MysqlReader::Load(const std::string& gid) {
  Result<Records> found = LoadMany({&gid, 1});
  if (!found.ok()) return found.status();
  return std::move(found->front());
}

Result<MysqlReader::Records> MysqlReader::LoadMany(std::span<const std::string> gids) {
  Result<FoundByGid> found = LoadRows(gids);
  if (!found.ok()) return found.status();
  if (Status status = LoadBranches(*found); !status.ok()) return status;
  Records records;
  for (const std::string& gid : gids) {
    const auto row = found->find(gid);
    if (row == found->end()) {
      records.emplace_back(std::nullopt);
    } else if (!row->second.ok()) {
      records.emplace_back(row->second.status());
    } else if (Status status = CheckRecord(row->second->txn); !status.ok()) {
      records.emplace_back(DamagedRow(gid, status.message()));
    } else {
      records.emplace_back(std::move(*row->second));
    }
  }
  return records;
}

// The records without what was registered; one that cannot be read has the reason.
Result<MysqlReader::FoundByGid> MysqlReader::LoadRows(std::span<const std::string> gids) {
  SqlText sql(kColumns);
  sql << ", p.body FROM treaty_txn t" << kPart << " WHERE t.gid IN (";
  for (const std::string& gid : gids) {
    if (&gid != gids.data()) sql << ", ";
    sql.Bytes(gid);
  }
  sql << ")";
  FoundByGid found;
  Status status = connection_->Query(sql, kCouldNotRead, [&](const MysqlRow& row) {
    const Columns columns(row, WithBody::kYes);
    const AtWorkOn noted(columns.gid);
    found.emplace(columns.gid, ReadRow(columns.row, codec_, WithBody::kYes));
    return Status();
  });
  if (!status.ok()) return status;
  return found;
}

// Parts are only ever added: of what is there by now, a row's own are the first.
Status MysqlReader::LoadBranches(FoundByGid& found) {
  SqlText sql("SELECT gid, body FROM treaty_part WHERE ");
  bool any = false;
  for (const auto& [gid, stored] : found) {
    if (!stored.ok() || !TakesRegistrations(stored->txn.body->model)) continue;
    if (stored->txn.branches.empty()) continue;
    sql << (std::exchange(any, true) ? SqlConstant(" OR ") : SqlConstant(""));
    (sql << "(created = ").Int(ToMillis(stored->txn.created));
    (sql << " AND gid = ").Bytes(gid);
    (sql << " AND n BETWEEN 1 AND ").Int(ToLimit(stored->txn.branches.size())) << ")";
  }
  if (!any) return {};
  sql << " ORDER BY created, gid, n";
  return connection_->Query(sql, kCouldNotRead,
                            [&](const MysqlRow& row) { return AddBranch(found, row); });
}

Status MysqlReader::AddBranch(FoundByGid& found, const MysqlRow& row) {
  const std::string gid = row.Bytes(0);
  const auto of = found.find(gid);
  if (of == found.end() || !of->second.ok()) return {};
  const AtWorkOn noted(gid);
  auto step = std::make_shared<Step>();
  const Status status = codec_.DecodeStep(row.Bytes(1), *step);
  if (status.ok()) {
    of->second->txn.registered.push_back(std::move(step));
  } else {
    of->second = DamagedRow(gid, status.message());
  }
  return {};
}

Result<std::vector<DueKey>> MysqlReader::ReadKeys(const SqlText& sql) {
  std::vector<DueKey> keys;
  Status status = connection_->Query(sql, kCouldNotSearch, [&keys](const MysqlRow& row) {
    keys.push_back({ToTime(row.Int(0)), row.Bytes(1)});
    return Status();
  });
  if (!status.ok()) return status;
  return keys;
}

namespace {

// What a row of the answer is.
enum class Found : std::uint8_t { kDue, kLease, kOwner };

constexpr SqlConstant kLeasesAndOwners =
    " UNION ALL SELECT 1, renewals, owner, instance, renewed FROM treaty_instance"
    " UNION ALL SELECT 2, 0, place, '', 0 FROM (SELECT DISTINCT place FROM treaty_txn"
    " FORCE INDEX (treaty_txn_place) WHERE place >= '@') p";

// Those that are due of one place.
SqlText DueOf(std::string_view place, Time until, const DueKey& after, std::size_t limit) {
  SqlText sql("SELECT 0, due, gid, place, 0 FROM (SELECT due, gid, place FROM treaty_txn ");
  (sql << "FORCE INDEX (treaty_txn_place) WHERE place = ").Bytes(place);
  AddWakingAfter(sql, after);
  (sql << " AND due <= ").Int(ToMillis(until));
  (sql << " ORDER BY due, gid LIMIT ").Int(ToLimit(limit)) << ") d";
  return sql;
}

// Of two places' pages together, what is one page.
void KeepOnePage(std::vector<DueKey>& keys, std::size_t limit) {
  std::ranges::sort(keys, {}, [](const DueKey& key) { return std::tie(key.wake, key.gid); });
  if (keys.size() > limit) keys.resize(limit);
}

bool HasLease(const std::vector<LeaseRow>& leases, std::string_view owner) {
  return std::ranges::find(leases, owner, &LeaseRow::owner) != leases.end();
}

}  // namespace

Result<Findings> MysqlReader::Look(const std::string& owner, Time until, const DueKey& after,
                                   std::size_t limit) {
  SqlText sql = DueOf(kAsleep, until, after, limit);
  sql << " UNION ALL " << DueOf(PlaceOfOwner(owner), until, after, limit) << kLeasesAndOwners;
  Findings found;
  std::vector<std::string> owners;
  Status status = connection_->Query(sql, kCouldNotSearch, [&](const MysqlRow& row) {
    const auto kind = static_cast<Found>(row.Int(0));
    if (kind == Found::kDue) {
      found.due.push_back({ToTime(row.Int(1)), row.Bytes(2), std::string(OwnerIn(row.Bytes(3)))});
    } else if (kind == Found::kLease) {
      found.leases.push_back(
          {row.Bytes(2), row.Bytes(3), static_cast<std::uint64_t>(row.Int(1)), ToTime(row.Int(4))});
    } else {
      owners.emplace_back(OwnerIn(row.Bytes(2)));
    }
    return Status();
  });
  if (!status.ok()) return status;
  KeepOnePage(found.due, limit);
  found.orphans = !found.leases.empty() && std::ranges::any_of(owners, [&](const auto& its) {
    return its != owner && !HasLease(found.leases, its);
  });
  return found;
}

// The owners of unfinished transactions who have no lease, from one on, in their order.
Result<std::vector<std::string>> MysqlReader::FindEnded(const std::string& owner,
                                                        const std::string& from) {
  SqlText sql("SELECT place FROM (SELECT DISTINCT place FROM treaty_txn ");
  (sql << "FORCE INDEX (treaty_txn_place) WHERE place >= ").Bytes(PlaceOfOwner(from));
  (sql << ") p WHERE place <> ").Bytes(PlaceOfOwner(owner));
  sql << " AND place NOT IN (SELECT CONCAT('@', owner) FROM treaty_instance) ORDER BY place";
  std::vector<std::string> owners;
  Status status = connection_->Query(sql, kCouldNotSearch, [&owners](const MysqlRow& row) {
    owners.emplace_back(OwnerIn(row.Bytes(0)));
    return Status();
  });
  if (!status.ok()) return status;
  return owners;
}

// One owner after the other, each in the order of the index: those of the living are not walked.
Result<std::vector<DueKey>> MysqlReader::FindOrphans(const std::string& owner, const DueKey& after,
                                                     std::size_t limit) {
  const Result<std::vector<std::string>> ended = FindEnded(owner, after.owner);
  if (!ended.ok()) return ended.status();
  std::vector<DueKey> orphans;
  for (const std::string& its : *ended) {
    SqlText sql("SELECT due, gid FROM treaty_txn FORCE INDEX (treaty_txn_place) WHERE place = ");
    sql.Bytes(PlaceOfOwner(its));
    if (its == after.owner) AddAfter(sql, after.wake, after.gid);
    (sql << " ORDER BY due, gid LIMIT ").Int(ToLimit(limit - orphans.size()));
    Result<std::vector<DueKey>> page = ReadKeys(sql);
    if (!page.ok()) return page;
    for (DueKey& key : *page) orphans.push_back({key.wake, std::move(key.gid), its});
    if (orphans.size() == limit) break;
  }
  return orphans;
}

Result<std::vector<DueKey>> MysqlReader::FindLater(const DueKey& after, std::size_t limit) {
  SqlText sql("SELECT due, gid FROM treaty_txn FORCE INDEX (treaty_txn_place) WHERE ");
  sql << kUnfinished;
  AddWakingAfter(sql, after);
  (sql << " ORDER BY due, gid LIMIT ").Int(ToLimit(limit));
  return ReadKeys(sql);
}

Result<ParkedPage> MysqlReader::CountParked(const DueKey& after, std::size_t limit) {
  SqlText sql("SELECT due, gid, created FROM treaty_txn FORCE INDEX (treaty_txn_place) ");
  sql << "WHERE place = ''";
  AddAfter(sql, after.wake, after.gid);
  (sql << " ORDER BY due, gid LIMIT ").Int(ToLimit(limit));
  ParkedPage page;
  Status status = connection_->Query(sql, kCouldNotSearch, [&page](const MysqlRow& row) {
    const Time created = ToTime(row.Int(2));
    page.oldest = page.count == 0 ? created : std::min(page.oldest, created);
    page.last = {ToTime(row.Int(0)), row.Bytes(1)};
    ++page.count;
    return Status();
  });
  if (!status.ok()) return status;
  return page;
}

Result<ListPage> MysqlReader::List(const ListFilter& filter) {
  const Result<ListPosition> start = StartOf(filter);
  if (filter.gid.empty() && !start.ok()) return start.status();
  const std::size_t limit = std::clamp<std::size_t>(filter.limit, 1, kListLimit);
  SqlText sql(kColumns);
  if (filter.gid.empty()) {
    sql << " FROM (" << PageOf(filter, *start, limit + 1) << ") k JOIN treaty_txn t "
        << "ON t.created = k.created AND t.gid = k.gid" << kPart
        << " ORDER BY t.created DESC, t.gid DESC";
  } else {
    (sql << " FROM treaty_txn t" << kPart << " WHERE t.gid = ").Bytes(filter.gid);
  }
  ListPager pager(limit);
  Status status = connection_->Query(sql, kCouldNotList, [&](const MysqlRow& row) {
    pager.Add(pager.IsFull() ? StoredTxn() : ReadListed(row));
    return Status();
  });
  if (!status.ok()) return status;
  return pager.Take();
}

// One damaged record must not hide the others from an operator.
StoredTxn MysqlReader::ReadListed(const MysqlRow& row) {
  const Columns columns(row, WithBody::kNo);
  Result<StoredTxn> stored = ReadRow(columns.row, codec_, WithBody::kNo);
  if (stored.ok()) return *std::move(stored);
  log_.Write(LogLevel::kError, "", stored.status().message());
  return DescribeDamaged(columns.row, stored.status());
}

}  // namespace treaty
