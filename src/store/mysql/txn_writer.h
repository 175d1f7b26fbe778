// The transactions of a batch: a few statements of many rows each, and a verdict for every row.
//
// If a statement has changed as many rows as it has, all of them are stored. Otherwise what is in
// the database is read back, in the same database transaction, and tells which.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/mysql/connection.h"
#include "store/mysql/row_batch.h"
#include "store/mysql/sql_text.h"
#include "store/store.h"
#include "wire/record/record_codec.h"

namespace treaty {

// For one thread at a time.
class TxnWriter {
 public:
  // `most_bytes`: of one statement from now on, but for a row that is longer alone.
  void LimitStatements(std::size_t most_bytes) { most_bytes_ = most_bytes; }

  // Writes all but the edits among `writes`, inside the database transaction that is open on
  // `connection`.
  Status Apply(MysqlConnection& connection, std::span<const Write> writes,
               std::span<Verdict> verdicts);

 private:
  using Positions = std::vector<std::size_t>;

  Positions InOrder(Write::Kind kind) const;
  SqlText RowOf(const Write& write, std::int64_t version);
  RowBatch::Run Unjudged();  // Runs a statement.
  Status Insert(const Positions& positions);
  Status Update(const Positions& positions);
  Status DeleteMade(const Positions& positions);
  Status Judge(bool all, const Positions& positions);
  Status ReadBack(const Positions& positions);
  Status AddParts(const Positions& positions);
  Status AddSubmission(RowBatch& batch, std::size_t position);
  Status AddBranches(RowBatch& batch, std::size_t position);
  Status ChangeTerms(const Positions& positions);
  bool IsStored(std::size_t position) const { return verdicts_[position] == Verdict::kStored; }

  std::size_t most_bytes_ = 0;
  RecordCodec codec_;
  std::string bytes_;

  // Of the call under way.
  MysqlConnection* connection_ = nullptr;
  std::span<const Write> writes_;
  std::span<Verdict> verdicts_;
};

}  // namespace treaty
