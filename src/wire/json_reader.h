// Reading JSON for this folder only: a parser with our limits, and fields found without case.

#pragma once

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace treaty::wire {

using Element = simdjson::dom::element;

// Deepest nesting that is read.
inline constexpr std::size_t kMaxDepth = 64;

Status Invalid(std::string message);

// A document and the memory it lives in. Small ones share a thread's parser, so that at most
// one document per `slot` is in use on a thread at any time.
class Document {
 public:
  enum class Slot : std::uint8_t { kRequest, kCustomData };

  // Parses an object; `what` names the text in messages: "the body", "custom_data".
  // kInvalidArgument: it is none; kResourceExhausted: there is no memory for it just now.
  static Result<Document> Parse(std::string_view json, Slot slot, std::string_view what);

  // The same for any JSON value.
  static Result<Document> ParseAny(std::string_view json, Slot slot, std::string_view what);

  Element root() const { return root_; }

 private:
  std::unique_ptr<simdjson::dom::parser> own_;
  Element root_;
};

// The values of known keys in an object, in the order of `names`: the last non-null one each.
// `found[i]` is false for those that are absent or null; `named[i]` is true for null, too. Keys are
// compared without case; others are skipped.
template <std::size_t kCount>
struct Fields {
  std::array<Element, kCount> values;
  std::array<bool, kCount> found{};
  std::array<bool, kCount> named{};
};

bool EqualNoCase(std::string_view a, std::string_view b);

template <std::size_t kCount>
Fields<kCount> Select(simdjson::dom::object object,
                      const std::array<std::string_view, kCount>& names) {
  Fields<kCount> fields;
  for (const auto [key, value] : object) {
    for (std::size_t i = 0; i < kCount; ++i) {
      if (key.size() != names[i].size() || !EqualNoCase(key, names[i])) continue;
      fields.named[i] = true;
      if (value.is_null()) break;
      fields.values[i] = value;
      fields.found[i] = true;
      break;
    }
  }
  return fields;
}

// Typed reads; kInvalidArgument names `key` and what it should be.
Result<std::string_view> ReadString(Element value, std::string_view key);
Result<bool> ReadBool(Element value, std::string_view key);
struct Range {
  std::int64_t low = 0;
  std::int64_t high = 0;
};
Status CheckRange(std::int64_t number, std::string_view key, Range range);
Result<std::int64_t> ReadInteger(Element value, std::string_view key, Range range);

}  // namespace treaty::wire
