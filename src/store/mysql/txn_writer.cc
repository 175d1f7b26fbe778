#include "store/mysql/txn_writer.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "store/legal_move.h"
#include "store/mysql/place.h"
#include "store/sql/txn_row.h"

namespace treaty {
namespace {

constexpr SqlConstant kWhat = "could not commit";

#define TREATY_ROWS_OF_TXN                                                                 \
  "INSERT INTO treaty_txn (created, gid, status, updated, finished, place, due, version, " \
  "write_id, "                                                                             \
  "state, model) VALUES ("
#define TREATY_IF_OURS(column, value) \
  column " = IF(treaty_txn.write_id = VALUES(write_id), " value ", treaty_txn." column ")"

// A row that is there already stays as it is and does not count as changed.
constexpr RowBatch::Frame kInsert = {TREATY_ROWS_OF_TXN, "), (",
                                     ") ON DUPLICATE KEY UPDATE gid = treaty_txn.gid"};

// Rows that are there already, changed on condition: the statement that InnoDB does fastest, and
// the only one of many rows that needs no temporary table. `model` carries the statuses from which
// the move is legal, and `version` is negative: where there is no such row one is made, and would
// show. Assignments run from left to right, so the first decides for the others.
constexpr RowBatch::Frame kUpdate = {
    TREATY_ROWS_OF_TXN,
    "), (",
    ") ON DUPLICATE KEY UPDATE "
    "write_id = IF(treaty_txn.version = -VALUES(version) - 1 AND "
    "((VALUES(model) >> treaty_txn.status) & 1) = 1, VALUES(write_id), treaty_txn.write_id), "
    TREATY_IF_OURS("version", "-VALUES(version)") ", "
    TREATY_IF_OURS("status", "VALUES(status)") ", "
    TREATY_IF_OURS("updated", "VALUES(updated)") ", "
    TREATY_IF_OURS("finished", "VALUES(finished)") ", "
    TREATY_IF_OURS("place", "VALUES(place)") ", "
    TREATY_IF_OURS("due", "VALUES(due)") ", "
    TREATY_IF_OURS("state", "VALUES(state)")};

constexpr RowBatch::Frame kDeleteMade = {"DELETE FROM treaty_txn WHERE version < 0 AND gid IN (",
                                         ", ", ")"};

constexpr RowBatch::Frame kAddParts = {
    "INSERT INTO treaty_part (created, gid, n, terms, body) VALUES (", "), (",
    ") ON DUPLICATE KEY UPDATE n = treaty_part.n"};

constexpr RowBatch::Frame kChangeTerms = {
    "UPDATE treaty_part p JOIN (SELECT 0 AS created, x'' AS gid, x'' AS terms FROM DUAL "
    "WHERE 1 = 0 UNION ALL SELECT ",
    " UNION ALL SELECT ",
    ") b ON p.created = b.created AND p.gid = b.gid AND p.n = 0 SET p.terms = b.terms"};

constexpr RowBatch::Frame kReadBack = {
    "SELECT gid, version, write_id FROM treaty_txn WHERE gid IN (", ", ", ")"};

SqlText KeyOf(const Txn& txn) {
  SqlText row;
  row.Int(ToMillis(txn.created)) << ", ";
  row.Bytes(txn.gid());
  return row;
}

struct Found {
  std::int64_t version = 0;
  std::int64_t write_id = 0;
};

Verdict VerdictOn(const Write& write, const Found* found) {
  const bool insert = write.kind == Write::Kind::kInsert;
  if (found == nullptr) return Verdict::kStale;
  if (found->write_id == Signed(write.write_id)) return Verdict::kStored;
  if (insert) return Verdict::kExists;
  const bool fits = found->version + 1 == Signed(write.txn->version);
  return fits ? Verdict::kIllegal : Verdict::kStale;
}

}  // namespace

Status TxnWriter::Apply(MysqlConnection& connection, std::span<const Write> writes,
                        std::span<Verdict> verdicts) {
  connection_ = &connection;
  writes_ = writes;
  verdicts_ = verdicts;
  const Positions inserts = InOrder(Write::Kind::kInsert);
  const Positions updates = InOrder(Write::Kind::kUpdate);
  Status status = Insert(inserts);
  if (status.ok()) status = Update(updates);
  if (status.ok()) status = ChangeTerms(updates);
  if (status.ok()) status = AddParts(inserts);
  return status.ok() ? AddParts(updates) : status;
}

// In the order of the keys, as every writer has it, so that two do not wait for each other.
TxnWriter::Positions TxnWriter::InOrder(Write::Kind kind) const {
  Positions positions;
  for (std::size_t i = 0; i < writes_.size(); ++i) {
    if (writes_[i].kind == kind) positions.push_back(i);
  }
  std::ranges::sort(positions, {}, [this](std::size_t i) {
    return std::tie(writes_[i].txn->created, writes_[i].txn->gid());
  });
  return positions;
}

// All columns but the last.
SqlText TxnWriter::RowOf(const Write& write, std::int64_t version) {
  const Txn& txn = *write.txn;
  codec_.EncodeState(txn, bytes_);
  SqlText row = KeyOf(txn);
  (row << ", ").Int(static_cast<int>(txn.status));
  (row << ", ").Int(ToMillis(txn.updated));
  (row << ", ").Int(ToMillis(txn.finished));
  (row << ", ").Bytes(PlaceOf(write));
  (row << ", ").Int(ToMillis(DueOf(write)));
  (row << ", ").Int(version);
  (row << ", ").Int(Signed(write.write_id));
  (row << ", ").Bytes(bytes_);
  row << ", ";
  return row;
}

Status TxnWriter::Insert(const Positions& positions) {
  RowBatch batch(kInsert, most_bytes_, [this](const SqlText& sql, const Positions& tags) {
    const Result<std::uint64_t> changed = connection_->Execute(sql, kWhat);
    return changed.ok() ? Judge(*changed == tags.size(), tags) : changed.status();
  });
  for (const std::size_t i : positions) {
    SqlText row = RowOf(writes_[i], Signed(writes_[i].txn->version));
    row.Int(static_cast<int>(writes_[i].txn->body->model));
    if (Status status = batch.Add(row, i); !status.ok()) return status;
  }
  return batch.Finish();
}

Status TxnWriter::Update(const Positions& positions) {
  RowBatch batch(kUpdate, most_bytes_, [this](const SqlText& sql, const Positions& tags) {
    const Result<std::uint64_t> changed = connection_->Execute(sql, kWhat);
    if (!changed.ok()) return changed.status();
    const bool all = *changed == 2 * tags.size();  // A changed row counts twice.
    const Status status = all ? Status() : DeleteMade(tags);
    return status.ok() ? Judge(all, tags) : status;
  });
  for (const std::size_t i : positions) {
    SqlText row = RowOf(writes_[i], -Signed(writes_[i].txn->version));
    row.Int(LegalPredecessors(*writes_[i].txn));
    if (Status status = batch.Add(row, i); !status.ok()) return status;
  }
  return batch.Finish();
}

RowBatch::Run TxnWriter::Unjudged() {
  return [this](const SqlText& sql, const Positions&) {
    return connection_->Execute(sql, kWhat).status();
  };
}

Status TxnWriter::DeleteMade(const Positions& positions) {
  RowBatch batch(kDeleteMade, most_bytes_, Unjudged());
  for (const std::size_t i : positions) {
    SqlText row;
    row.Bytes(writes_[i].txn->gid());
    if (Status status = batch.Add(row, i); !status.ok()) return status;
  }
  return batch.Finish();
}

Status TxnWriter::Judge(bool all, const Positions& positions) {
  if (!all) return ReadBack(positions);
  for (const std::size_t i : positions) verdicts_[i] = Verdict::kStored;
  return {};
}

Status TxnWriter::ReadBack(const Positions& positions) {
  std::unordered_map<std::string, Found> found;
  RowBatch batch(kReadBack, most_bytes_, [this, &found](const SqlText& sql, const Positions&) {
    return connection_->Query(sql, kWhat, [&found](const MysqlRow& row) {
      found.insert_or_assign(row.Bytes(0), Found{row.Int(1), row.Int(2)});
      return Status();
    });
  });
  for (const std::size_t i : positions) {
    SqlText row;
    row.Bytes(writes_[i].txn->gid());
    if (Status status = batch.Add(row, i); !status.ok()) return status;
  }
  if (Status status = batch.Finish(); !status.ok()) return status;
  for (const std::size_t i : positions) {
    const auto known = found.find(writes_[i].txn->gid());
    verdicts_[i] = VerdictOn(writes_[i], known == found.end() ? nullptr : &known->second);
  }
  return {};
}

// Part 0 of what was inserted, and the branches registered since. Those of a repeated write are
// there already.
Status TxnWriter::AddParts(const Positions& positions) {
  RowBatch batch(kAddParts, most_bytes_, Unjudged());
  for (const std::size_t i : positions) {
    if (!IsStored(i)) continue;
    const bool insert = writes_[i].kind == Write::Kind::kInsert;
    Status status = insert ? AddSubmission(batch, i) : Status();
    if (status.ok()) status = AddBranches(batch, i);
    if (!status.ok()) return status;
  }
  return batch.Finish();
}

Status TxnWriter::AddSubmission(RowBatch& batch, std::size_t position) {
  const Txn& txn = *writes_[position].txn;
  SqlText row = KeyOf(txn);
  codec_.EncodeTerms(txn, bytes_);
  (row << ", 0, ").Bytes(bytes_);
  codec_.EncodeBody(*txn.body, bytes_);
  (row << ", ").Bytes(bytes_);
  return batch.Add(row, position);
}

// The n-th branch becomes part n.
Status TxnWriter::AddBranches(RowBatch& batch, std::size_t position) {
  const Txn& txn = *writes_[position].txn;
  const std::size_t known = txn.registered.size() - writes_[position].added;
  for (std::size_t n = known; n < txn.registered.size(); ++n) {
    codec_.EncodeStep(*txn.registered[n], bytes_);
    SqlText row = KeyOf(txn);
    (row << ", ").Int(Signed(n + 1));
    (row << ", NULL, ").Bytes(bytes_);
    if (Status status = batch.Add(row, position); !status.ok()) return status;
  }
  return {};
}

Status TxnWriter::ChangeTerms(const Positions& positions) {
  RowBatch batch(kChangeTerms, most_bytes_, Unjudged());
  for (const std::size_t i : positions) {
    if (!IsStored(i) || !writes_[i].terms_changed) continue;
    codec_.EncodeTerms(*writes_[i].txn, bytes_);
    SqlText row = KeyOf(*writes_[i].txn);
    (row << ", ").Bytes(bytes_);
    if (Status status = batch.Add(row, i); !status.ok()) return status;
  }
  return batch.Finish();
}

}  // namespace treaty
