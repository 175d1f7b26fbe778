#include "core/repeats.h"

#include <string>
#include <string_view>

namespace treaty {
namespace {

Ruling Reply(Answer::Kind kind, std::string message) {
  return {Ruling::Kind::kAnswer, {kind, std::move(message)}};
}

Ruling Refuse(std::string message) { return Reply(Answer::Kind::kFailure, std::move(message)); }

Ruling OtherContent() {
  return Refuse("the gid is taken by a transaction with other content; use a new gid");
}

std::string StatusWord(const Txn& txn) { return std::string(Name(txn.status)); }

std::string RolledBackReason(const Txn& txn) {
  if (!txn.rollback_reason.empty()) return txn.rollback_reason;
  return "the transaction is " + StatusWord(txn);
}

}  // namespace

Ruling RuleOnPrepare(const Txn& stored, const TxnRequest& asked) {
  if (stored.status != TxnStatus::kPrepared) {
    return Refuse("current status '" + StatusWord(stored) + "', cannot prepare.");
  }
  if (!SameContent(*stored.body, *asked.body)) return OtherContent();
  return Reply(Answer::Kind::kSuccess, "");
}

Ruling RuleOnSubmit(const Txn& stored, const TxnRequest& asked) {
  const bool same = stored.body->prepared ? AgreesWith(*stored.body, asked)
                                          : SameContent(*stored.body, *asked.body);
  if (!same) return OtherContent();
  switch (stored.status) {
    case TxnStatus::kPrepared:
      return {Ruling::Kind::kApply, {}};
    case TxnStatus::kSubmitted:
      return {Ruling::Kind::kAwait, {}};
    case TxnStatus::kSucceed:
      return Reply(Answer::Kind::kSuccess, "");
    case TxnStatus::kAborting:
    case TxnStatus::kFailed:
      break;
  }
  return Refuse(RolledBackReason(stored));
}

Ruling RuleOnAbort(const Txn& stored) {
  return Refuse("trans type: '" + std::string(Name(stored.body->model)) + "' current status '" +
                StatusWord(stored) + "', cannot abort.");
}

Ruling RuleOnForceStop(const Txn& stored) {
  if (!stored.IsFinished()) return {Ruling::Kind::kApply, {}};
  return Refuse("global transaction force stop error. status: " + StatusWord(stored) + ". error:");
}

Answer UnknownGid(const std::string& gid) {
  return {Answer::Kind::kNotFound, "no TransGlobal with gid: " + gid + " found"};
}

Answer WaitOutcome(const Txn& txn) {
  switch (txn.status) {
    case TxnStatus::kSucceed:
      return {};
    case TxnStatus::kAborting:
    case TxnStatus::kFailed:
      return {Answer::Kind::kFailure, RolledBackReason(txn)};
    case TxnStatus::kPrepared:
    case TxnStatus::kSubmitted:
      break;
  }
  return {Answer::Kind::kOngoing, "the transaction is still running; query it later"};
}

}  // namespace treaty
