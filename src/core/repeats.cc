#include "core/repeats.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "base/canary.h"

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

// A workflow's runner must not take this for a definite no: it would undo what another one did.
Ruling TooLate(Answer::Kind kind, std::string message) {
  const bool wrong = canary::Armed(canary::Canary::kRunnerToldFailure);
  return Reply(wrong ? Answer::Kind::kFailure : kind, std::move(message));
}

Ruling OtherModel(const Txn& stored, Model asked) {
  return Refuse("the transaction is a '" + std::string(Name(stored.body->model)) + "', not a '" +
                std::string(Name(asked)) + "'.");
}

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

// The client reads the record and goes on where it stands, in whatever state.
Ruling RuleOnPrepareWorkflow(const Txn& stored, const TxnRequest& asked) {
  if (stored.body->model != Model::kWorkflow) return OtherModel(stored, Model::kWorkflow);
  if (stored.terms->workflow_name != asked.terms->workflow_name) {
    return Refuse("the gid is taken by the workflow '" + stored.terms->workflow_name +
                  "'; use a new gid");
  }
  return Reply(Answer::Kind::kSuccess, "");
}

Ruling RuleOnSubmit(const Txn& stored, const TxnRequest& asked) {
  const bool same = stored.body->prepared ? AgreesWith(*stored.body, asked)
                                          : SameContent(*stored.body, *asked.body);
  if (!same) return OtherContent();
  switch (stored.status) {
    case TxnStatus::kPrepared: {
      const Status orders = CheckOrders(*asked.terms, *stored.body);
      if (!orders.ok()) return Reply(Answer::Kind::kInvalid, orders.message());
      return {Ruling::Kind::kApply, {}};
    }
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

Ruling RuleOnAbort(const Txn& stored, const AbortRequest& asked) {
  const Model model = stored.body->model;
  const std::string name(Name(model));
  const std::string cannot =
      "trans type: '" + name + "' current status '" + StatusWord(stored) + "', cannot abort.";
  if (asked.model && *asked.model != model) {
    return Refuse(cannot + " trans_type is '" + std::string(Name(*asked.model)) + "'");
  }
  const bool two_phase = model == Model::kTcc || model == Model::kXa;
  if (!two_phase && model != Model::kMessage) return Refuse(cannot);
  if (canary::Armed(canary::Canary::kBothDirections) && !stored.IsFinished()) {
    return {Ruling::Kind::kApply, {}};
  }
  if (stored.status == TxnStatus::kPrepared) return {Ruling::Kind::kApply, {}};
  if (stored.status == TxnStatus::kAborting) return {Ruling::Kind::kAwait, {}};
  if (stored.status == TxnStatus::kFailed) return Reply(Answer::Kind::kSuccess, "");
  return Refuse(cannot);
}

namespace {

Ruling RuleOnNewBranch(const Txn& stored, const RegisterRequest& asked, std::size_t most_branches) {
  const Status& trouble = asked.TroubleWith(stored.body->protocol);
  if (!trouble.ok()) return Reply(Answer::Kind::kInvalid, trouble.message());
  if (stored.registered.size() < most_branches) return {Ruling::Kind::kApply, {}};
  return Reply(Answer::Kind::kInvalid,
               "too many branches; at most " + std::to_string(most_branches) + " (Limits.Steps)");
}

}  // namespace

// What is wrong with a URL is told of a new branch only: a repeat has been stored already.
Ruling RuleOnRegister(const Txn& stored, const RegisterRequest& asked, std::size_t most_branches) {
  if (stored.body->model != asked.model) return OtherModel(stored, asked.model);
  const bool is_workflow = asked.model == Model::kWorkflow;
  const bool open = stored.status == TxnStatus::kPrepared ||
                    (canary::Armed(canary::Canary::kLateRegistration) && !stored.IsFinished());
  if (!open) {
    if (is_workflow) {
      return TooLate(Answer::Kind::kEnded, "the workflow is " + StatusWord(stored) + " already");
    }
    return {Ruling::Kind::kAnswer, UnknownForRegister(stored.gid(), asked.model)};
  }
  const auto same_place = [&](const std::shared_ptr<const Step>& step) {
    return step->id == asked.step->id && step->op == asked.step->op;
  };
  const auto known = std::ranges::find_if(stored.registered, same_place);
  if (known == stored.registered.end()) return RuleOnNewBranch(stored, asked, most_branches);
  if (is_workflow) {
    return TooLate(Answer::Kind::kRecorded, "the outcome of this step is recorded already");
  }
  if (**known == *asked.step) return Reply(Answer::Kind::kSuccess, "");
  return Refuse("the branch id is taken by a branch with other content; use a new branch_id");
}

Ruling RuleOnWorkflowEnd(const Txn& stored, const WorkflowEndRequest& asked) {
  if (stored.body->model != Model::kWorkflow) return OtherModel(stored, Model::kWorkflow);
  if (!stored.IsFinished()) return {Ruling::Kind::kApply, {}};
  if (stored.status == asked.end.status) return Reply(Answer::Kind::kSuccess, "");
  return Refuse("current status '" + StatusWord(stored) + "', cannot submit.");
}

Ruling RuleOnForceStop(const Txn& stored) {
  if (!stored.IsFinished()) return {Ruling::Kind::kApply, {}};
  return Refuse("global transaction force stop error. status: " + StatusWord(stored) + ". error:");
}

Answer UnknownGid(const std::string& gid) {
  return {Answer::Kind::kNotFound, "no TransGlobal with gid: " + gid + " found"};
}

Answer UnknownForSubmit(const std::string& gid, Model model) {
  if (model == Model::kWorkflow) return UnknownGid(gid);
  return {Answer::Kind::kFailure, "no trans with gid: " + gid + " found; prepare it first."};
}

Answer UnknownForRegister(const std::string& gid, Model model) {
  if (model == Model::kWorkflow) return UnknownGid(gid);
  return {Answer::Kind::kFailure, "no trans with gid: " + gid + " status: prepared found"};
}

Answer AbortOutcome(const Txn& txn) {
  if (txn.status == TxnStatus::kFailed) return {};
  return {Answer::Kind::kOngoing, "the transaction is still being undone; query it later"};
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
