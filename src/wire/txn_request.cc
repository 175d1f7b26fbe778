// One pass over the body finds the known keys; then each part is read and checked.

#include "wire/txn_request.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "wire/json_reader.h"
#include "wire/orders.h"
#include "wire/request_parts.h"

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
                                                           "update_branch_sync"};

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

Status CheckType(std::string_view type) {
  if (type == "saga") return {};
  if (type.empty()) return Invalid("trans_type is missing; use \"saga\"");
  for (const std::string_view known : {"tcc", "xa", "msg", "workflow"}) {
    if (type != known) continue;
    return Invalid("trans_type '" + std::string(type) +
                   "' is not supported by this version; use \"saga\"");
  }
  return Invalid("trans_type " + Quoted(type) + " is unknown; use \"saga\"");
}

Status CheckProtocol(std::string_view protocol) {
  if (protocol.empty() || protocol == "http") return {};
  return Invalid("protocol " + Quoted(protocol) +
                 " is not supported by this version; use \"http\"");
}

Status ReadBody(Reader& reader, const RequestRules& rules, Body& body) {
  body.gid = reader.String(kGid);
  const std::string_view type = reader.String(kTransType);
  const std::string_view protocol = reader.String(kProtocol);
  body.query_prepared = reader.String(kQueryPrepared);
  reader.Note(CheckGid(body.gid, rules));
  reader.Note(CheckType(type));
  reader.Note(CheckProtocol(protocol));
  if (body.query_prepared.size() > kMaxUrlBytes) {
    reader.Note(Invalid("query_prepared is too long; at most " + std::to_string(kMaxUrlBytes) +
                        " characters"));
  }
  if (!reader.status().ok()) return reader.status();
  const StepSource source{reader.Has(kSteps) ? &reader.Value(kSteps) : nullptr,
                          reader.Has(kPayloads) ? &reader.Value(kPayloads) : nullptr};
  return ReadSteps(source, rules, body.steps);
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

bool HasOptions(const Reader& reader) {
  for (std::size_t key = kWaitResult; key < kKeyCount; ++key) {
    if (key != kCustomData && reader.Has(static_cast<Key>(key))) return true;
  }
  return false;
}

bool IsGidCharacter(unsigned char c, bool utf8) {
  if (utf8) return c >= 0x20 && c != 0x7f;
  return c > ' ' && c < 0x7f && c != '"' && c != '\'' && c != '`' && c != '\\' && c != ';';
}

}  // namespace

Status CheckGid(std::string_view gid, const RequestRules& rules) {
  constexpr std::size_t kMaxGid = 128;
  if (gid.empty()) return Invalid("gid is missing; newGid makes one");
  if (gid.size() > kMaxGid) return Invalid("gid is too long; at most 128 characters");
  for (const char c : gid) {
    if (IsGidCharacter(static_cast<unsigned char>(c), rules.gid_charset_utf8)) continue;
    return Invalid("gid " + Quoted(gid) +
                   " has characters that are not allowed; use printable ASCII without blanks, "
                   "quotes, backslashes and semicolons");
  }
  if (!rules.gid_charset_utf8 || simdjson::validate_utf8(gid.data(), gid.size())) return {};
  return Invalid("gid is not valid UTF-8");
}

std::string Quoted(std::string_view text) {
  constexpr std::size_t kMost = 64;
  std::string quoted = "'";
  for (const char c : text.substr(0, kMost)) quoted += c >= ' ' && c < 0x7f ? c : '?';
  if (text.size() > kMost) quoted += "...";
  return quoted += '\'';
}

Result<TxnRequest> ParseTxnRequest(std::string_view json, const RequestRules& rules,
                                   const HeaderLookup& header) {
  auto document = Document::Parse(json, Document::Slot::kRequest, "the body");
  if (!document.ok()) return document.status();
  const RequestFields fields = Select(document->root().get_object().value_unsafe(), kKeys);
  Reader reader(fields);
  auto body = std::make_shared<Body>();
  if (Status status = ReadBody(reader, rules, *body); !status.ok()) return status;
  auto terms = std::make_shared<Terms>();
  if (Status status = ReadTerms(reader, rules, header, *terms); !status.ok()) return status;
  if (!terms->custom_data.empty()) {
    Status status = ReadCustomData(terms->custom_data, body->steps.size(), *terms);
    if (!status.ok()) return status;
  }
  TxnRequest request;
  request.has_steps = reader.Has(kSteps) || reader.Has(kPayloads);
  request.has_query_prepared = reader.Has(kQueryPrepared);
  request.has_options = HasOptions(reader);
  request.has_custom_data = reader.Has(kCustomData);
  request.body = std::move(body);
  request.terms = std::move(terms);
  return request;
}

Result<GidRequest> ParseGidRequest(std::string_view json, const RequestRules& rules) {
  constexpr std::array<std::string_view, 3> kNames = {"gid", "reason", "rollback_reason"};
  constexpr std::size_t kMaxReason = 4 << 10;
  auto document = Document::Parse(json, Document::Slot::kRequest, "the body");
  if (!document.ok()) return document.status();
  const auto fields = Select(document->root().get_object().value_unsafe(), kNames);
  std::array<std::string_view, kNames.size()> texts;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (!fields.found[i]) continue;
    const auto text = ReadString(fields.values[i], kNames[i]);
    if (!text.ok()) return text.status();
    texts[i] = *text;
  }
  if (Status status = CheckGid(texts[0], rules); !status.ok()) return status;
  const std::string_view reason = texts[1].empty() ? texts[2] : texts[1];
  return GidRequest{std::string(texts[0]), std::string(reason.substr(0, kMaxReason))};
}

}  // namespace treaty::wire
