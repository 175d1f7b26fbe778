// Every column is checked before it becomes an enumerator: a file is not to be trusted.

#include "store/sqlite/rows.h"

#include <memory>
#include <utility>

namespace treaty {
namespace {

enum Column {
  kGid,
  kModel,
  kStatus,
  kCreated,
  kUpdated,
  kFinished,
  kWake,
  kOwner,
  kVersion,
  kWriteId,
  kState,
  kTerms,
  kBody,
};

bool EnumsAreKnown(const Statement& row) {
  return row.Int(kModel) >= 0 && row.Int(kModel) <= static_cast<int>(Model::kWorkflow) &&
         row.Int(kStatus) >= 0 && row.Int(kStatus) <= static_cast<int>(TxnStatus::kFailed);
}

StoredTxn ReadScalars(const Statement& row) {
  StoredTxn stored;
  stored.txn.status = static_cast<TxnStatus>(row.Int(kStatus));
  stored.txn.created = ToTime(row.Int(kCreated));
  stored.txn.updated = ToTime(row.Int(kUpdated));
  stored.txn.finished = ToTime(row.Int(kFinished));
  stored.txn.version = static_cast<std::uint64_t>(row.Int(kVersion));
  stored.write_id = static_cast<std::uint64_t>(row.Int(kWriteId));
  stored.owner = row.Bytes(kOwner);
  stored.wake = ToTime(row.Int(kWake));
  return stored;
}

}  // namespace

Status DamagedRow(std::string_view gid, const std::string& why) {
  return {Code::kDataLoss, "transaction " + std::string(gid) + " cannot be read: " + why};
}

Result<StoredTxn> ReadRow(const Statement& row, RecordCodec& codec, WithBody with_body) {
  const std::string_view gid = row.Bytes(kGid);
  if (!EnumsAreKnown(row)) return DamagedRow(gid, "its model or status is unknown");
  if (row.IsNull(kTerms)) return DamagedRow(gid, "its body is missing");

  StoredTxn stored = ReadScalars(row);
  auto body = std::make_shared<Body>();
  auto terms = std::make_shared<Terms>();
  body->gid = gid;
  body->model = static_cast<Model>(row.Int(kModel));
  Status status = codec.DecodeState(row.Bytes(kState), stored.txn);
  if (status.ok()) status = codec.DecodeTerms(row.Bytes(kTerms), *terms);
  if (status.ok() && with_body == WithBody::kYes) {
    status = codec.DecodeBody(row.Bytes(kBody), *body);
  }
  stored.txn.body = std::move(body);
  stored.txn.terms = std::move(terms);
  if (!status.ok()) return DamagedRow(gid, status.message());
  return stored;
}

StoredTxn DescribeDamaged(const Statement& row, const Status& why) {
  StoredTxn stored = ReadScalars(row);
  if (!EnumsAreKnown(row)) stored.txn.status = TxnStatus::kPrepared;
  auto body = std::make_shared<Body>();
  body->gid = row.Bytes(kGid);
  stored.txn.body = std::move(body);
  stored.txn.terms = std::make_shared<Terms>();
  stored.txn.rollback_reason = why.message();
  return stored;
}

}  // namespace treaty
