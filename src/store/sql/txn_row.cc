#include "store/sql/txn_row.h"

#include <memory>
#include <utility>

namespace treaty {
namespace {

bool EnumsAreKnown(const TxnRow& row) {
  return row.model >= 0 && row.model <= static_cast<int>(Model::kWorkflow) && row.status >= 0 &&
         row.status <= static_cast<int>(TxnStatus::kFailed);
}

StoredTxn ReadScalars(const TxnRow& row) {
  StoredTxn stored;
  stored.txn.status = static_cast<TxnStatus>(row.status);
  stored.txn.created = ToTime(row.created);
  stored.txn.updated = ToTime(row.updated);
  stored.txn.finished = ToTime(row.finished);
  stored.txn.version = static_cast<std::uint64_t>(row.version);
  stored.write_id = static_cast<std::uint64_t>(row.write_id);
  stored.owner = row.owner;
  stored.wake = ToTime(row.wake);
  return stored;
}

}  // namespace

Status DamagedRow(std::string_view gid, const std::string& why) {
  return {Code::kDataLoss, "transaction " + std::string(gid) + " cannot be read: " + why};
}

Result<StoredTxn> ReadRow(const TxnRow& row, RecordCodec& codec, WithBody with_body) {
  if (!EnumsAreKnown(row)) return DamagedRow(row.gid, "its model or status is unknown");
  if (!row.has_parts) return DamagedRow(row.gid, "its body is missing");

  StoredTxn stored = ReadScalars(row);
  auto body = std::make_shared<Body>();
  auto terms = std::make_shared<Terms>();
  body->gid = row.gid;
  body->model = static_cast<Model>(row.model);
  Status status = codec.DecodeState(row.state, stored.txn);
  if (status.ok()) status = codec.DecodeTerms(row.terms, *terms, *body);
  if (status.ok() && with_body == WithBody::kYes) status = codec.DecodeBody(row.body, *body);
  stored.txn.body = std::move(body);
  stored.txn.terms = std::move(terms);
  if (!status.ok()) return DamagedRow(row.gid, status.message());
  return stored;
}

StoredTxn DescribeDamaged(const TxnRow& row, const Status& why) {
  StoredTxn stored = ReadScalars(row);
  if (!EnumsAreKnown(row)) stored.txn.status = TxnStatus::kPrepared;
  auto body = std::make_shared<Body>();
  body->gid = row.gid;
  stored.txn.body = std::move(body);
  stored.txn.terms = std::make_shared<Terms>();
  stored.txn.rollback_reason = why.message();
  return stored;
}

}  // namespace treaty
