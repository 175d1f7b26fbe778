// Keys come in the order of the protocol's tables; empty ones are left out where it says so.

#include "wire/txn_reply.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "core/backoff.h"
#include "wire/json_text.h"
#include "wire/reply_size.h"

namespace treaty::wire {
namespace {

constexpr std::string_view kFailureWord = "FAILURE";

void LowerWord(std::string& text, std::string_view word) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
    for (std::size_t i = 0; i < word.size(); ++i, ++at) {
      text[at] = static_cast<char>(text[at] - 'A' + 'a');
    }
  }
}

// Values may be credentials, and whoever lists transactions needs none.
void AppendHeaders(std::string& out, const std::vector<Header>& headers) {
  ObjectWriter object(out);
  for (const auto& [name, value] : headers) object.String(name, "***");
  object.Close();
}

std::string OptionsText(const Terms& terms) {
  std::string text;
  ObjectWriter object(text);
  if (terms.wait_result) object.Bool("wait_result", true);
  object.NumberIfAny("timeout_to_fail", terms.timeout_to_fail.count());
  object.NumberIfAny("request_timeout", terms.request_timeout.count());
  object.NumberIfAny("retry_interval", terms.retry_interval.count());
  if (!terms.branch_headers.empty()) {
    AppendHeaders(object.Key("branch_headers"), terms.branch_headers);
  }
  object.Bool("concurrent", terms.concurrent_option);
  object.NumberIfAny("retry_limit", terms.retry_limit);
  if (terms.progress == ProgressMode::kBehind) object.Number("update_branch_sync", 0);
  object.Close();
  return text;
}

void AppendStep(std::string& out, const Step& step) {
  ObjectWriter object(out);
  object.StringIfAny("action", step.action);
  object.StringIfAny("compensate", step.compensate);
  object.Close();
}

// Calls `append(item)` for each item of a JSON list.
template <typename List, typename Fn>
void AppendList(std::string& out, const List& list, Fn append) {
  out += '[';
  bool first = true;
  for (const auto& item : list) {
    if (!first) out += ',';
    first = false;
    append(item);
  }
  out += ']';
}

void AddSteps(ObjectWriter& object, const std::vector<Step>& steps) {
  if (steps.empty()) return;
  std::string& out = object.Key("steps");
  AppendList(out, steps, [&out](const Step& step) { AppendStep(out, step); });
  object.Key("payloads");
  AppendList(out, steps, [&out](const Step& step) { AppendString(out, step.payload); });
}

void AddTerms(ObjectWriter& object, const Terms& terms) {
  if (terms.wait_result) object.Bool("wait_result", true);
  object.NumberIfAny("timeout_to_fail", terms.timeout_to_fail.count());
  object.NumberIfAny("request_timeout", terms.request_timeout.count());
  object.NumberIfAny("retry_interval", terms.retry_interval.count());
  if (!terms.branch_headers.empty()) {
    AppendHeaders(object.Key("branch_headers"), terms.branch_headers);
  }
  object.Bool("concurrent", terms.concurrent_option);
  object.NumberIfAny("retry_limit", terms.retry_limit);
}

// Clients take the word for an error wherever it stands in a reply. A saga's reason bears it as the
// reference's does; that of a message is Treaty's own.
std::string ShownReason(const Txn& txn) {
  const bool message = txn.body->model == Model::kMessage;
  return message ? PlainText(txn.rollback_reason) : txn.rollback_reason;
}

void AddOutcome(ObjectWriter& object, const Txn& txn) {
  if (txn.status == TxnStatus::kSucceed) object.TimeIfAny("finish_time", txn.finished);
  if (txn.status == TxnStatus::kFailed) object.TimeIfAny("rollback_time", txn.finished);
  object.StringIfAny("result", txn.result);
  object.StringIfAny("rollback_reason", ShownReason(txn));
}

