#include "store/mysql/kv_statements.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "store/kv_position.h"
#include "store/sql/txn_row.h"

namespace treaty {
namespace {

constexpr SqlConstant kWhat = "could not store an entry";
constexpr SqlConstant kColumns =
    "SELECT id, cat, k, v, version, write_id, create_time, update_time FROM treaty_kv";

SqlText& AddName(SqlText& sql, const KvEdit& edit) {
  (sql << " WHERE cat = ").Bytes(edit.cat);
  return (sql << " AND k = ").Bytes(edit.key);
}

SqlText InsertOf(const Write& write) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  const KvEdit& edit = *write.edit;
  SqlText sql(
      "INSERT INTO treaty_kv (cat, k, v, version, write_id, create_time, update_time) SELECT ");
  sql.Bytes(edit.cat);
  (sql << ", ").Bytes(edit.key);
  (sql << ", ").Bytes(*edit.value);
  (sql << ", ").Int(Signed(edit.version));
  (sql << ", ").Int(Signed(write.write_id));
  (sql << ", ").Int(ToMillis(edit.now));
  (sql << ", ").Int(ToMillis(edit.now));
  sql << " FROM DUAL WHERE (SELECT count(*) FROM treaty_kv WHERE cat = ";
  (sql.Bytes(edit.cat) << ") < ").Int(Signed(std::min(edit.most, kMost)));
  return sql << " ON DUPLICATE KEY UPDATE k = treaty_kv.k";
}

SqlText UpdateOf(const Write& write) {
  const KvEdit& edit = *write.edit;
  SqlText sql("UPDATE treaty_kv SET v = ");
  sql.Bytes(*edit.value);
  (sql << ", version = ").Int(Signed(edit.version));
  (sql << ", write_id = ").Int(Signed(write.write_id));
  (sql << ", update_time = ").Int(ToMillis(edit.now));
  return (AddName(sql, edit) << " AND write_id = ").Int(Signed(*edit.replaces));
}

SqlText DeleteOf(const Write& write) {
  SqlText sql("DELETE FROM treaty_kv");
  AddName(sql, *write.edit) << " AND write_id = ";
  return sql.Int(Signed(write.edit->replaces.value_or(0)));
}

SqlText StatementOf(const Write& write) {
  if (!write.edit->value) return DeleteOf(write);
  return write.edit->replaces ? UpdateOf(write) : InsertOf(write);
}

// Finds out, inside the same transaction, why an edit changed no row.
Status JudgeRefused(MysqlConnection& connection, const Write& write, Verdict& verdict) {
  std::optional<std::int64_t> found;
  SqlText sql("SELECT write_id FROM treaty_kv");
  AddName(sql, *write.edit);
  Status status = connection.Query(sql, kWhat, [&found](const MysqlRow& row) {
    found = row.Int(0);
    return Status();
  });
  if (!status.ok()) return status;
  if (found) {
    verdict = *found == Signed(write.write_id) ? Verdict::kStored : Verdict::kStale;
  } else if (write.edit->value) {
    verdict = write.edit->replaces ? Verdict::kStale : Verdict::kFull;
  }
  return {};
}

KvEntry EntryOf(const MysqlRow& row) {
  return {.id = row.Int(0),
          .cat = row.Bytes(1),
          .key = row.Bytes(2),
          .value = row.Bytes(3),
          .version = static_cast<std::uint64_t>(row.Int(4)),
          .write_id = static_cast<std::uint64_t>(row.Int(5)),
          .created = ToTime(row.Int(6)),
          .updated = ToTime(row.Int(7))};
}

// The entries of a page and the one after it.
SqlText PageOf(const KvFilter& filter, std::int64_t before) {
  SqlText sql(kColumns);
  (sql << " WHERE id < ").Int(before);
  if (!filter.cat.empty()) (sql << " AND cat = ").Bytes(filter.cat);
  if (!filter.key.empty()) (sql << " AND k = ").Bytes(filter.key);
  const std::size_t limit = std::clamp<std::size_t>(filter.limit, 1, kKvPageEntries);
  return (sql << " ORDER BY id DESC LIMIT ").Int(Signed(limit + 1));
}

}  // namespace

Status ApplyEdit(MysqlConnection& connection, const Write& write, Verdict& verdict) {
  const Result<std::uint64_t> changed = connection.Execute(StatementOf(write), kWhat);
  if (!changed.ok()) return changed.status();
  verdict = Verdict::kStored;
  return *changed == 1 ? Status() : JudgeRefused(connection, write, verdict);
}

Result<std::optional<KvEntry>> LoadEntry(MysqlConnection& connection, const std::string& cat,
                                         const std::string& key) {
  std::optional<KvEntry> entry;
  SqlText sql(kColumns);
  AddName(sql, {.cat = cat, .key = key});
  Status status = connection.Query(sql, "could not read an entry", [&entry](const MysqlRow& row) {
    entry = EntryOf(row);
    return Status();
  });
  if (!status.ok()) return status;
  return entry;
}

Result<KvPage> ListEntries(MysqlConnection& connection, const KvFilter& filter) {
  const Result<std::int64_t> before = ParseKvPosition(filter.position);
  if (!before.ok()) return before.status();
  KvPager pager(filter.limit);
  bool full = false;
  Status status =
      connection.Query(PageOf(filter, *before), "could not list entries", [&](const MysqlRow& row) {
        full = full || !pager.Add(EntryOf(row));
        return Status();
      });
  if (!status.ok()) return status;
  return pager.Take();
}

}  // namespace treaty
