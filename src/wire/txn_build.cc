// The checks of a transaction, in the order in which a client is told of its mistakes.

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "wire/custom_data.h"
#include "wire/grpc_metadata.h"
#include "wire/orders.h"
#include "wire/request_parts.h"
#include "wire/rpc_call.h"
#include "wire/txn_fields.h"

namespace treaty::wire {
namespace {

constexpr std::size_t kMaxCustomData = 64 << 10;
constexpr std::size_t kMaxResult = 64 << 10;

Result<Model> ReadModel(std::string_view type, Intent intent) {
  constexpr std::string_view kUse = "use \"saga\", \"tcc\", \"xa\", \"msg\" or \"workflow\"";
  if (type.empty()) return Invalid("trans_type is missing; " + std::string(kUse));
  const std::optional<Model> model = ParseModel(type);
  if (!model) return Invalid("trans_type " + Quoted(type) + " is unknown; " + std::string(kUse));
  const bool workflow = *model == Model::kWorkflow;
  if (intent == Intent::kPrepare && workflow) {
    return Invalid("a workflow is prepared by prepareWorkflow, not by prepare");
  }
  if (intent == Intent::kPrepareWorkflow && !workflow) {
    return Invalid("prepareWorkflow is for trans_type \"workflow\"");
  }
  return *model;
}

Status CheckProtocol(std::string_view protocol) {
  for (const std::string_view known : {"", "http", "json-rpc", "grpc"}) {
    if (protocol == known) return {};
  }
  return Invalid("protocol " + Quoted(protocol) +
                 " is unknown; use \"http\", \"json-rpc\" or \"grpc\"");
}

// Where the client is asked, it must be possible to ask it. A workflow may have nobody who resumes
// it: its client comes back by itself.
Status CheckQueryUrl(const Body& body, const RequestRules& rules, Intent intent) {
  const std::string& url = body.query_prepared;
  if (url.size() > kMaxUrlBytes) {
    return Invalid("query_prepared is too long; at most " + std::to_string(kMaxUrlBytes) +
                   " characters");
  }
  const bool asks = body.model == Model::kMessage || body.model == Model::kWorkflow;
  if (!asks) return {};
  if (url.empty()) {
    if (intent != Intent::kPrepare) return {};
    return Invalid("query_prepared is missing; without it nobody could be asked how it ended");
  }
  Status status = CheckTarget(url, body.protocol, rules.targets);
  return status.ok() ? status : Invalid("query_prepared: " + status.message());
}

// Who and what it is.
Status BuildHead(const TxnFields& fields, const RequestRules& rules, Intent intent, Body& body) {
  if (Status status = CheckGid(fields.gid, rules); !status.ok()) return status;
  const auto model = ReadModel(fields.trans_type, intent);
  if (!model.ok()) return model.status();
  if (Status status = CheckProtocol(fields.protocol); !status.ok()) return status;
  body.gid = fields.gid;
  body.model = *model;
  body.query_prepared = fields.query_prepared;
  if (!fields.protocol.empty()) body.protocol = fields.protocol;
  return CheckIdOf(*model, body.gid, "gid");
}

// Some clients send what another transaction has left over, whatever that was.
void PassOverSteps(TxnFields& fields) {
  simdjson::dom::array list;
  const bool steps =
      fields.steps != nullptr && (fields.steps->get(list) != simdjson::SUCCESS || list.size() > 0);
  if (steps || !fields.payloads.empty()) Note(fields.leniencies, Leniency::kStepsIgnored);
}

Status BuildBody(TxnFields& fields, const RequestRules& rules, Intent intent, Body& body) {
  if (Status status = BuildHead(fields, rules, intent, body); !status.ok()) return status;
  if (Status status = CheckQueryUrl(body, rules, intent); !status.ok()) return status;
  if (TakesRegistrations(body.model)) {
    PassOverSteps(fields);
    return {};
  }
  const StepSource source{fields.steps, fields.payloads, body.protocol, body.model};
  return ReadSteps(source, rules, body.steps, fields.leniencies);
}

Result<WorkflowEnded> BuildEnd(const TxnFields& fields) {
  if (!fields.end) {
    return Invalid(
        "req_extra is missing; it says how the workflow ended: {\"status\":\"succeed\"}");
  }
  const EndFields& end = *fields.end;
  const bool succeed = end.status == Name(TxnStatus::kSucceed);
  if (!succeed && end.status != Name(TxnStatus::kFailed)) {
    return Invalid("req_extra.status " + Quoted(end.status) + " must be succeed or failed");
  }
  if (end.result.size() > kMaxResult) {
    return Invalid("req_extra.result is too long; at most 65536 bytes");
  }
  return WorkflowEnded{succeed ? TxnStatus::kSucceed : TxnStatus::kFailed,
                       std::string(end.rollback_reason), std::string(end.result)};
}

// What a workflow is resumed with must fit the way it is called.
Status CheckResume(const Body& body, const Terms& terms) {
  if (body.model != Model::kWorkflow || !IsRpcTarget(body.protocol, body.query_prepared)) return {};
  Status status = CheckRpcPayload(terms.workflow_input);
  return status.ok() ? status : Invalid("custom_data: data: " + status.message());
}

// Then a submit after a prepare leaves what was prepared.
void ForgetNullData(TxnFields& fields) {
  if (!IsNullText(fields.terms->custom_data)) return;
  fields.terms->custom_data.clear();
  fields.options.reset(static_cast<std::size_t>(Option::kCustomData));
}

// A submit without steps is of a prepared transaction, which has them: the engine compares.
Status BuildData(const Body& body, const RequestRules& rules, Intent intent, Terms& terms) {
  const bool steps_elsewhere = intent == Intent::kSubmit && body.steps.empty();
  const std::size_t steps = steps_elsewhere ? rules.max_steps : body.steps.size();
  if (Status status = ReadCustomData(body.model, steps, terms); !status.ok()) return status;
  if (steps_elsewhere) ForgetUnnamedSteps(terms);
  return CheckResume(body, terms);
}

Status BuildTerms(const Body& body, const RequestRules& rules, Intent intent, bool ends,
                  Terms& terms) {
  if (terms.custom_data.size() > kMaxCustomData) {
    return Invalid("custom_data is too long; at most 65536 bytes");
  }
  if (Status status = CheckHeaders(terms); !status.ok()) return status;
  if (!ends) {
    if (Status status = BuildData(body, rules, intent, terms); !status.ok()) return status;
  }
  return CheckAllMetadata(body, terms);
}

}  // namespace

std::chrono::seconds CutRequestTimeout(std::int64_t number, LeniencySet& leniencies) {
  if (number > kRequestTimeoutRange.high) Note(leniencies, Leniency::kRequestTimeoutCut);
  return std::chrono::seconds(std::min(number, kRequestTimeoutRange.high));
}

Result<TxnRequest> BuildTxnRequest(TxnFields fields, const RequestRules& rules, Intent intent) {
  TxnRequest request;
  ForgetNullData(fields);
  auto body = std::make_shared<Body>();
  if (Status status = BuildBody(fields, rules, intent, *body); !status.ok()) return status;
  const bool ends = body->model == Model::kWorkflow && intent == Intent::kSubmit;
  if (ends) {
    auto end = BuildEnd(fields);
    if (!end.ok()) return end.status();
    request.ended = *std::move(end);
  }
  Status status = BuildTerms(*body, rules, intent, ends, *fields.terms);
  if (!status.ok()) return status;
  request.has_steps = fields.steps != nullptr || fields.has_payloads;
  request.has_query_prepared = fields.has_query_prepared;
  request.options = fields.options;
  request.leniencies = fields.leniencies;
  request.body = std::move(body);
  request.terms = std::move(fields.terms);
  return request;
}

}  // namespace treaty::wire
