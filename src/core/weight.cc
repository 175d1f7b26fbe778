#include "core/weight.h"

#include "core/outcome_text.h"

namespace treaty {
namespace {

constexpr std::size_t kFixed = 1'024;
// With the words that it may come to have: nobody weighs again when they come.
constexpr std::size_t kBranch = sizeof(Branch) + kMaxOutcomeBytes;

std::size_t WeightOf(const Step& step) {
  return sizeof(Step) + step.action.size() + step.compensate.size() + step.payload.size() +
         step.id.size();
}

std::size_t WeightOf(const Body& body) {
  std::size_t bytes = body.gid.size() + body.query_prepared.size();
  for (const Step& step : body.steps) bytes += WeightOf(step);
  for (const Recipient& to : body.recipients) bytes += sizeof(to) + to.url.size() + to.id.size();
  return bytes;
}

std::size_t WeightOf(const Terms& terms) {
  std::size_t bytes = terms.custom_data.size() + terms.workflow_input.size();
  for (const auto* headers : {&terms.branch_headers, &terms.passed_headers}) {
    for (const auto& [name, value] : *headers) bytes += sizeof(Header) + name.size() + value.size();
  }
  for (const auto& before : terms.after)
    bytes += sizeof(before) + before.size() * sizeof(before[0]);
  return bytes;
}

}  // namespace

std::size_t WeightOf(const Txn& txn) {
  std::size_t bytes = kFixed + WeightOf(*txn.body) + WeightOf(*txn.terms) +
                      txn.branches.size() * kBranch + txn.rollback_reason.size() +
                      txn.result.size();
  for (const auto& step : txn.registered) bytes += WeightOf(*step);
  return bytes;
}

}  // namespace treaty
