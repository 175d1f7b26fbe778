// The parser with its limits, and reads that explain themselves.

#include "wire/json_reader.h"

#include <utility>

#include "base/enough_memory.h"
#include "wire/txn_request.h"

namespace treaty::wire {
namespace {

namespace dom = simdjson::dom;

// A parser keeps several times the size of the largest document it has seen.
constexpr std::size_t kLargestShared = 256 << 10;

// The parser counts the level that a scalar or an empty list would begin.
constexpr std::size_t kParserDepth = kMaxDepth;

// Fails for lack of memory only. Without it the parser would make room by itself, and forget how
// deep it may go.
simdjson::error_code LimitDepth(dom::parser& parser, std::size_t capacity) {
  if (parser.capacity() >= capacity) return simdjson::SUCCESS;
  return parser.allocate(capacity, kParserDepth);
}

dom::parser& Shared(Document::Slot slot) {
  thread_local dom::parser request;
  thread_local dom::parser custom_data;
  return slot == Document::Slot::kRequest ? request : custom_data;
}

Status Explain(simdjson::error_code error, std::string_view what) {
  const std::string text(what);
  switch (error) {
    case simdjson::MEMALLOC:
    case simdjson::CAPACITY:  // The parser has less room than was asked for.
      return NoMemoryNow();
    case simdjson::DEPTH_ERROR:
      return Invalid(text + " is nested too deep; at most " + std::to_string(kMaxDepth) +
                     " levels");
    case simdjson::NUMBER_ERROR:
      return Invalid(text + " holds a number that is malformed or out of range");
    case simdjson::UTF8_ERROR:
      return Invalid(text + " is not valid UTF-8");
    case simdjson::EMPTY:
      return Invalid(text + " is empty; send a JSON object");
    default:
      return Invalid(text +
                     " is not valid JSON, or something follows it; send exactly one JSON object");
  }
}

}  // namespace

Status Invalid(std::string message) { return {Code::kInvalidArgument, std::move(message)}; }

Result<Document> Document::Parse(std::string_view json, Slot slot, std::string_view what) {
  auto document = ParseAny(json, slot, what);
  if (!document.ok() || document->root_.is_object()) return document;
  return Invalid(std::string(what) + " must be a JSON object");
}

Result<Document> Document::ParseAny(std::string_view json, Slot slot, std::string_view what) {
  if (json.starts_with("\xEF\xBB\xBF")) {
    return Invalid(std::string(what) + " begins with a byte order mark; leave it out");
  }
  Document document;
  if (json.size() > kLargestShared) document.own_ = std::make_unique<dom::parser>();
  dom::parser& parser = document.own_ ? *document.own_ : Shared(slot);
  auto error = LimitDepth(parser, document.own_ ? json.size() : kLargestShared);
  if (error == simdjson::SUCCESS) {
    error = parser.parse(json.data(), json.size(), true).get(document.root_);
  }
  if (error != simdjson::SUCCESS) return Explain(error, what);
  return document;
}

bool EqualNoCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char lower = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] - 'A' + 'a') : a[i];
    if (lower != b[i]) return false;
  }
  return true;
}

Result<std::string_view> ReadString(Element value, std::string_view key) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return text;
  return Invalid(std::string(key) + " must be a string");
}

Result<bool> ReadBool(Element value, std::string_view key) {
  bool flag = false;
  if (value.get(flag) == simdjson::SUCCESS) return flag;
  return Invalid(std::string(key) + " must be true or false");
}

namespace {

Status OutOf(Range range, std::string_view key) {
  return Invalid(std::string(key) + " must be from " + std::to_string(range.low) + " to " +
                 std::to_string(range.high));
}

}  // namespace

Status CheckRange(std::int64_t number, std::string_view key, Range range) {
  return number < range.low || number > range.high ? OutOf(range, key) : Status();
}

Result<std::int64_t> ReadInteger(Element value, std::string_view key, Range range) {
  std::int64_t number = 0;
  const auto error = value.get(number);
  if (error != simdjson::SUCCESS && error != simdjson::NUMBER_OUT_OF_RANGE) {
    return Invalid(std::string(key) + " must be a whole number, written without . or e");
  }
  if (error != simdjson::SUCCESS) return OutOf(range, key);
  if (Status status = CheckRange(number, key, range); !status.ok()) return status;
  return number;
}

}  // namespace treaty::wire
