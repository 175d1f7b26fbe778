// The table of legal moves, and the wire's words for what core/txn.h names.

#include "core/txn.h"

#include <algorithm>

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

// One decision of the client, or the time-out.
bool IsTwoPhaseMove(TxnStatus from, TxnStatus to) {
  switch (from) {
    case TxnStatus::kPrepared:
      return to == TxnStatus::kSubmitted || to == TxnStatus::kAborting;
    case TxnStatus::kSubmitted:
      return to == TxnStatus::kSucceed;
    case TxnStatus::kAborting:
      return to == TxnStatus::kFailed;
    case TxnStatus::kSucceed:
    case TxnStatus::kFailed:
      return false;
  }
  return false;
}

bool IsMessageMove(TxnStatus from, TxnStatus to) {
  if (from == TxnStatus::kPrepared) return to == TxnStatus::kSubmitted || to == TxnStatus::kFailed;
  return from == TxnStatus::kSubmitted && to == TxnStatus::kSucceed;
}

bool IsWorkflowMove(TxnStatus from, TxnStatus to) {
  return from == TxnStatus::kPrepared && (to == TxnStatus::kSucceed || to == TxnStatus::kFailed);
}

}  // namespace

bool IsLegalMove(Model model, TxnStatus from, TxnStatus to, bool forced) {
  if (from == TxnStatus::kSucceed || from == TxnStatus::kFailed) return false;
  if (from == to || (forced && to == TxnStatus::kFailed)) return true;
  switch (model) {
    case Model::kSaga:
      return IsSagaMove(from, to);
    case Model::kTcc:
    case Model::kXa:
      return IsTwoPhaseMove(from, to);
    case Model::kMessage:
      return IsMessageMove(from, to);
    case Model::kWorkflow:
      return IsWorkflowMove(from, to);
  }
  return false;
}

std::string_view Name(Model model) {
  switch (model) {
    case Model::kSaga:
      return "saga";
    case Model::kTcc:
      return "tcc";
    case Model::kXa:
      return "xa";
    case Model::kMessage:
      return "msg";
    case Model::kWorkflow:
      return "workflow";
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

std::string_view OpName(Model model, Op op) {
  if (op == Op::kQuery) return Name(model);
  const bool forward = op == Op::kAction;
  switch (model) {
    case Model::kTcc:
      return forward ? "confirm" : "cancel";
    case Model::kXa:
      return forward ? "commit" : "rollback";
    case Model::kSaga:
    case Model::kMessage:
    case Model::kWorkflow:
      break;
  }
  return forward ? "action" : "compensate";
}

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
    case Outcome::kNotSent:
      return "NOT SENT";
  }
  return "?";
}

std::string BranchId(BranchIndex branch) {
  if (branch == kNoBranch) return "00";
  std::string id = std::to_string(std::uint64_t{branch.value} + 1);
  if (id.size() < 2) id.insert(0, 1, '0');
  return id;
}

std::string BranchId(const Txn& txn, BranchIndex branch) {
  if (branch.value >= txn.branches.size()) return BranchId(branch);
  const auto& recipients = txn.body->recipients;
  const std::string& own =
      recipients.empty() ? txn.step(branch.value).id : recipients[branch.value].id;
  return own.empty() ? BranchId(branch) : own;
}

const std::string& UrlOf(const Txn& txn, std::size_t branch, Op op) {
  const auto& recipients = txn.body->recipients;
  if (!recipients.empty() && op == Op::kAction) return recipients[branch].url;
  const Step& step = txn.step(branch);
  return op == Op::kAction ? step.action : step.compensate;
}

std::size_t CountBranches(const Body& body) {
  return body.recipients.empty() ? body.steps.size() : body.recipients.size();
}

const Step* FindRegistered(const Txn& txn, const Step& step) {
  const auto same_place = [&](const std::shared_ptr<const Step>& other) {
    return other->id == step.id && other->op == step.op;
  };
  const auto found = std::ranges::find_if(txn.registered, same_place);
  return found == txn.registered.end() ? nullptr : found->get();
}

bool TakesRegistrations(Model model) {
  return model == Model::kTcc || model == Model::kXa || model == Model::kWorkflow;
}

}  // namespace treaty
