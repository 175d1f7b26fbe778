// What a call carries, by model and operation (protocol §4.2 and §4.6).

#include "core/branch_call.h"

#include "core/backoff.h"

namespace treaty {
namespace {

const std::string kNothing;

}  // namespace

const std::string& BranchCall::url() const {
  if (op == Op::kQuery) return body->query_prepared;
  if (const Recipient* to = recipient()) return to->url;
  return op == Op::kAction ? step->action : step->compensate;
}

const Recipient* BranchCall::recipient() const {
  if (op != Op::kAction || body->recipients.empty()) return nullptr;
  return &body->recipients[branch.value];
}

const std::string& BranchCall::payload() const {
  if (op == Op::kQuery) return terms->workflow_input;
  return body->model == Model::kXa ? kNothing : step->payload;
}

std::shared_ptr<const void> BranchCall::payload_owner() const {
  if (op == Op::kQuery) return terms;
  return step;
}

std::string BranchCall::branch_id() const {
  if (const Recipient* to = recipient()) return to->id;
  const bool by_place = op == Op::kQuery || step->id.empty();
  return by_place ? BranchId(branch) : step->id;
}

std::string_view BranchCall::op_name() const {
  const bool resume = op == Op::kQuery && body->model == Model::kWorkflow;
  return resume ? std::string_view(terms->workflow_name) : OpName(body->model, op);
}

bool BranchCall::is_post() const {
  return !payload().empty() || body->model == Model::kXa || body->model == Model::kWorkflow;
}

bool BranchCall::finds_words() const {
  if (op == Op::kQuery) return true;
  return op == Op::kAction && body->model != Model::kTcc && body->model != Model::kXa;
}

BranchCall MakeCall(const Txn& txn, const Call& call, const Policy& policy) {
  const Duration own = ToDuration(txn.terms->request_timeout);
  BranchCall made{.body = txn.body,
                  .terms = txn.terms,
                  .step = nullptr,
                  .branch = call.branch,
                  .op = call.op,
                  .timeout = own.count() > 0 ? own : policy.request_timeout};
  if (call.op == Op::kQuery) return made;
  const std::size_t i = call.branch.value;
  made.step = txn.registered.empty() ? std::shared_ptr<const Step>(txn.body, &txn.step(i))
                                     : txn.registered[i];
  return made;
}

}  // namespace treaty
