// One pass over the body finds the known keys; then each is read by its type.

#include "wire/txn_request.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "wire/json_reader.h"
#include "wire/request_parts.h"
#include "wire/txn_fields.h"

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

// Reads fields into places, and remembers the first thing that was wrong.
class Reader {
 public:
  explicit Reader(const RequestFields& fields) : fields_(fields) {}

  bool Has(Key key) const { return fields_.found[key]; }
  const Element& Value(Key key) const { return fields_.values[key]; }
  const Status& status() const { return status_; }

  std::string_view String(Key key) { return Take(key, ReadString, std::string_view()); }
  bool Bool(Key key) { return Take(key, ReadBool, false); }
  std::int64_t Integer(Key key, Range range) {
    const auto read = [range](Element value, std::string_view name) {
      return ReadInteger(value, name, range);
    };
    return Take(key, read, std::int64_t{0});
  }
  std::chrono::seconds Seconds(Key key, Range range) {
    return std::chrono::seconds(Integer(key, range));
  }
  // However large; `range` bounds it below only.
  std::int64_t IntegerFrom(Key key, Range range) {
    std::uint64_t number = 0;
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    const bool beyond = Has(key) && Value(key).get(number) == simdjson::SUCCESS &&
                        number > static_cast<std::uint64_t>(range.high);
    if (!beyond) return Integer(key, range);
    return static_cast<std::int64_t>(std::min(number, static_cast<std::uint64_t>(kMost)));
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

// What is no object counts as absent.
Status ReadEnd(const Reader& reader, std::optional<EndFields>& end) {
  constexpr std::array<std::string_view, 3> kNames = {"status", "rollback_reason", "result"};
  simdjson::dom::object object;
  if (!reader.Has(kReqExtra) || reader.Value(kReqExtra).get(object) != simdjson::SUCCESS) return {};
  const auto fields = Select(object, kNames);
  std::array<std::string_view, kNames.size()> texts;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (!fields.found[i]) continue;
    const auto text = ReadString(fields.values[i], "req_extra." + std::string(kNames[i]));
    if (!text.ok()) return text.status();
    texts[i] = *text;
  }
  end = {texts[0], texts[1], texts[2]};
  return {};
}

Status ReadHeaders(const Reader& reader, const HeaderLookup& header, Terms& terms) {
  if (reader.Has(kBranchHeaders)) {
    Status status = ReadBranchHeaders(reader.Value(kBranchHeaders), terms.branch_headers);
    if (!status.ok()) return status;
  }
  if (!reader.Has(kPassthroughHeaders)) return {};
  return CopyHeaders(reader.Value(kPassthroughHeaders), header, terms.passed_headers);
}

void ReadTerms(Reader& reader, const RequestRules& rules, const HeaderLookup& header,
               TxnFields& fields) {
  Terms& terms = *fields.terms;
  terms.wait_result = reader.Bool(kWaitResult);
  terms.concurrent_option = reader.Bool(kConcurrent);
  terms.timeout_to_fail = reader.Seconds(kTimeoutToFail, kTimeoutRange);
  terms.request_timeout = CutRequestTimeout(
      reader.IntegerFrom(kRequestTimeout, kRequestTimeoutRange), fields.leniencies);
  terms.retry_interval = reader.Seconds(kRetryInterval, kRetryIntervalRange);
  terms.retry_limit = static_cast<std::uint32_t>(reader.Integer(kRetryLimit, kRetryLimitRange));
  terms.progress = rules.default_progress;
  if (reader.Has(kUpdateBranchSync)) {
    const bool behind = reader.Integer(kUpdateBranchSync, {0, 1}) == 0;
    terms.progress = behind ? ProgressMode::kBehind : ProgressMode::kDurable;
  }
  terms.custom_data = reader.String(kCustomData);
  reader.Note(ReadHeaders(reader, header, terms));
}

OptionSet OptionsIn(const Reader& reader) {
  constexpr std::array<Key, kOptionCount> kKeyOf = {
      kWaitResult, kConcurrent,       kTimeoutToFail, kRequestTimeout,     kRetryInterval,
      kRetryLimit, kUpdateBranchSync, kBranchHeaders, kPassthroughHeaders, kCustomData};
  OptionSet options;
  for (std::size_t i = 0; i < kOptionCount; ++i) options[i] = reader.Has(kKeyOf[i]);
  return options;
}

Status ReadTxn(Reader& reader, const RequestRules& rules, const HeaderLookup& header,
               TxnFields& fields) {
  fields.gid = reader.String(kGid);
  fields.trans_type = reader.String(kTransType);
  fields.protocol = reader.String(kProtocol);
  fields.query_prepared = reader.String(kQueryPrepared);
  fields.has_query_prepared = reader.Has(kQueryPrepared);
  if (reader.Has(kSteps)) fields.steps = &reader.Value(kSteps);
  fields.has_payloads = reader.Has(kPayloads);
  if (fields.has_payloads) reader.Note(ReadPayloads(reader.Value(kPayloads), fields.payloads));
  ReadTerms(reader, rules, header, fields);
  if (fields.trans_type == Name(Model::kWorkflow)) reader.Note(ReadEnd(reader, fields.end));
  fields.options = OptionsIn(reader);
  return reader.status();
}

}  // namespace

Result<TxnRequest> ParseTxnRequest(std::string_view json, const RequestRules& rules,
                                   const HeaderLookup& header, Intent intent) {
  auto document = Document::Parse(json, Document::Slot::kRequest, rules.document);
  if (!document.ok()) return document.status();
  const RequestFields selected = Select(document->root().get_object().value_unsafe(), kKeys);
  Reader reader(selected);
  TxnFields fields;
  if (Status status = ReadTxn(reader, rules, header, fields); !status.ok()) return status;
  return BuildTxnRequest(std::move(fields), rules, intent);
}

}  // namespace treaty::wire
