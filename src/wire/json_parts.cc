// A descent over the grammar of RFC 8259, as deep as its caller allows.

#include "wire/json_parts.h"

#include <simdjson.h>

#include <algorithm>
#include <new>
#include <utility>

namespace treaty::wire {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// A place in a text. Every Skip tells whether it stood before what it is to skip; `at` is then
// behind it.
struct Cursor {
  std::string_view text;
  std::size_t& at;

  char Peek() const { return at < text.size() ? text[at] : '\0'; }
  bool Skip(char c) {
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
  }
  void SkipBlanks() {
    constexpr std::string_view kBlanks = " \t\n\r";
    at = std::min(text.find_first_not_of(kBlanks, at), text.size());
  }
  bool SkipWord(std::string_view word) {
    if (!text.substr(at).starts_with(word)) return false;
    at += word.size();
    return true;
  }
  bool SkipDigits() {
    const std::size_t begin = at;
    while (IsDigit(Peek())) ++at;
    return at > begin;
  }
  bool SkipNumber() {
    Skip('-');
    if (!Skip('0') && !SkipDigits()) return false;
    if (Skip('.') && !SkipDigits()) return false;
    if (!Skip('e') && !Skip('E')) return true;
    if (!Skip('+')) Skip('-');
    return SkipDigits();
  }
  bool SkipEscape() {
    constexpr std::string_view kShort = "\"\\/bfnrt";
    const char c = Peek();
    if (at >= text.size()) return false;
    ++at;
    if (c != 'u') return kShort.find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i, ++at) {
      if (!IsHexDigit(Peek())) return false;
    }
    return true;
  }
  bool SkipString() {
    if (!Skip('"')) return false;
    while (at < text.size()) {
      const char c = text[at++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !SkipEscape()) return false;
    }
    return false;
  }
  // Recurses through JsonParts, as deep as it allows.
  bool SkipParts(std::size_t depth) {
    JsonParts parts(text.substr(at), depth);
    while (parts.Next()) {
    }
    at = text.size() - parts.rest().size();
    return parts.mistake().empty();
  }
  bool SkipValue(std::size_t depth) {
    switch (Peek()) {
      case '{':
      case '[':
        return SkipParts(depth);
      case '"':
        return SkipString();
      case 't':
        return SkipWord("true");
      case 'f':
        return SkipWord("false");
      case 'n':
        return SkipWord("null");
      default:
        return SkipNumber();
    }
  }
};

}  // namespace

JsonParts::JsonParts(std::string_view text, std::size_t depth) : text_(text), depth_(depth) {
  Cursor cursor{text_, at_};
  cursor.SkipBlanks();
  if (cursor.Peek() == '{') kind_ = Kind::kObject;
  if (cursor.Peek() == '[') kind_ = Kind::kList;
}

bool JsonParts::Fail() {
  failed_ = ended_ = true;
  return false;
}

bool JsonParts::ReadKey() {
  Cursor cursor{text_, at_};
  const std::size_t begin = at_;
  if (!cursor.SkipString()) return false;
  key_ = text_.substr(begin, at_ - begin);
  cursor.SkipBlanks();
  if (!cursor.Skip(':')) return false;
  cursor.SkipBlanks();
  return true;
}

bool JsonParts::SkipWhole() {
  ended_ = true;
  return Cursor{text_, at_}.SkipValue(depth_) ? false : Fail();
}

bool JsonParts::SkipSeparator() {
  Cursor cursor{text_, at_};
  const bool first = !std::exchange(begun_, true);
  if (first) ++at_;
  cursor.SkipBlanks();
  if (cursor.Skip(close())) {
    ended_ = true;
    return false;
  }
  if (!first && !cursor.Skip(',')) return Fail();
  cursor.SkipBlanks();
  return true;
}

bool JsonParts::ReadValue() {
  Cursor cursor{text_, at_};
  const std::size_t begin = at_;
  if (!cursor.SkipValue(depth_ - 1)) return Fail();
  value_ = text_.substr(begin, at_ - begin);
  // A number is whole only by what comes after it.
  cursor.SkipBlanks();
  return cursor.Peek() == ',' || cursor.Peek() == close() || Fail();
}

bool JsonParts::Next() {
  if (ended_) return false;
  if (kind_ == Kind::kOther) return SkipWhole();
  if (depth_ == 0) return Fail();
  if (!SkipSeparator()) return false;
  if (kind_ == Kind::kObject && !ReadKey()) return Fail();
  return ReadValue();
}

std::string JsonParts::mistake() const {
  return failed_ ? "at byte " + std::to_string(at_) : std::string();
}

std::string JsonStringText(std::string_view string) {
  const std::string_view inner = string.substr(1, string.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return std::string(inner);
  // A text may have very many short keys with escapes: a parser for each would be slow. One that
  // has seen a long string would stay large.
  constexpr std::size_t kShort = 1'024;
  thread_local simdjson::dom::parser shared;
  simdjson::dom::parser own;
  simdjson::dom::parser& parser = string.size() <= kShort ? shared : own;
  std::string_view text;
  const auto error = parser.parse(string.data(), string.size(), true).get(text);
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  return std::string(error == simdjson::SUCCESS ? text : inner);
}

}  // namespace treaty::wire