void AddForce(ObjectWriter& object, const Force& force) {
  if (force.when == kNever) return;
  object.String("forced_by", force.who);
  object.String("forced_reason", PlainText(force.why));
  object.TimeOrNull("forced_time", force.when);
}

// When an unfinished one that waits for no time of its own is looked at by itself: a prepared one
// when its time is over, any other one interval after its last change.
Time NextLook(const Txn& txn, const Policy& policy) {
  // A prepared saga shows a time though nobody looks (protocol §20, 17).
  const bool prepared = txn.status == TxnStatus::kPrepared;
  if (prepared && txn.body->model == Model::kSaga) {
    return txn.created + BaseInterval(*txn.terms, policy);
  }
  const bool workflow = txn.body->model == Model::kWorkflow;
  if (workflow && txn.body->query_prepared.empty()) return kNever;
  const bool by_interval = !prepared || workflow;
  if (!by_interval) return PreparedDeadline(txn, policy);
  return std::max(txn.created + ToDuration(txn.terms->delay),
                  txn.updated + RetryInterval(txn, policy));
}

// The same whether the record is parked or somebody has it in memory: of a saga's next attempt and
// its time-out the earlier.
Time NextTime(const StoredTxn& stored, const Policy& policy) {
  const Txn& txn = stored.txn;
  if (txn.IsFinished() || txn.IsQuarantined()) return kNever;
  if (stored.wake != kNever && stored.owner.empty()) return stored.wake;
  const Time next = txn.due != kNever ? txn.due : NextLook(txn, policy);
  const bool may_time_out = txn.body->model == Model::kSaga && txn.status == TxnStatus::kSubmitted;
  const Time deadline = may_time_out ? Deadline(txn) : kNever;
  return deadline != kNever ? std::min(next, deadline) : next;
}

void AppendTxn(std::string& out, const StoredTxn& stored, const Policy& policy) {
  const Txn& txn = stored.txn;
  ObjectWriter object(out);
  object.Number("id", 0);
  object.TimeOrNull("create_time", txn.created);
  object.TimeOrNull("update_time", txn.updated);
  object.StringIfAny("gid", txn.gid());
  object.String("trans_type", Name(txn.body->model));
  AddSteps(object, txn.body->steps);
  object.String("status", Name(txn.status));
  object.StringIfAny("query_prepared", txn.body->query_prepared);
  object.StringIfAny("protocol", txn.body->protocol);
  AddOutcome(object, txn);
  object.String("options", OptionsText(*txn.terms));
  object.StringIfAny("custom_data", txn.terms->custom_data);
  const auto interval = RetryInterval(txn, policy);
  object.NumberIfAny("next_cron_interval",
                     std::chrono::duration_cast<std::chrono::seconds>(interval).count());
  object.TimeIfAny("next_cron_time", NextTime(stored, policy));
  object.StringIfAny("owner", stored.owner);
  AddTerms(object, *txn.terms);
  if (txn.IsQuarantined()) object.Bool("quarantined", true);
  object.StringIfAny("last_outcome", PlainText(txn.last_outcome));
  AddForce(object, txn.force);
  object.Close();
}

struct BranchRow {
  const Txn& txn;
  BranchIndex index;
  Op op = Op::kAction;
};

// A list shows records without their bodies: then only the progress is known.
const Step* KnownStep(const BranchRow& row) {
  const Txn& txn = row.txn;
  const std::size_t i = row.index.value;
  if (i < txn.registered.size()) return txn.registered[i].get();
  return i < CountBranches(*txn.body) ? &txn.step(i) : nullptr;
}

std::string_view OpOf(const BranchRow& row, const Step* step) {
  if (step != nullptr && !step->op.empty()) return step->op;
  return OpName(row.txn.body->model, row.op);
}

