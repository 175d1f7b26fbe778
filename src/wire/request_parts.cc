// Steps first, then their payloads in the order of the protocol (§1.4), then all URLs.

#include "wire/request_parts.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "wire/rpc_call.h"
#include "wire/topic_request.h"
#include "wire/url_memo.h"

namespace treaty::wire {
namespace {

namespace dom = simdjson::dom;

constexpr std::array<std::string_view, 3> kStepKeys = {"action", "compensate", "data"};

std::string Named(std::size_t index, std::string_view key) {
  return "steps[" + std::to_string(index) + "]." + std::string(key);
}

struct Place {
  std::size_t index = 0;
  std::string_view key;
};

// Where a topic stands for a URL: only messages can go to many, and only forward.
Status CheckStepTopic(std::string_view topic, Place place, Model model) {
  if (model != Model::kMessage || place.key != kStepKeys[0]) {
    return Invalid(Named(place.index, place.key) + ": topic:// is for the actions of a msg only");
  }
  const std::size_t length = topic.size() - kTopicScheme.size();
  if (length > 0 && length <= kMaxTopicName) return {};
  return Invalid(Named(place.index, place.key) + ": the name after topic:// must have 1 to " +
                 std::to_string(kMaxTopicName) + " characters");
}

// Names are built only when something is wrong: they cost more than reads.
Status CheckStepUrl(const std::string& url, Place place, const StepSource& source,
                    const TargetPolicy& policy) {
  if (url.empty()) return {};
  if (url.starts_with(kTopicScheme)) return CheckStepTopic(url, place, source.model);
  Status status = CheckTarget(url, source.protocol, policy);
  if (status.ok()) return status;
  return Invalid(Named(place.index, place.key) + ": " + status.message());
}

// The payload becomes the parameters of JSON-RPC calls. Of a topic that is seen when it is known
// to whom it goes.
Status CheckStepPayload(const Step& step, std::size_t index, std::string_view protocol) {
  if (step.action.starts_with(kTopicScheme)) return {};
  if (!IsRpcTarget(protocol, step.action) && !IsRpcTarget(protocol, step.compensate)) return {};
  Status status = CheckRpcPayload(step.payload);
  if (status.ok()) return status;
  return Invalid("payloads[" + std::to_string(index) + "]: " + status.message());
}

Status ReadStep(const Element& item, std::size_t index, Step& step, std::string_view& data) {
  dom::object object;
  if (item.get(object) != simdjson::SUCCESS) {
    return Invalid("steps must be a list of objects; steps[" + std::to_string(index) + "] is none");
  }
  const auto fields = Select(object, kStepKeys);
  std::array<std::string_view, kStepKeys.size()> texts;
  for (std::size_t i = 0; i < kStepKeys.size(); ++i) {
    if (fields.found[i] && fields.values[i].get(texts[i]) != simdjson::SUCCESS) {
      return Invalid(Named(index, kStepKeys[i]) + " must be a string");
    }
  }
  if (!fields.found[0] && !fields.found[1]) {
    return Invalid("steps[" + std::to_string(index) +
                   "] has neither \"action\" nor \"compensate\"");
  }
  step.action = texts[0];
  step.compensate = texts[1];
  data = texts[2];
  return {};
}

using Payloads = std::vector<std::string_view>;

Status ReadStepList(const Element& value, const RequestRules& rules, std::vector<Step>& steps,
                    Payloads& data) {
  dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return Invalid("steps must be a list of objects");
  // The parser's own count saturates far above any limit of ours.
  if (list.size() > rules.max_steps) {
    return Invalid("too many steps; at most " + std::to_string(rules.max_steps) +
                   " (Limits.Steps)");
  }
  steps.reserve(list.size());
  for (const Element item : list) {
    std::string_view text;
    Step& step = steps.emplace_back();
    if (Status status = ReadStep(item, steps.size() - 1, step, text); !status.ok()) return status;
    if (!text.empty()) data.push_back(text);
  }
  return {};
}

Status AssignPayloads(const Payloads& payloads, const RequestRules& rules,
                      std::vector<Step>& steps) {
  if (payloads.size() < steps.size()) {
    return Invalid("there are " + std::to_string(steps.size()) + " steps but only " +
                   std::to_string(payloads.size()) + " payloads; send one payload per step");
  }
  std::size_t total = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    total += payloads[i].size();
    if (payloads[i].size() > rules.max_payload_bytes) {
      return Invalid("payloads[" + std::to_string(i) + "] is too large; at most " +
                     std::to_string(rules.max_payload_bytes) + " bytes (Limits.PayloadBytes)");
    }
    steps[i].payload = payloads[i];
  }
  if (total <= rules.max_payload_total_bytes) return {};
  return Invalid("the payloads are too large together; at most " +
                 std::to_string(rules.max_payload_total_bytes) +
                 " bytes (Limits.PayloadTotalBytes)");
}

// A message goes one way.
void DropCompensations(std::vector<Step>& steps, LeniencySet& leniencies) {
  for (Step& step : steps) {
    if (step.compensate.empty()) continue;
    step.compensate.clear();
    Note(leniencies, Leniency::kCompensateIgnored);
  }
}

Status CheckStep(const Step& step, std::size_t index, const StepSource& source,
                 const RequestRules& rules) {
  if (source.model == Model::kMessage && step.action.empty()) {
    return Invalid(Named(index, kStepKeys[0]) + " is empty; say where the msg is delivered");
  }
  Status status = CheckStepUrl(step.action, {index, kStepKeys[0]}, source, rules.targets);
  if (!status.ok()) return status;
  status = CheckStepUrl(step.compensate, {index, kStepKeys[1]}, source, rules.targets);
  return status.ok() ? CheckStepPayload(step, index, source.protocol) : status;
}

}  // namespace

