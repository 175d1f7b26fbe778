// One pass over the body finds the known keys; then each part is read and checked.

#include "wire/txn_request.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "wire/custom_data.h"
#include "wire/json_reader.h"
#include "wire/orders.h"
#include "wire/request_parts.h"
#include "wire/rpc_call.h"

namespace treaty::wire {
namespace {

enum Key : std::size_t {
  kGid,
  kTransType,
  kProtocol,
  kQueryPrepared,
  kSteps,
  kPayloads,
  kWaitResult,
  kTimeoutToFail,
  kRequestTimeout,
  kRetryInterval,
  kRetryLimit,
  kConcurrent,
  kBranchHeaders,
  kPassthroughHeaders,
  kCustomData,
  kUpdateBranchSync,
  kReqExtra,
  kKeyCount
};

constexpr std::array<std::string_view, kKeyCount> kKeys = {"gid",
                                                           "trans_type",
                                                           "protocol",
                                                           "query_prepared",
                                                           "steps",
                                                           "payloads",
                                                           "wait_result",
                                                           "timeout_to_fail",
                                                           "request_timeout",
                                                           "retry_interval",
                                                           "retry_limit",
                                                           "concurrent",
                                                           "branch_headers",
                                                           "passthrough_headers",
                                                           "custom_data",
                                                           "update_branch_sync",
                                                           "req_extra"};

using RequestFields = Fields<kKeyCount>;

constexpr std::int64_t kHour = 3'600;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMostRetries = 1'000'000;
constexpr std::size_t kMaxCustomData = 64 << 10;

// Reads fields into places, and remembers the first thing that was wrong.
class Reader {
 public:
  explicit Reader(const RequestFields& fields) : fields_(fields) {}

  bool Has(Key key) const { return fields_.found[key]; }
  const Element& Value(Key key) const { return fields_.values[key]; }
  const Status& status() const { return status_; }

  std::string_view String(Key key) { return Take(key, ReadString, std::string_view()); }
  bool Bool(Key key) { return Take(key, ReadBool, false); }
  std::int64_t Integer(Key key, std::int64_t most) {
    const auto read = [most](Element value, std::string_view name) {
      return ReadInteger(value, name, {0, most});
    };
    return Take(key, read, std::int64_t{0});
  }
  std::chrono::seconds Seconds(Key key, std::int64_t most) {
    return std::chrono::seconds(Integer(key, most));
  }
  void Note(Status status) {
    if (status_.ok()) status_ = std::move(status);
  }

 private:
  template <typename Read, typename Value>
  Value Take(Key key, Read read, Value absent) {
    if (!Has(key)) return absent;
    auto value = read(fields_.values[key], kKeys[key]);
    if (value.ok()) return *value;
    Note(value.status());
    return absent;
  }

  const RequestFields& fields_;
  Status status_;
};

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
  if (protocol.empty() || protocol == "http" || protocol == "json-rpc") return {};
  return Invalid("protocol " + Quoted(protocol) +
                 " is not supported by this version; use \"http\" or \"json-rpc\"");
}

// Where the client is asked, it must be possible to ask it.
Status CheckQueryUrl(const Body& body, const RequestRules& rules, Intent intent) {
  const std::string& url = body.query_prepared;
  if (url.size() > kMaxUrlBytes) {
    return Invalid("query_prepared is too long; at most " + std::to_string(kMaxUrlBytes) +
                   " characters");
  }
  const bool asks = body.model == Model::kMessage || body.model == Model::kWorkflow;
  if (!asks || (url.empty() && intent == Intent::kSubmit)) return {};
  if (url.empty()) {
    return Invalid("query_prepared is missing; without it nobody could be asked how it ended");
  }
  Status status = CheckTarget(url, body.protocol, rules.targets);
  return status.ok() ? status : Invalid("query_prepared: " + status.message());
}

Status ReadBody(Reader& reader, const RequestRules& rules, Intent intent, Body& body) {
  body.gid = reader.String(kGid);
  const std::string_view type = reader.String(kTransType);
  const std::string_view protocol = reader.String(kProtocol);
  body.query_prepared = reader.String(kQueryPrepared);
  reader.Note(CheckGid(body.gid, rules));
  const auto model = ReadModel(type, intent);
  if (!model.ok()) reader.Note(model.status());
  reader.Note(CheckProtocol(protocol));
  if (!reader.status().ok()) return reader.status();
  body.model = *model;
  if (Status status = CheckIdOf(*model, body.gid, "gid"); !status.ok()) return status;
  if (!protocol.empty()) body.protocol = protocol;
  if (Status status = CheckQueryUrl(body, rules, intent); !status.ok()) return status;
  const StepSource source{reader.Has(kSteps) ? &reader.Value(kSteps) : nullptr,
                          reader.Has(kPayloads) ? &reader.Value(kPayloads) : nullptr, body.protocol,
                          body.model};
  if (Status status = ReadSteps(source, rules, body.steps); !status.ok()) return status;
  if (body.steps.empty() || !TakesRegistrations(body.model)) return {};
  return Invalid("steps are for sagas and messages; a " + std::string(Name(body.model)) +
                 " has branches that registerBranch registers");
}

// What a workflow is resumed with must fit the way it is called.
Status CheckResume(const Body& body, const Terms& terms) {
  if (body.model != Model::kWorkflow || !IsRpcTarget(body.protocol, body.query_prepared)) return {};
  Status status = CheckRpcPayload(terms.workflow_input);
  return status.ok() ? status : Invalid("custom_data: data: " + status.message());
}

// What a workflow's submit says of its end.
Result<WorkflowEnded> ReadEnd(const Reader& reader) {
  constexpr std::array<std::string_view, 3> kNames = {"status", "rollback_reason", "result"};
  constexpr std::size_t kMaxResult = 64 << 10;
  simdjson::dom::object object;
  if (!reader.Has(kReqExtra) || reader.Value(kReqExtra).get(object) != simdjson::SUCCESS) {
    return Invalid(
        "req_extra is missing; it says how the workflow ended: {\"status\":\"succeed\"}");
  }
  const auto fields = Select(object, kNames);
  std::array<std::string_view, kNames.size()> texts;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (!fields.found[i]) continue;
    const auto text = ReadString(fields.values[i], "req_extra." + std::string(kNames[i]));
    if (!text.ok()) return text.status();
    texts[i] = *text;
  }
  const bool succeed = texts[0] == Name(TxnStatus::kSucceed);
  if (!succeed && texts[0] != Name(TxnStatus::kFailed)) {
    return Invalid("req_extra.status " + Quoted(texts[0]) + " must be succeed or failed");
  }
  if (texts[2].size() > kMaxResult) {
    return Invalid("req_extra.result is too long; at most 65536 bytes");
  }
  return WorkflowEnded{succeed ? TxnStatus::kSucceed : TxnStatus::kFailed, std::string(texts[1]),
                       std::string(texts[2])};
}

