// Absent and empty are the same in protobuf 3, as they are in the rules of requests.

#include "wire/grpc/messages.h"

#include <dtmgimp/dtm.pb.h>
#include <google/protobuf/arena.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/stubs/logging.h>
#include <workflow/workflow.pb.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/step.h"
#include "store/store.h"
#include "wire/custom_data.h"
#include "wire/json_reader.h"
#include "wire/request_parts.h"
#include "wire/topic_request.h"
#include "wire/txn_fields.h"

namespace treaty::wire {
namespace {

template <typename Message>
Status Parse(std::string_view bytes, Message& message) {
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  return Invalid("the message is malformed: it is no " + message.GetTypeName() +
                 ", or its text is not UTF-8");
}

using Texts = google::protobuf::Map<std::string, std::string>;

std::optional<std::string_view> Find(const Texts& texts, const char* key) {
  const auto found = texts.find(key);
  if (found == texts.end()) return std::nullopt;
  return std::string_view(found->second);
}

std::string_view TextOf(const Texts& texts, const char* key) {
  return Find(texts, key).value_or(std::string_view());
}

Status CheckNumbers(const dtmgimp::DtmTransOptions& options) {
  struct Number {
    std::int64_t value;
    std::string_view name;
    Range range;
  };
  const std::int64_t timeout = std::min(options.requesttimeout(), kRequestTimeoutRange.high);
  const std::array<Number, 4> numbers = {{
      {options.timeouttofail(), "TimeoutToFail", kTimeoutRange},
      {timeout, "RequestTimeout", kRequestTimeoutRange},
      {options.retryinterval(), "RetryInterval", kRetryIntervalRange},
      {options.retrylimit(), "RetryLimit", kRetryLimitRange},
  }};
  for (const Number& number : numbers) {
    Status status = CheckRange(number.value, number.name, number.range);
    if (!status.ok()) return status;
  }
  return {};
}

Status ReadOptions(const dtmgimp::DtmTransOptions& options, const HeaderLookup& metadata,
                   TxnFields& fields) {
  using std::chrono::seconds;
  Terms& terms = *fields.terms;
  if (Status status = CheckNumbers(options); !status.ok()) return status;
  terms.wait_result = options.waitresult();
  terms.timeout_to_fail = seconds(options.timeouttofail());
  terms.request_timeout = CutRequestTimeout(options.requesttimeout(), fields.leniencies);
  terms.retry_interval = seconds(options.retryinterval());
  terms.retry_limit = static_cast<std::uint32_t>(options.retrylimit());
  if (options.branchheaders_size() > static_cast<int>(kMaxHeaders)) {
    return Invalid("too many branch_headers and passthrough_headers; at most 32 together");
  }
  for (const auto& [name, value] : options.branchheaders()) {
    terms.branch_headers.emplace_back(name, value);
  }
  if (options.passthroughheaders_size() > static_cast<int>(kMaxHeaders)) {
    return Invalid("too many passthrough_headers; at most 32");
  }
  for (const std::string& name : options.passthroughheaders()) {
    Status status = CopyHeader(name, metadata, terms.passed_headers);
    if (!status.ok()) return status;
  }
  return {};
}

OptionSet OptionsIn(const Terms& terms) {
  const std::array<std::pair<Option, bool>, 8> present = {{
      {Option::kWaitResult, terms.wait_result},
      {Option::kTimeoutToFail, terms.timeout_to_fail.count() > 0},
      {Option::kRequestTimeout, terms.request_timeout.count() > 0},
      {Option::kRetryInterval, terms.retry_interval.count() > 0},
      {Option::kRetryLimit, terms.retry_limit > 0},
      {Option::kBranchHeaders, !terms.branch_headers.empty()},
      {Option::kPassedHeaders, !terms.passed_headers.empty()},
      {Option::kCustomData, !terms.custom_data.empty()},
  }};
  OptionSet options;
  for (const auto& [option, is_there] : present) {
    options[static_cast<std::size_t>(option)] = is_there;
  }
  return options;
}

// Steps are JSON within the message. C# sends "" for none, Go the text null.
Result<std::optional<Document>> ReadStepText(const std::string& text) {
  if (text.empty() || IsNullText(text)) return std::optional<Document>();
  auto document = Document::ParseAny(text, Document::Slot::kRequest, "Steps");
  if (!document.ok()) return document.status();
  return std::optional(*std::move(document));
}

void ReadEnd(const Texts& extra, TxnFields& fields) {
  if (extra.empty()) return;
  fields.end = {TextOf(extra, "status"), TextOf(extra, "rollback_reason"), TextOf(extra, "result")};
}

// Payloads that no step could have are not looked at.
TxnFields FieldsOf(const dtmgimp::DtmRequest& message, std::size_t max_steps) {
  TxnFields fields;
  fields.gid = message.gid();
  fields.trans_type = message.transtype();
  fields.protocol = "grpc";
  fields.query_prepared = message.queryprepared();
  fields.has_query_prepared = !message.queryprepared().empty();
  const auto& payloads = message.binpayloads();
  const auto most = std::min(payloads.size(), static_cast<int>(max_steps));
  fields.payloads.assign(payloads.begin(), payloads.begin() + most);
  fields.has_payloads = !fields.payloads.empty();
  fields.terms->custom_data = message.customeddata();
  ReadEnd(message.reqextra(), fields);
  return fields;
}

}  // namespace

Result<TxnRequest> ParseTxnMessage(std::string_view bytes, const RequestRules& rules,
                                   const HeaderLookup& metadata, Intent intent) {
  google::protobuf::Arena arena;
  auto& message = *google::protobuf::Arena::CreateMessage<dtmgimp::DtmRequest>(&arena);
  if (Status status = Parse(bytes, message); !status.ok()) return status;
  TxnFields fields = FieldsOf(message, rules.max_steps);
  fields.terms->progress = rules.default_progress;
  Status status = ReadOptions(message.transoptions(), metadata, fields);
  if (!status.ok()) return status;
  fields.options = OptionsIn(*fields.terms);
  const auto steps = ReadStepText(message.steps());
  if (!steps.ok()) return steps.status();
  const Element root = steps->has_value() ? (*steps)->root() : Element();
  if (steps->has_value()) fields.steps = &root;
  return BuildTxnRequest(std::move(fields), rules, intent);
}

Result<AbortRequest> ParseAbortMessage(std::string_view bytes, const RequestRules& rules) {
  dtmgimp::DtmRequest message;
  if (Status status = Parse(bytes, message); !status.ok()) return status;
  return BuildAbortRequest({message.gid(), message.transtype(), message.rollbackreason(),
                            message.transoptions().waitresult()},
                           rules);
}

Result<RegisterRequest> ParseBranchMessage(std::string_view bytes, const RequestRules& rules) {
  dtmgimp::DtmBranchRequest message;
  if (Status status = Parse(bytes, message); !status.ok()) return status;
  const Texts& data = message.data();
  return BuildRegisterRequest({.gid = message.gid(),
                               .trans_type = message.transtype(),
                               .branch_id = message.branchid(),
                               .data = message.busipayload(),
                               .confirm = Find(data, "confirm"),
                               .cancel = Find(data, "cancel"),
                               .url = TextOf(data, "url"),
                               .op = TextOf(data, "op"),
                               .status = TextOf(data, "status")},
                              rules);
}

Result<TopicEdit> ParseTopicMessage(std::string_view bytes, TopicEdit::Kind kind,
                                    const TargetPolicy& policy) {
  dtmgimp::DtmTopicRequest message;
  if (Status status = Parse(bytes, message); !status.ok()) return status;
  const TopicParameters parameters{message.topic(), message.url(), message.remark()};
  if (kind == TopicEdit::Kind::kSubscribe) return ParseSubscribe(parameters, policy);
  if (kind == TopicEdit::Kind::kUnsubscribe) return ParseUnsubscribe(parameters);
  return ParseDeleteTopic(parameters.topic);
}

Status CheckEmptyMessage(std::string_view bytes) {
  google::protobuf::Empty message;
  return Parse(bytes, message);
}

void QuietProtobuf() { google::protobuf::SetLogHandler(nullptr); }

std::string WriteGidReply(std::string_view gid) {
  dtmgimp::DtmGidReply reply;
  reply.set_gid(gid.data(), gid.size());
  return reply.SerializeAsString();
}

std::string WriteProgressesReply(const StoredTxn& stored) {
  const Txn& txn = stored.txn;
  dtmgimp::DtmProgressesReply reply;
  dtmgimp::DtmTransaction& transaction = *reply.mutable_transaction();
  transaction.set_gid(txn.gid());
  transaction.set_status(std::string(Name(txn.status)));
  transaction.set_rollbackreason(txn.rollback_reason);
  transaction.set_result(txn.result);
  for (std::size_t i = 0; i < txn.registered.size(); ++i) {
    const Step& step = *txn.registered[i];
    dtmgimp::DtmProgress& progress = *reply.add_progresses();
    progress.set_status(std::string(Name(txn.branches[i].action)));
    progress.set_bindata(step.payload);
    progress.set_branchid(step.id);
    progress.set_op(step.op);
  }
  return reply.SerializeAsString();
}

std::size_t ProgressesReplyBytes(const StoredTxn& stored) {
  constexpr std::size_t kAround = 64;
  const Txn& txn = stored.txn;
  std::size_t bytes =
      4 * kAround + txn.gid().size() + txn.rollback_reason.size() + txn.result.size();
  for (const auto& step : txn.registered) {
    bytes += kAround + step->payload.size() + step->id.size() + step->op.size();
  }
  return 2 * bytes;  // The message, and its encoding.
}

std::string WriteWorkflowData(std::string_view input) {
  workflow::WorkflowData data;
  data.set_data(input.data(), input.size());
  return data.SerializeAsString();
}

}  // namespace treaty::wire
