// Reads registerBranch: an object of strings, in any letter case.

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "wire/json_reader.h"
#include "wire/request_parts.h"
#include "wire/rpc_call.h"
#include "wire/txn_request.h"

namespace treaty::wire {
namespace {

enum Key : std::size_t {
  kGid,
  kTransType,
  kBranchId,
  kData,
  kConfirm,
  kCancel,
  kUrl,
  kOp,
  kStatus,
  kKeyCount
};

constexpr std::array<std::string_view, kKeyCount> kKeys = {
    "gid", "trans_type", "branch_id", "data", "confirm", "cancel", "url", "op", "status"};

using Texts = std::array<std::string_view, kKeyCount>;

struct Fields {
  Texts texts;
  std::array<bool, kKeyCount> found{};  // null is none.
};

Result<Fields> ReadFields(const Document& document) {
  const auto selected = Select(document.root().get_object().value_unsafe(), kKeys);
  Fields fields;
  for (std::size_t i = 0; i < kKeyCount; ++i) {
    if (!selected.found[i]) continue;
    const auto text = ReadString(selected.values[i], kKeys[i]);
    if (!text.ok()) return text.status();
    fields.texts[i] = *text;
    fields.found[i] = true;
  }
  return fields;
}

Status CheckUrlOf(Key key, std::string_view url, const RequestRules& rules) {
  if (url.empty()) return {};
  Status status = CheckTarget(url, "http", rules.targets);
  return status.ok() ? status : Invalid(std::string(kKeys[key]) + ": " + status.message());
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
// like success. TCC may say by an empty text that there is nothing to do.
Status CheckHasUrls(const Fields& fields, Model model) {
  if (model == Model::kXa && fields.texts[kUrl].empty()) {
    return Invalid("url is missing; an xa branch is committed and rolled back there");
  }
  if (model == Model::kTcc && !fields.found[kConfirm] && !fields.found[kCancel]) {
    return Invalid("neither confirm nor cancel is there; give their URLs, or \"\" for none");
  }
  return {};
}

// The URLs of a branch: confirm and cancel of TCC, the one of XA for both.
Status ReadUrls(const Fields& fields, const RequestRules& rules, Model model, Step& step) {
  if (Status status = CheckHasUrls(fields, model); !status.ok()) return status;
  const Texts& texts = fields.texts;
  const bool xa = model == Model::kXa;
  const Key forward = xa ? kUrl : kConfirm;
  const Key backward = xa ? kUrl : kCancel;
  step.action = texts[forward];
  step.compensate = texts[backward];
  Status status = CheckUrlOf(forward, step.action, rules);
  return status.ok() ? CheckUrlOf(backward, step.compensate, rules) : status;
}

Result<BranchStatus> ReadOutcome(std::string_view text) {
  if (text == Name(BranchStatus::kSucceed)) return BranchStatus::kSucceed;
  if (text == Name(BranchStatus::kFailed)) return BranchStatus::kFailed;
  return Invalid("status " + Quoted(text) + " must be succeed or failed");
}

Status ReadRecorded(const Texts& texts, Step& step, BranchStatus& outcome) {
  if (Status status = CheckOpName(texts[kOp], "op", kMaxOp); !status.ok()) return status;
  const auto read = ReadOutcome(texts[kStatus]);
  if (!read.ok()) return read.status();
  step.op = texts[kOp];
  outcome = *read;
  return {};
}

}  // namespace

Result<RegisterRequest> ParseRegisterRequest(std::string_view json, const RequestRules& rules,
                                             std::string_view type) {
  auto document = Document::Parse(json, Document::Slot::kRequest, rules.document);
  if (!document.ok()) return document.status();
  auto fields = ReadFields(*document);
  if (!fields.ok()) return fields.status();
  Texts& texts = fields->texts;
  if (texts[kTransType].empty()) texts[kTransType] = type;
  if (Status status = CheckGid(texts[kGid], rules); !status.ok()) return status;
  const std::optional<Model> model = ParseModel(texts[kTransType]);
  if (!model || !TakesRegistrations(*model)) {
    return Invalid("trans_type " + Quoted(texts[kTransType]) +
                   " registers no branches; use \"tcc\", \"xa\" or \"workflow\"");
  }
  Status id = CheckBranchId(texts[kBranchId], rules);
  if (id.ok()) id = CheckIdOf(*model, texts[kBranchId], "branch_id");
  if (!id.ok()) return id;
  if (texts[kData].size() > rules.max_payload_bytes) {
    return Invalid("data is too large; at most " + std::to_string(rules.max_payload_bytes) +
                   " bytes (Limits.PayloadBytes)");
  }
  RegisterRequest request{.gid = std::string(texts[kGid]), .model = *model, .step = nullptr};
  auto step = std::make_shared<Step>();
  step->id = texts[kBranchId];
  step->payload = texts[kData];
  if (*model == Model::kWorkflow) {
    Status status = ReadRecorded(texts, *step, request.outcome);
    if (!status.ok()) return status;
  } else {
    request.url_trouble = ReadUrls(*fields, rules, *model, *step);
    if (request.url_trouble.ok()) request.rpc_trouble = FindRpcTrouble(*step, rules, *model);
  }
  request.step = std::move(step);
  return request;
}

}  // namespace treaty::wire
