#include "wire/custom_data.h"

#include <array>
#include <cstdint>

#include "wire/json_reader.h"
#include "wire/orders.h"
#include "wire/request_parts.h"

namespace treaty::wire {
namespace {

Status ReadMessageData(std::string_view text, Terms& terms) {
  constexpr std::array<std::string_view, 1> kNames = {"delay"};
  constexpr std::int64_t kYear = 365 * 24 * 3'600;
  auto document = Document::Parse(text, Document::Slot::kCustomData, "custom_data");
  if (!document.ok()) return document.status();
  const auto fields = Select(document->root().get_object().value_unsafe(), kNames);
  if (!fields.found[0]) return {};
  const auto delay = ReadInteger(fields.values[0], "custom_data: delay", {0, kYear});
  if (!delay.ok()) return delay.status();
  terms.delay = std::chrono::seconds(*delay);
  return {};
}

Status ReadWorkflowData(std::string_view text, Terms& terms) {
  constexpr std::array<std::string_view, 2> kNames = {"name", "data"};
  if (text.empty()) {
    return Invalid("custom_data is missing; a workflow needs {\"name\":\"...\",\"data\":\"...\"}");
  }
  auto document = Document::Parse(text, Document::Slot::kCustomData, "custom_data");
  if (!document.ok()) return document.status();
  const auto fields = Select(document->root().get_object().value_unsafe(), kNames);
  if (!fields.found[0]) return Invalid("custom_data: name is missing; it names the workflow");
  const auto name = ReadString(fields.values[0], "custom_data: name");
  if (!name.ok()) return name.status();
  if (Status status = CheckOpName(*name, "custom_data: name", kMaxWorkflowName); !status.ok()) {
    return status;
  }
  terms.workflow_name = *name;
  if (!fields.found[1]) return {};
  const auto data = ReadString(fields.values[1], "custom_data: data");
  if (!data.ok()) return data.status();
  auto input = DecodeBase64(*data);
  if (!input) return Invalid("custom_data: data must be standard base64");
  terms.workflow_input = *std::move(input);
  return {};
}

int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

bool IsNullText(std::string_view json) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = json.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return false;
  return json.substr(begin, json.find_last_not_of(kBlanks) + 1 - begin) == "null";
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.ends_with("==")) {
    text.remove_suffix(2);
  } else if (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = Base64Value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6U | static_cast<std::uint32_t>(value)) & 0xFFFFFFU;
    if (++count % 4 == 1) continue;
    const unsigned shift = 6U - 2U * static_cast<unsigned>((count - 1) % 4);
    out += static_cast<char>(bits >> (shift) & 0xFFU);
  }
  return out;
}

Status ReadCustomData(Model model, std::size_t steps, Terms& terms) {
  const std::string& text = terms.custom_data;
  if (model == Model::kWorkflow) return ReadWorkflowData(text, terms);
  if (text.empty() || model == Model::kTcc || model == Model::kXa) return {};
  if (model == Model::kMessage) return ReadMessageData(text, terms);
  return ReadSagaData(text, steps, terms);
}

}  // namespace treaty::wire
