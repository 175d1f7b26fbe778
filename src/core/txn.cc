// The table of legal moves, and the wire's words for what core/txn.h names.

#include "core/txn.h"

namespace treaty {
namespace {

// The order of this switch is the life of a saga; force is IsLegalMove's business.
bool IsSagaMove(TxnStatus from, TxnStatus to) {
  switch (from) {
    case TxnStatus::kPrepared:
      return to == TxnStatus::kSubmitted;
    case TxnStatus::kSubmitted:
      return to == TxnStatus::kSucceed || to == TxnStatus::kAborting;
    case TxnStatus::kAborting:
      return to == TxnStatus::kFailed;
    case TxnStatus::kSucceed:
    case TxnStatus::kFailed:
      return false;
  }
  return false;
}

}  // namespace

bool IsLegalMove(Model model, TxnStatus from, TxnStatus to, bool forced) {
  if (from == TxnStatus::kSucceed || from == TxnStatus::kFailed) return false;
  if (from == to || (forced && to == TxnStatus::kFailed)) return true;
  switch (model) {
    case Model::kSaga:
      return IsSagaMove(from, to);
  }
  return false;
}

std::string_view Name(Model model) {
  switch (model) {
    case Model::kSaga:
      return "saga";
  }
  return "?";
}

std::string_view Name(TxnStatus status) {
  switch (status) {
    case TxnStatus::kPrepared:
      return "prepared";
    case TxnStatus::kSubmitted:
      return "submitted";
    case TxnStatus::kAborting:
      return "aborting";
    case TxnStatus::kSucceed:
      return "succeed";
    case TxnStatus::kFailed:
      return "failed";
  }
  return "?";
}

std::string_view Name(BranchStatus status) {
  switch (status) {
    case BranchStatus::kPrepared:
      return "prepared";
    case BranchStatus::kSucceed:
      return "succeed";
    case BranchStatus::kFailed:
      return "failed";
  }
  return "?";
}

std::string_view Name(Op op) { return op == Op::kAction ? "action" : "compensate"; }

std::string_view Name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kSuccess:
      return "SUCCESS";
    case Outcome::kFailure:
      return "FAILURE";
    case Outcome::kOngoing:
      return "ONGOING";
    case Outcome::kUnknown:
      return "UNKNOWN";
  }
  return "?";
}

std::string BranchId(BranchIndex branch) {
  std::string id = std::to_string(std::uint64_t{branch.value} + 1);
  if (id.size() < 2) id.insert(0, 1, '0');
  return id;
}

}  // namespace treaty
