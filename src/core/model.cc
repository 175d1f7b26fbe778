#include "core/model.h"

#include <algorithm>
#include <utility>

#include "core/message.h"
#include "core/saga.h"
#include "core/two_phase.h"
#include "core/workflow.h"

namespace treaty::model {

Txn Create(std::shared_ptr<const Body> body, std::shared_ptr<const Terms> terms, TxnStatus status,
           Time now) {
  if (body->model == Model::kSaga)
    return saga::Create(std::move(body), std::move(terms), status, now);
  Txn txn;
  txn.body = std::move(body);
  txn.terms = std::move(terms);
  txn.status = status;
  txn.branches.resize(CountBranches(*txn.body));
  txn.created = now;
  txn.updated = now;
  return txn;
}

namespace {

Decision ApplyByModel(const Txn& txn, const Event& event, const Policy& policy) {
  switch (txn.body->model) {
    case Model::kSaga:
      return saga::Apply(txn, event, policy);
    case Model::kTcc:
    case Model::kXa:
      return two_phase::Apply(txn, event, policy);
    case Model::kMessage:
      return message::Apply(txn, event, policy);
    case Model::kWorkflow:
      return workflow::Apply(txn, event, policy);
  }
  return {Durability::kUnchanged, txn};
}

// Changes nothing but the count of deaths.
Decision ToDeaths(const Txn& txn, std::uint32_t deaths) {
  if (txn.IsFinished() || txn.deaths == deaths) return {Durability::kUnchanged, txn};
  Decision decision{Durability::kDurable, txn};
  decision.next.deaths = deaths;
  return decision;
}

// In quarantine only the operator changes anything.
Decision ApplyInQuarantine(const Txn& txn, const Event& event, const Policy& policy) {
  if (std::holds_alternative<DueReset>(event.what)) return ToDeaths(txn, 0);
  if (std::holds_alternative<ForceStopped>(event.what)) return ApplyByModel(txn, event, policy);
  return {Durability::kUnchanged, txn};
}

}  // namespace

// Whatever is stored of an event shows that the process has survived it.
Decision Apply(const Txn& txn, const Event& event, const Policy& policy) {
  if (txn.IsQuarantined()) return ApplyInQuarantine(txn, event, policy);
  if (std::holds_alternative<Crashed>(event.what)) return ToDeaths(txn, txn.deaths + 1);
  Decision decision = ApplyByModel(txn, event, policy);
  if (decision.durability != Durability::kUnchanged) decision.next.deaths = 0;
  return decision;
}

Duties Plan(const Txn& txn, Time now, const Policy& policy) {
  if (txn.IsQuarantined()) return {};
  switch (txn.body->model) {
    case Model::kSaga:
      return saga::Plan(txn, now, policy);
    case Model::kTcc:
    case Model::kXa:
      return two_phase::Plan(txn, now, policy);
    case Model::kMessage:
      return message::Plan(txn, now, policy);
    case Model::kWorkflow:
      return workflow::Plan(txn, now, policy);
  }
  return {};
}

// Of the other models nobody asks: what is owed follows from the decision and the registrations.
namespace {

bool IsNoted(const Txn& txn, const Call& call) {
  return txn.body->model == Model::kSaga && call.op == Op::kAction;
}

}  // namespace

void MarkCalled(Txn& txn, const Call& call) {
  if (IsNoted(txn, call)) saga::MarkCalled(txn, call.branch);
}

bool IsNews(const Txn& txn, const Call& call) {
  return IsNoted(txn, call) && !txn.branches[call.branch.value].called;
}

void AddCalled(const Txn& known, Txn& txn) {
  if (known.branches.size() != txn.branches.size()) return;
  for (std::size_t i = 0; i < txn.branches.size(); ++i) {
    txn.branches[i].called = txn.branches[i].called || known.branches[i].called;
  }
}

bool LeaveBehind(Txn& txn) {
  if (txn.body->model == Model::kSaga) return saga::LeaveBehind(txn);
  txn.names_called = true;
  return false;
}

void Loaded(Txn& txn, Time now, const Policy& policy) {
  if (txn.body->model == Model::kSaga) return saga::Loaded(txn, now, policy);
  txn.live = Live();
}

}  // namespace treaty::model
