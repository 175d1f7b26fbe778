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

// A row that is there already stays as it is and does not count as changed.
constexpr RowBatch::Frame kInsert = {
    "INSERT INTO treaty_txn (created, gid, status, updated, finished, place, due, version, "
    "write_id, state, model) VALUES (",
    "), (", ") ON DUPLICATE KEY UPDATE gid = treaty_txn.gid"};

// The empty first SELECT names the columns.
constexpr RowBatch::Frame kUpdate = {
    "UPDATE treaty_txn t JOIN (SELECT 0 AS created, x'' AS gid, 0 AS status, 0 AS updated, "
    "0 AS finished, x'' AS place, 0 AS due, 0 AS version, 0 AS write_id, x'' AS state, 0 AS legal "
    "FROM DUAL WHERE 1 = 0 UNION ALL SELECT ",
    " UNION ALL SELECT ",
    ") b ON t.created = b.created AND t.gid = b.gid "
    "SET t.status = b.status, t.updated = b.updated, t.finished = b.finished, t.place = b.place, "
    "t.due = b.due, t.version = b.version, t.write_id = b.write_id, t.state = b.state "
    "WHERE t.version = b.version - 1 AND ((b.legal >> t.status) & 1) = 1"};

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

// What an insert and an update have in common, in the order of both.
SqlText TxnWriter::RowOf(const Write& write) {
  const Txn& txn = *write.txn;
  codec_.EncodeState(txn, bytes_);
  SqlText row = KeyOf(txn);
  (row << ", ").Int(static_cast<int>(txn.status));
  (row << ", ").Int(ToMillis(txn.updated));
  (row << ", ").Int(ToMillis(txn.finished));
  (row << ", ").Bytes(PlaceOf(write));
  (row << ", ").Int(ToMillis(DueOf(write)));
  (row << ", ").Int(Signed(txn.version));
  (row << ", ").Int(Signed(write.write_id));
  (row << ", ").Bytes(bytes_);
  row << ", ";
  return row;
}

Status TxnWriter::Insert(const Positions& positions) {
  RowBatch batch(kInsert, most_bytes_, Judged());
  for (const std::size_t i : positions) {
    SqlText row = RowOf(writes_[i]);
    row.Int(static_cast<int>(writes_[i].txn->body->model));
    if (Status status = batch.Add(row, i); !status.ok()) return status;
  }
  return batch.Finish();
}

Status TxnWriter::Update(const Positions& positions) {
  RowBatch batch(kUpdate, most_bytes_, Judged());
  for (const std::size_t i : positions) {
    SqlText row = RowOf(writes_[i]);
    row.Int(LegalPredecessors(*writes_[i].txn));
    if (Status status = batch.Add(row, i); !status.ok()) return status;
  }
  return batch.Finish();
}

RowBatch::Run TxnWriter::Judged() {
  return [this](const SqlText& sql, const Positions& positions) {
    const Result<std::uint64_t> changed = connection_->Execute(sql, kWhat);
    return changed.ok() ? Judge(*changed, positions) : changed.status();
  };
}

RowBatch::Run TxnWriter::Unjudged() {
  return [this](const SqlText& sql, const Positions&) {
    return connection_->Execute(sql, kWhat).status();
  };
}

Status TxnWriter::Judge(std::uint64_t changed, const Positions& positions) {
  if (changed != positions.size()) return ReadBack(positions);
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