void AppendBranch(std::string& out, const BranchRow& row) {
  const Branch& branch = row.txn.branches[row.index.value];
  const bool action = row.op == Op::kAction;
  const Time when = action ? branch.action_time : branch.compensate_time;
  const Time created = branch.created == kNever ? row.txn.created : branch.created;
  const Step* const step = KnownStep(row);
  ObjectWriter object(out);
  object.Number("id", 0);
  object.TimeOrNull("create_time", created);
  object.TimeOrNull("update_time", when == kNever ? created : when);
  object.StringIfAny("gid", row.txn.gid());
  if (step != nullptr) {
    object.StringIfAny("url", UrlOf(row.txn, row.index.value, row.op));
    if (!step->payload.empty()) AppendBase64(object.Key("bin_data"), step->payload);
  }
  object.String("branch_id", step != nullptr ? BranchId(row.txn, row.index) : BranchId(row.index));
  object.String("op", OpOf(row, step));
  object.String("status", Name(action ? branch.action : branch.compensate));
  object.TimeIfAny("finish_time", when);
  if (branch.last_op == row.op) object.StringIfAny("last_outcome", PlainText(branch.last_outcome));
  object.Close();
}

// Messages and workflows have no way back.
bool HasTwoOps(Model model) { return model != Model::kMessage && model != Model::kWorkflow; }

void AppendBranches(std::string& out, const Txn& txn) {
  out += '[';
  for (std::uint32_t i = 0; i < txn.branches.size(); ++i) {
    if (i > 0) out += ',';
    if (HasTwoOps(txn.body->model)) {
      AppendBranch(out, {txn, {i}, Op::kCompensate});
      out += ',';
    }
    AppendBranch(out, {txn, {i}, Op::kAction});
  }
  out += ']';
}

}  // namespace

std::string PlainText(std::string_view message) {
  std::string text(message);
  for (const std::string_view word : {"SUCCESS", "FAILURE", "ONGOING"}) LowerWord(text, word);
  return text;
}

std::string MessageReply(std::string_view message) {
  std::string out;
  ObjectWriter object(out);
  object.String("message", PlainText(message));
  object.Close();
  return out;
}

std::string FailureText(std::string_view message) {
  std::string text(message);
  for (const std::string_view word : {"SUCCESS", "ONGOING"}) LowerWord(text, word);
  if (!text.ends_with(kFailureWord)) {
    if (!text.empty()) text += ' ';
    text += kFailureWord;
  }
  return text;
}

std::string FailureReply(std::string_view message) {
  std::string out;
  ObjectWriter object(out);
  object.String("dtm_result", kFailureWord);
  object.String("message", FailureText(message));
  object.Close();
  return out;
}

std::string QueryReply(const StoredTxn* stored, const Policy& policy) {
  if (stored == nullptr) return R"({"branches":[],"transaction":null})";
  std::string out;
  out.reserve(TxnReplyBytes(*stored));
  out = R"({"branches":)";
  AppendBranches(out, stored->txn);
  out += R"(,"transaction":)";
  AppendTxn(out, *stored, policy);
  out += '}';
  return out;
}

std::string WorkflowReply(const StoredTxn& stored, const Policy& policy) {
  std::string out;
  out.reserve(TxnReplyBytes(stored));
  out = R"({"transaction":)";
  AppendTxn(out, stored, policy);
  out += R"(,"progresses":)";
  AppendBranches(out, stored.txn);
  out += '}';
  return out;
}

std::string ListReply(const ListPage& page, const ListFilter& asked, const Policy& policy) {
  std::string out;
  out.reserve(ListReplyBytes(page));
  out = R"({"next_position":)";
  AppendString(out, asked.gid.empty() ? page.next_position : asked.position);
  out += R"(,"transactions":)";
  if (page.txns.empty() && !asked.gid.empty()) {
    out += "null";  // The gid is unknown; a search that found nothing has an empty list.
  } else {
    AppendList(out, page.txns, [&](const StoredTxn& txn) { AppendTxn(out, txn, policy); });
  }
  out += '}';
  return out;
}

}  // namespace treaty::wire
