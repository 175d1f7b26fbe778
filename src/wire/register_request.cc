// Reads registerBranch: an object of strings, in any letter case.

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "wire/grpc_metadata.h"
#include "wire/json_reader.h"
#include "wire/request_parts.h"
#include "wire/rpc_call.h"
#include "wire/txn_fields.h"

namespace treaty::wire {
namespace {

Status CheckUrlOf(std::string_view key, std::string_view url, std::string_view protocol,
                  const RequestRules& rules) {
  if (url.empty()) return {};
  Status status = CheckTarget(url, protocol, rules.targets);
  return status.ok() ? status : Invalid(std::string(key) + ": " + status.message());
}

// What stands in the way of calling the branch by JSON-RPC. XA's calls carry no payload.
Status FindRpcTrouble(const Step& step, const RequestRules& rules, Model model) {
  bool by_rpc = false;
  for (const std::string_view url :
       {std::string_view(step.action), std::string_view(step.compensate)}) {
    if (!IsRpcTarget("json-rpc", url)) continue;
    by_rpc = true;
    if (Status status = CheckTarget(url, "json-rpc", rules.targets); !status.ok()) return status;
  }
  if (!by_rpc || model == Model::kXa) return {};
  Status status = CheckRpcPayload(step.payload);
  return status.ok() ? status : Invalid("data: " + status.message());
}

// A branch without URLs counts as done at once, so a key that was forgotten or misspelt would look
// like success. TCC may say by an empty text, or by null for both, that there is nothing to do.
Status CheckHasUrls(const RegisterFields& fields, Model model) {
  if (model == Model::kXa && fields.url.empty()) {
    return Invalid("url is missing; an xa branch is committed and rolled back there");
  }
  if (model == Model::kTcc && !fields.confirm && !fields.cancel) {
    return Invalid("neither confirm nor cancel is there; give their URLs, or \"\" for none");
  }
  return {};
}

// The URLs of a branch: confirm and cancel of TCC, the one of XA for both.
void SetUrls(const RegisterFields& fields, Model model, Step& step) {
  const bool xa = model == Model::kXa;
  step.action = xa ? fields.url : fields.confirm.value_or("");
  step.compensate = xa ? fields.url : fields.cancel.value_or("");
}

Status CheckUrls(const Step& step, std::string_view protocol, const RequestRules& rules,
                 Model model) {
  const bool xa = model == Model::kXa;
  Status status = CheckUrlOf(xa ? "url" : "confirm", step.action, protocol, rules);
  if (!status.ok()) return status;
  return CheckUrlOf(xa ? "url" : "cancel", step.compensate, protocol, rules);
}

// The ids are metadata of gRPC calls.
Status CheckMetadata(const RegisterFields& fields) {
  Status status = CheckMetadataText(fields.gid, "gid");
  return status.ok() ? CheckMetadataText(fields.branch_id, "branch_id") : status;
}

// The protocol of the transaction is not known here: each has its own trouble.
void FindTroubles(const RegisterFields& fields, const RequestRules& rules,
                  RegisterRequest& request) {
  const Step& step = *request.step;
  request.url_trouble = CheckHasUrls(fields, request.model);
  if (request.url_trouble.ok()) {
    request.url_trouble = CheckUrls(step, "grpc", rules, request.model);  // Takes every form.
  }
  if (!request.url_trouble.ok()) return;
  request.http_trouble = CheckUrls(step, "http", rules, request.model);
  request.rpc_trouble = FindRpcTrouble(step, rules, request.model);
  request.grpc_trouble = CheckMetadata(fields);
  if (CallsByGrpc(step)) request.url_trouble = request.grpc_trouble;
}

Result<BranchStatus> ReadOutcome(std::string_view text) {
  if (text == Name(BranchStatus::kSucceed)) return BranchStatus::kSucceed;
  if (text == Name(BranchStatus::kFailed)) return BranchStatus::kFailed;
  return Invalid("status " + Quoted(text) + " must be succeed or failed");
}

Status ReadRecorded(const RegisterFields& fields, Step& step, BranchStatus& outcome) {
  if (Status status = CheckOpName(fields.op, "op", kMaxOp); !status.ok()) return status;
  const auto read = ReadOutcome(fields.status);
  if (!read.ok()) return read.status();
  step.op = fields.op;
  outcome = *read;
  return {};
}

Result<Model> ReadModel(std::string_view type) {
  const std::optional<Model> model = ParseModel(type);
  if (model && TakesRegistrations(*model)) return *model;
  return Invalid("trans_type " + Quoted(type) +
                 " registers no branches; use \"tcc\", \"xa\" or \"workflow\"");
}

Status CheckSize(std::string_view data, const RequestRules& rules) {
  if (data.size() <= rules.max_payload_bytes) return {};
  return Invalid("data is too large; at most " + std::to_string(rules.max_payload_bytes) +
                 " bytes (Limits.PayloadBytes)");
}

}  // namespace

Result<RegisterRequest> BuildRegisterRequest(const RegisterFields& fields,
                                             const RequestRules& rules) {
  if (Status status = CheckGid(fields.gid, rules); !status.ok()) return status;
  const auto model = ReadModel(fields.trans_type);
  if (!model.ok()) return model.status();
  Status status = CheckBranchId(fields.branch_id, rules);
  if (status.ok()) status = CheckIdOf(*model, fields.branch_id, "branch_id");
  if (status.ok()) status = CheckSize(fields.data, rules);
  if (!status.ok()) return status;
  auto step = std::make_shared<Step>();
  step->id = fields.branch_id;
  step->payload = fields.data;
  RegisterRequest request{.gid = std::string(fields.gid), .model = *model, .step = step};
  if (*model == Model::kWorkflow) {
    status = ReadRecorded(fields, *step, request.outcome);
    if (!status.ok()) return status;
    return request;
  }
  SetUrls(fields, *model, *step);
  FindTroubles(fields, rules, request);
  return request;
}

Result<RegisterRequest> ParseRegisterRequest(std::string_view json, const RequestRules& rules,
                                             std::string_view type) {
  constexpr std::array<std::string_view, 9> kKeys = {
      "gid", "trans_type", "branch_id", "data", "confirm", "cancel", "url", "op", "status"};
  auto document = Document::Parse(json, Document::Slot::kRequest, rules.document);
  if (!document.ok()) return document.status();
  const auto selected = Select(document->root().get_object().value_unsafe(), kKeys);
  std::array<std::optional<std::string_view>, kKeys.size()> texts;  // null is none.
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (!selected.found[i]) continue;
    const auto text = ReadString(selected.values[i], kKeys[i]);
    if (!text.ok()) return text.status();
    texts[i] = *text;
  }
  if (selected.named[4] && selected.named[5]) {  // Then neither was forgotten, null or not.
    for (const std::size_t i : {4U, 5U}) texts[i] = texts[i].value_or(std::string_view());
  }
  const auto text = [&texts](std::size_t i) { return texts[i].value_or(std::string_view()); };
  return BuildRegisterRequest({.gid = text(0),
                               .trans_type = text(1).empty() ? type : text(1),
                               .branch_id = text(2),
                               .data = text(3),
                               .confirm = texts[4],
                               .cancel = texts[5],
                               .url = text(6),
                               .op = text(7),
                               .status = text(8)},
                              rules);
}

}  // namespace treaty::wire
