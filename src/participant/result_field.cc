// One byte at a time. Everything that decides is ASCII; the rest only has to be passed over.

#include "participant/result_field.h"

namespace treaty {
namespace {

constexpr std::string_view kField = "dtm_result";
constexpr std::size_t kLongestText = 32;  // Longer than the name and every word.

std::uint32_t HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a' + 10);
  return c >= 'A' && c <= 'F' ? static_cast<std::uint32_t>(c - 'A' + 10) : 16;
}

}  // namespace

bool ResultField::BeginsObject(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

void ResultField::Add(std::string_view piece) {
  for (const char c : piece) {
    if (over_) return;
    in_string_ ? InString(c) : Step(c);
  }
}

void ResultField::Step(char c) {
  switch (c) {
    case '"':
      in_string_ = true;
      text_.clear();
      return;
    case '{':
    case '[':
      ++depth_;
      return;
    case '}':
    case ']':
      over_ = depth_ <= 1;
      if (depth_ > 0) --depth_;
      return;
    case ':':
      if (depth_ != 1) return;
      in_value_ = true;
      if (matches_) value_.reset();
      return;
    case ',':
      if (depth_ == 1) in_value_ = matches_ = false;
      return;
    default:
      return;
  }
}

void ResultField::InString(char c) {
  if (hex_left_ > 0) return InHex(c);
  if (!escaped_ && c == '"') return EndString();
  if (!escaped_ && c == '\\') {
    escaped_ = true;
    return;
  }
  const bool begins_hex = escaped_ && c == 'u';
  escaped_ = false;
  if (begins_hex) {
    hex_left_ = 4;
    hex_ = 0;
  } else if (depth_ == 1 && text_.size() < kLongestText) {
    text_ += c;
  }
}

void ResultField::InHex(char c) {
  hex_ = hex_ * 16 + HexDigit(c);
  if (--hex_left_ == 0 && depth_ == 1 && text_.size() < kLongestText) {
    text_ += hex_ < 128 ? static_cast<char>(hex_) : '?';
  }
}

void ResultField::EndString() {
  in_string_ = false;
  if (depth_ != 1) return;
  if (!in_value_) {
    matches_ = text_ == kField;
  } else if (matches_) {
    value_ = text_;
  }
}

}  // namespace treaty
