// Field by field, in the order of the schema. A field left out here is a field lost on restart.

#include "wire/record/record_codec.h"

#include <algorithm>
#include <climits>

#include "treaty/record.pb.h"

namespace treaty {

struct RecordCodec::Messages {
  record::Body body;
  record::Body::Step step;
  record::Terms terms;
  record::State state;
};

namespace {

const std::string kUsualProtocol = "http";

Status Damaged(const char* part) {
  return {Code::kDataLoss, std::string("the stored ") + part +
                               " is damaged, or written by a newer version of this program"};
}

bool HasOnlyKnownFields(const google::protobuf::Message& message) {
  return message.GetReflection()->GetUnknownFields(message).empty();
}

template <typename Message>
bool Parse(std::string_view bytes, Message& message) {
  return bytes.size() <= INT_MAX &&
         message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
         HasOnlyKnownFields(message);
}

template <typename Messages>
bool AllKnown(const Messages& messages) {
  return std::ranges::all_of(messages, [](const auto& m) { return HasOnlyKnownFields(m); });
}

std::int64_t Millis(Time time) { return time.time_since_epoch().count(); }
Time FromMillis(std::int64_t millis) { return Time(Duration(millis)); }

std::int64_t Millis(std::chrono::seconds seconds) { return Duration(seconds).count(); }
std::chrono::seconds ToSeconds(std::int64_t millis) {
  return std::chrono::duration_cast<std::chrono::seconds>(Duration(millis));
}

record::State::Result ToStored(BranchStatus status) {
  switch (status) {
    case BranchStatus::kPrepared:
      return record::State::PREPARED;
    case BranchStatus::kSucceed:
      return record::State::SUCCEED;
    case BranchStatus::kFailed:
      return record::State::FAILED;
  }
  return record::State::PREPARED;
}

BranchStatus FromStored(record::State::Result result) {
  if (result == record::State::SUCCEED) return BranchStatus::kSucceed;
  return result == record::State::FAILED ? BranchStatus::kFailed : BranchStatus::kPrepared;
}

template <typename Repeated>
void EncodeHeaders(const std::vector<Header>& headers, Repeated& stored) {
  for (const auto& [name, value] : headers) {
    auto& header = *stored.Add();
    header.set_name(name);
    header.set_value(value);
  }
}

template <typename Repeated>
std::vector<Header> DecodeHeaders(const Repeated& stored) {
  std::vector<Header> headers;
  headers.reserve(static_cast<std::size_t>(stored.size()));
  for (const auto& header : stored) headers.emplace_back(header.name(), header.value());
  return headers;
}

void EncodeBranch(const Branch& branch, record::State::Branch& stored) {
  stored.set_action(ToStored(branch.action));
  stored.set_compensate(ToStored(branch.compensate));
  stored.set_called(branch.called);
  stored.set_tried(branch.tried);
  stored.set_attempts(branch.attempts);
  stored.set_action_time_ms(Millis(branch.action_time));
  stored.set_compensate_time_ms(Millis(branch.compensate_time));
  stored.set_created_ms(Millis(branch.created));
  stored.set_last_outcome(branch.last_outcome);
  stored.set_last_was_compensate(branch.last_op == Op::kCompensate);
}

Branch DecodeBranch(const record::State::Branch& stored) {
  return {.action = FromStored(stored.action()),
          .compensate = FromStored(stored.compensate()),
          .called = stored.called(),
          .tried = stored.tried(),
          .attempts = stored.attempts(),
          .action_time = FromMillis(stored.action_time_ms()),
          .compensate_time = FromMillis(stored.compensate_time_ms()),
          .created = FromMillis(stored.created_ms()),
          .last_outcome = stored.last_outcome(),
          .last_op = stored.last_was_compensate() ? Op::kCompensate : Op::kAction};
}

bool IsKnown(const record::State::Branch& branch) {
  return HasOnlyKnownFields(branch) && record::State::Result_IsValid(branch.action()) &&
         record::State::Result_IsValid(branch.compensate());
}

bool IsKnown(const record::Terms& terms) {
  return AllKnown(terms.branch_headers()) && AllKnown(terms.passed_headers()) &&
         AllKnown(terms.after()) && record::Terms::Progress_IsValid(terms.progress());
}

void EncodeInto(const Step& step, record::Body::Step& stored) {
  stored.set_action(step.action);
  stored.set_compensate(step.compensate);
  stored.set_payload(step.payload);
  stored.set_id(step.id);
  stored.set_op(step.op);
}

Step Decoded(const record::Body::Step& stored) {
  return {stored.action(), stored.compensate(), stored.payload(), stored.id(), stored.op()};
}

void EncodeRecipients(const Body& body, record::Body& stored) {
  for (const Recipient& recipient : body.recipients) {
    auto& to = *stored.add_recipients();
    to.set_url(recipient.url);
    to.set_id(recipient.id);
    to.set_step(recipient.step);
  }
}

void DecodeRecipients(const record::Body& stored, Body& body) {
  body.recipients.clear();
  body.recipients.reserve(static_cast<std::size_t>(stored.recipients_size()));
  for (const auto& to : stored.recipients()) {
    body.recipients.push_back({to.url(), to.id(), to.step()});
  }
}

void EncodeAfter(const Terms& terms, record::Terms& stored) {
  for (const auto& predecessors : terms.after) {
    auto& steps = *stored.add_after()->mutable_steps();
    steps.Reserve(static_cast<int>(predecessors.size()));
    for (const BranchIndex step : predecessors) steps.Add(step.value);
  }
}

void DecodeAfter(const record::Terms& stored, Terms& terms) {
  terms.after.clear();
  for (const auto& predecessors : stored.after()) {
    auto& steps = terms.after.emplace_back();
    for (const std::uint32_t step : predecessors.steps()) steps.push_back({step});
  }
}

}  // namespace

RecordCodec::RecordCodec() : messages_(std::make_unique<Messages>()) {}
RecordCodec::~RecordCodec() = default;

void RecordCodec::EncodeBody(const Body& body, std::string& bytes) {
  record::Body& stored = messages_->body;
  stored.Clear();
  stored.set_protocol(body.protocol);
  stored.set_query_prepared(body.query_prepared);
  for (const Step& step : body.steps) {
    EncodeInto(step, *stored.add_steps());
  }
  stored.set_prepared(body.prepared);
  EncodeRecipients(body, stored);
  stored.SerializeToString(&bytes);
}

void RecordCodec::EncodeStep(const Step& step, std::string& bytes) {
  messages_->step.Clear();
  EncodeInto(step, messages_->step);
  messages_->step.SerializeToString(&bytes);
}

void RecordCodec::EncodeTerms(const Txn& txn, std::string& bytes) {
  const Terms& terms = *txn.terms;
  record::Terms& stored = messages_->terms;
  stored.Clear();
  stored.set_wait_result(terms.wait_result);
  stored.set_concurrent_option(terms.concurrent_option);
  stored.set_timeout_to_fail_ms(Millis(terms.timeout_to_fail));
  stored.set_request_timeout_ms(Millis(terms.request_timeout));
  stored.set_retry_interval_ms(Millis(terms.retry_interval));
  stored.set_retry_limit(terms.retry_limit);
  stored.set_progress(terms.progress == ProgressMode::kBehind ? record::Terms::BEHIND
                                                              : record::Terms::DURABLE);
  EncodeHeaders(terms.branch_headers, *stored.mutable_branch_headers());
  EncodeHeaders(terms.passed_headers, *stored.mutable_passed_headers());
  stored.set_custom_data(terms.custom_data);
  stored.set_concurrent(terms.concurrent);
  EncodeAfter(terms, stored);
  stored.set_delay_ms(Millis(terms.delay));
  stored.set_workflow_name(terms.workflow_name);
  stored.set_workflow_input(terms.workflow_input);
  if (txn.body->protocol != kUsualProtocol) stored.set_protocol(txn.body->protocol);
  stored.set_query_prepared(txn.body->query_prepared);
  stored.SerializeToString(&bytes);
}

void RecordCodec::EncodeState(const Txn& txn, std::string& bytes) {
  record::State& stored = messages_->state;
  stored.Clear();
  for (const Branch& branch : txn.branches) EncodeBranch(branch, *stored.add_branches());
  stored.set_rollback_reason(txn.rollback_reason);
  stored.set_result(txn.result);
  stored.set_backoff(txn.backoff);
  stored.set_due_ms(Millis(txn.due));
  stored.set_deaths(txn.deaths);
  stored.set_names_called(txn.names_called);
  stored.set_last_outcome(txn.last_outcome);
  if (!(txn.force == Force())) {
    auto& force = *stored.mutable_force();
    force.set_who(txn.force.who);
    force.set_why(txn.force.why);
    force.set_when_ms(Millis(txn.force.when));
  }
  stored.SerializeToString(&bytes);
}

Status RecordCodec::DecodeBody(std::string_view bytes, Body& body) {
  record::Body& stored = messages_->body;
  if (!Parse(bytes, stored) || !AllKnown(stored.steps()) || !AllKnown(stored.recipients())) {
    return Damaged("body");
  }
  body.protocol = stored.protocol();
  body.query_prepared = stored.query_prepared();
  body.steps.clear();
  body.steps.reserve(static_cast<std::size_t>(stored.steps_size()));
  for (const auto& step : stored.steps()) {
    body.steps.push_back(Decoded(step));
  }
  body.prepared = stored.prepared();
  DecodeRecipients(stored, body);
  return {};
}

Status RecordCodec::DecodeStep(std::string_view bytes, Step& step) {
  if (!Parse(bytes, messages_->step)) return Damaged("branch");
  step = Decoded(messages_->step);
  return {};
}

Status RecordCodec::DecodeTerms(std::string_view bytes, Terms& terms, Body& body) {
  record::Terms& stored = messages_->terms;
  if (!Parse(bytes, stored) || !IsKnown(stored)) return Damaged("terms");
  body.protocol = stored.protocol().empty() ? kUsualProtocol : stored.protocol();
  body.query_prepared = stored.query_prepared();
  terms.wait_result = stored.wait_result();
  terms.concurrent_option = stored.concurrent_option();
  terms.timeout_to_fail = ToSeconds(stored.timeout_to_fail_ms());
  terms.request_timeout = ToSeconds(stored.request_timeout_ms());
  terms.retry_interval = ToSeconds(stored.retry_interval_ms());
  terms.retry_limit = stored.retry_limit();
  terms.progress =
      stored.progress() == record::Terms::BEHIND ? ProgressMode::kBehind : ProgressMode::kDurable;
  terms.branch_headers = DecodeHeaders(stored.branch_headers());
  terms.passed_headers = DecodeHeaders(stored.passed_headers());
  terms.custom_data = stored.custom_data();
  terms.concurrent = stored.concurrent();
  DecodeAfter(stored, terms);
  terms.delay = ToSeconds(stored.delay_ms());
  terms.workflow_name = stored.workflow_name();
  terms.workflow_input = stored.workflow_input();
  return {};
}

Status RecordCodec::DecodeState(std::string_view bytes, Txn& txn) {
  record::State& stored = messages_->state;
  const auto is_known = [](const record::State::Branch& branch) { return IsKnown(branch); };
  if (!Parse(bytes, stored) || !std::ranges::all_of(stored.branches(), is_known) ||
      !HasOnlyKnownFields(stored.force())) {
    return Damaged("progress");
  }
  txn.branches.clear();
  txn.branches.reserve(static_cast<std::size_t>(stored.branches_size()));
  for (const auto& branch : stored.branches()) txn.branches.push_back(DecodeBranch(branch));
  txn.rollback_reason = stored.rollback_reason();
  txn.result = stored.result();
  txn.backoff = stored.backoff();
  txn.due = FromMillis(stored.due_ms());
  txn.deaths = stored.deaths();
  txn.names_called = stored.names_called();
  txn.last_outcome = stored.last_outcome();
  txn.force = {stored.force().who(), stored.force().why(), FromMillis(stored.force().when_ms())};
  return {};
}

Status CheckRecord(const Txn& txn) {
  const std::size_t steps = txn.body->steps.size();
  const auto& after = txn.terms->after;
  const auto in_range = [steps](const std::vector<BranchIndex>& predecessors) {
    return std::ranges::all_of(predecessors, [steps](BranchIndex i) { return i.value < steps; });
  };
  const auto& recipients = txn.body->recipients;
  const bool sent = std::ranges::all_of(
      recipients, [steps](const Recipient& recipient) { return recipient.step < steps; });
  const std::size_t known =
      TakesRegistrations(txn.body->model) ? txn.registered.size() : CountBranches(*txn.body);
  if (txn.branches.size() != known || !sent || (!after.empty() && after.size() != steps) ||
      !std::ranges::all_of(after, in_range)) {
    return {Code::kDataLoss, "the stored progress or order does not fit the stored steps"};
  }
  return {};
}

}  // namespace treaty
