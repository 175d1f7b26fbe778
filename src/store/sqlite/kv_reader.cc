#include "store/sqlite/kv_reader.h"

#include <utility>

#include "store/kv_position.h"
#include "store/sql/txn_row.h"

namespace treaty {
namespace {

#define TREATY_KV "SELECT id, cat, k, v, version, write_id, create_time, update_time FROM kv "

constexpr char kLoad[] = TREATY_KV "WHERE cat = ?1 AND k = ?2";
constexpr char kList[] =
    TREATY_KV "WHERE id < ?1 AND (?2 = '' OR cat = ?2) AND (?3 = '' OR k = ?3) ORDER BY id DESC";

KvEntry ReadEntry(const Statement& row) {
  return {.id = row.Int(0),
          .cat = std::string(row.Bytes(1)),
          .key = std::string(row.Bytes(2)),
          .value = std::string(row.Bytes(3)),
          .version = static_cast<std::uint64_t>(row.Int(4)),
          .write_id = static_cast<std::uint64_t>(row.Int(5)),
          .created = ToTime(row.Int(6)),
          .updated = ToTime(row.Int(7))};
}

}  // namespace

Status KvReader::Prepare(SqliteConnection& connection) {
  connection_ = &connection;
  const std::pair<Statement*, const char*> all[] = {{&load_, kLoad}, {&list_, kList}};
  for (const auto& [statement, sql] : all) {
    Result<Statement> prepared = connection.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return {};
}

Result<std::optional<KvEntry>> KvReader::Load(const std::string& cat, const std::string& key) {
  load_.BindText(1, cat);
  load_.BindText(2, key);
  const ResetAtEnd reset(load_);
  const int code = load_.Step();
  if (code == SQLITE_DONE) return std::optional<KvEntry>();
  if (code != SQLITE_ROW) return connection_->ToStatus(code, "could not read " + cat + " " + key);
  return std::optional<KvEntry>(ReadEntry(load_));
}

Result<KvPage> KvReader::List(const KvFilter& filter) {
  const Result<std::int64_t> before = ParseKvPosition(filter.position);
  if (!before.ok()) return before.status();
  list_.Bind(1, *before);
  list_.BindText(2, filter.cat);
  list_.BindText(3, filter.key);
  const ResetAtEnd reset(list_);
  KvPager pager(filter.limit);
  int code = SQLITE_OK;
  while ((code = list_.Step()) == SQLITE_ROW) {
    if (!pager.Add(ReadEntry(list_))) return pager.Take();
  }
  if (code != SQLITE_DONE) return connection_->ToStatus(code, "could not list entries");
  return pager.Take();
}

}  // namespace treaty