Status ReadHeaders(Reader& reader, const HeaderLookup& header, Terms& terms) {
  if (reader.Has(kBranchHeaders)) {
    Status status = ReadBranchHeaders(reader.Value(kBranchHeaders), terms.branch_headers);
    if (!status.ok()) return status;
  }
  if (reader.Has(kPassthroughHeaders)) {
    Status status = CopyHeaders(reader.Value(kPassthroughHeaders), header, terms.passed_headers);
    if (!status.ok()) return status;
  }
  return CheckHeaders(terms);
}

Status ReadTerms(Reader& reader, const RequestRules& rules, const HeaderLookup& header,
                 Terms& terms) {
  terms.wait_result = reader.Bool(kWaitResult);
  terms.concurrent_option = reader.Bool(kConcurrent);
  terms.timeout_to_fail = reader.Seconds(kTimeoutToFail, 365 * kDay);
  terms.request_timeout = reader.Seconds(kRequestTimeout, kHour);
  terms.retry_interval = reader.Seconds(kRetryInterval, kDay);
  terms.retry_limit = static_cast<std::uint32_t>(reader.Integer(kRetryLimit, kMostRetries));
  terms.progress = rules.default_progress;
  if (reader.Has(kUpdateBranchSync)) {
    terms.progress =
        reader.Integer(kUpdateBranchSync, 1) == 0 ? ProgressMode::kBehind : ProgressMode::kDurable;
  }
  terms.custom_data = reader.String(kCustomData);
  if (terms.custom_data.size() > kMaxCustomData) {
    reader.Note(Invalid("custom_data is too long; at most 65536 bytes"));
  }
  if (!reader.status().ok()) return reader.status();
  return ReadHeaders(reader, header, terms);
}

OptionSet OptionsIn(const Reader& reader) {
  constexpr std::array<Key, kOptionCount> kKeyOf = {
      kWaitResult, kConcurrent,       kTimeoutToFail, kRequestTimeout,     kRetryInterval,
      kRetryLimit, kUpdateBranchSync, kBranchHeaders, kPassthroughHeaders, kCustomData};
  OptionSet options;
  for (std::size_t i = 0; i < kOptionCount; ++i) options[i] = reader.Has(kKeyOf[i]);
  return options;
}

// A submit without steps is of a prepared transaction, which has them: the engine compares.
Status ReadData(const Body& body, const RequestRules& rules, Intent intent, Terms& terms) {
  const bool steps_elsewhere = intent == Intent::kSubmit && body.steps.empty();
  const std::size_t steps = steps_elsewhere ? rules.max_steps : body.steps.size();
  if (Status status = ReadCustomData(body.model, steps, terms); !status.ok()) return status;
  if (steps_elsewhere) ForgetUnnamedSteps(terms);
  return CheckResume(body, terms);
}

}  // namespace

Result<TxnRequest> ParseTxnRequest(std::string_view json, const RequestRules& rules,
                                   const HeaderLookup& header, Intent intent) {
  auto document = Document::Parse(json, Document::Slot::kRequest, rules.document);
  if (!document.ok()) return document.status();
  const RequestFields fields = Select(document->root().get_object().value_unsafe(), kKeys);
  Reader reader(fields);
  TxnRequest request;
  auto body = std::make_shared<Body>();
  if (Status status = ReadBody(reader, rules, intent, *body); !status.ok()) return status;
  const bool ends = body->model == Model::kWorkflow && intent == Intent::kSubmit;
  if (ends) {
    auto end = ReadEnd(reader);
    if (!end.ok()) return end.status();
    request.ended = *std::move(end);
  }
  auto terms = std::make_shared<Terms>();
  if (Status status = ReadTerms(reader, rules, header, *terms); !status.ok()) return status;
  if (!ends) {
    if (Status status = ReadData(*body, rules, intent, *terms); !status.ok()) return status;
  }
  request.has_steps = reader.Has(kSteps) || reader.Has(kPayloads);
  request.has_query_prepared = reader.Has(kQueryPrepared);
  request.options = OptionsIn(reader);
  request.body = std::move(body);
  request.terms = std::move(terms);
  return request;
}

}  // namespace treaty::wire
