#include "store/sqlite/kv_writer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "store/sql/txn_row.h"

namespace treaty {
namespace {

constexpr char kInsert[] =
    "INSERT INTO kv (cat, k, v, version, write_id, create_time, update_time) "
    "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?6 WHERE (SELECT count(*) FROM kv WHERE cat = ?1) < ?7 "
    "ON CONFLICT (cat, k) DO NOTHING";
constexpr char kUpdate[] =
    "UPDATE kv SET v = ?3, version = ?4, write_id = ?5, update_time = ?6 "
    "WHERE cat = ?1 AND k = ?2 AND write_id = ?7";
constexpr char kDelete[] = "DELETE FROM kv WHERE cat = ?1 AND k = ?2 AND write_id = ?3";
constexpr char kFind[] = "SELECT write_id FROM kv WHERE cat = ?1 AND k = ?2";

// What both ways of storing a value have in common.
void BindEntry(Statement& statement, const Write& write) {
  const KvEdit& edit = *write.edit;
  statement.BindText(1, edit.cat);
  statement.BindText(2, edit.key);
  statement.BindText(3, *edit.value);
  statement.Bind(4, Signed(edit.version));
  statement.Bind(5, Signed(write.write_id));
  statement.Bind(6, ToMillis(edit.now));
}

}  // namespace

Status KvWriter::Prepare(SqliteConnection& connection) {
  handle_ = connection.handle();
  const std::pair<Statement*, const char*> all[] = {
      {&insert_, kInsert}, {&update_, kUpdate}, {&delete_, kDelete}, {&find_, kFind}};
  for (const auto& [statement, sql] : all) {
    Result<Statement> prepared = connection.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return {};
}

int KvWriter::Apply(const Write& write, Verdict& verdict) {
  const int code = Run(write);
  if (code != SQLITE_OK) return code;
  verdict = Verdict::kStored;
  return sqlite3_changes(handle_) == 1 ? SQLITE_OK : JudgeRefused(write, verdict);
}

int KvWriter::Run(const Write& write) {
  if (!write.edit->value) return Delete(write);
  return write.edit->replaces ? Update(write) : Insert(write);
}

int KvWriter::Insert(const Write& write) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  BindEntry(insert_, write);
  insert_.Bind(7, Signed(std::min(write.edit->most, kMost)));
  return insert_.Run();
}

int KvWriter::Update(const Write& write) {
  BindEntry(update_, write);
  update_.Bind(7, Signed(*write.edit->replaces));
  return update_.Run();
}

int KvWriter::Delete(const Write& write) {
  delete_.BindText(1, write.edit->cat);
  delete_.BindText(2, write.edit->key);
  delete_.Bind(3, Signed(write.edit->replaces.value_or(0)));
  return delete_.Run();
}

// Finds out, inside the same transaction, why an edit changed no row.
int KvWriter::JudgeRefused(const Write& write, Verdict& verdict) {
  find_.BindText(1, write.edit->cat);
  find_.BindText(2, write.edit->key);
  const ResetAtEnd reset(find_);
  const int code = find_.Step();
  if (code == SQLITE_ROW) {
    verdict = find_.Int(0) == Signed(write.write_id) ? Verdict::kStored : Verdict::kStale;
    return SQLITE_OK;
  }
  if (code != SQLITE_DONE) return code;
  if (write.edit->value) verdict = write.edit->replaces ? Verdict::kStale : Verdict::kFull;
  return SQLITE_OK;
}

}  // namespace treaty