Status ReadPayloads(const Element& value, std::vector<std::string_view>& payloads) {
  dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return Invalid("payloads must be a list of strings");
  payloads.reserve(list.size());
  for (const Element item : list) {
    std::string_view text;
    if (!item.is_null() && item.get(text) != simdjson::SUCCESS) {
      return Invalid("payloads must be a list of strings; payloads[" +
                     std::to_string(payloads.size()) + "] is none");
    }
    payloads.push_back(text);
  }
  return {};
}

// Where the protocol is http, a gRPC target must say by its scheme that it is one.
Status CheckTarget(std::string_view url, std::string_view protocol, const TargetPolicy& policy) {
  const bool bare = url.find("://") == std::string_view::npos;
  if (bare && protocol == "http") return ParseUrl(url, protocol).status();
  const auto parsed = ParseTargetUrl(url);
  if (!parsed.ok()) return parsed.status();
  Status status = CheckUrl(policy, **parsed);
  return status.ok() && IsRpcTarget(protocol, url) ? CheckRpcUrl(**parsed) : status;
}

Status ReadSteps(const StepSource& source, const RequestRules& rules, std::vector<Step>& steps,
                 LeniencySet& leniencies) {
  Payloads payloads = source.payloads;
  Payloads data;
  if (source.steps != nullptr) {
    Status status = ReadStepList(*source.steps, rules, steps, data);
    if (!status.ok()) return status;
  }
  if (source.model == Model::kMessage) DropCompensations(steps, leniencies);
  payloads.insert(payloads.end(), data.begin(), data.end());
  if (Status status = AssignPayloads(payloads, rules, steps); !status.ok()) return status;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (Status status = CheckStep(steps[i], i, source, rules); !status.ok()) return status;
  }
  return {};
}

Status ReadBranchHeaders(const Element& value, std::vector<Header>& headers) {
  dom::array list;
  if (value.get(list) == simdjson::SUCCESS && list.size() == 0) return {};
  dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    return Invalid("branch_headers must be an object of strings");
  }
  for (const auto [name, item] : object) {
    std::string_view text;
    if (!item.is_null() && item.get(text) != simdjson::SUCCESS) {
      return Invalid("branch_headers: the value of " + Quoted(name) + " must be a string");
    }
    const auto known = std::ranges::find(headers, name, &Header::first);
    if (known != headers.end()) {
      known->second = text;
    } else {
      headers.emplace_back(name, text);
    }
    if (headers.size() > kMaxHeaders) break;  // CheckHeaders refuses; the search stays short.
  }
  return {};
}

Status CopyHeaders(const Element& names, const HeaderLookup& header, std::vector<Header>& headers) {
  dom::array list;
  if (names.get(list) != simdjson::SUCCESS) {
    return Invalid("passthrough_headers must be a list of strings");
  }
  if (list.size() > kMaxHeaders) return Invalid("too many passthrough_headers; at most 32");
  for (const Element item : list) {
    std::string_view name;
    if (item.is_null()) continue;
    if (item.get(name) != simdjson::SUCCESS) {
      return Invalid("passthrough_headers must be a list of strings");
    }
    if (Status status = CopyHeader(name, header, headers); !status.ok()) return status;
  }
  return {};
}

// A header that the request does not have is left out, but a wrong name is a mistake.
Status CopyHeader(std::string_view name, const HeaderLookup& header, std::vector<Header>& headers) {
  if (Status status = CheckHeader(name, ""); !status.ok()) {
    return Invalid("passthrough_headers: " + status.message());
  }
  const std::string_view value = header(name);
  if (!value.empty()) headers.emplace_back(name, value);
  return {};
}

namespace {

// Adds to `bytes` what the headers take.
Status CheckEach(const std::vector<Header>& headers, std::size_t& bytes) {
  for (const auto& [name, value] : headers) {
    bytes += name.size() + value.size();
    if (Status status = CheckHeader(name, value); !status.ok()) {
      return Invalid("branch_headers: " + status.message());
    }
  }
  return {};
}

}  // namespace

Status CheckHeaders(const Terms& terms) {
  constexpr std::size_t kMaxBytes = 8 << 10;
  if (terms.branch_headers.size() + terms.passed_headers.size() > kMaxHeaders) {
    return Invalid("too many branch_headers and passthrough_headers; at most 32 together");
  }
  std::size_t bytes = 0;
  if (Status status = CheckEach(terms.branch_headers, bytes); !status.ok()) return status;
  if (Status status = CheckEach(terms.passed_headers, bytes); !status.ok()) return status;
  if (bytes <= kMaxBytes) return {};
  return Invalid("branch_headers and passthrough_headers are too large; at most 8192 bytes");
}

}  // namespace treaty::wire
