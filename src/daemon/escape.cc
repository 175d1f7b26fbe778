// One walk over UTF-8 for all forms.

#include "daemon/escape.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/code_point.h"

namespace treaty::daemon {
namespace {

constexpr std::array<char, 16> kHex = {'0', '1', '2', '3', '4', '5', '6', '7',
                                       '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

void AppendHex(std::string& out, std::uint32_t value, unsigned digits) {
  while (digits-- > 0) out += kHex.at((value >> (4 * digits)) & 0xFU);
}

void AppendBytes(std::string& out, std::string_view bytes) {
  for (const char byte : bytes) {
    out += "\\x";
    AppendHex(out, static_cast<std::uint8_t>(byte), 2);
  }
}

void AppendUnit(std::string& out, std::uint32_t unit) {
  out += "\\u";
  AppendHex(out, unit, 4);
}

// JSON writes what is beyond the first plane as two halves.
void AppendJson(std::string& out, std::uint32_t value) {
  if (value < 0x10000) return AppendUnit(out, value);
  const std::uint32_t rest = value - 0x10000;
  AppendUnit(out, 0xD800 + (rest >> 10U));
  AppendUnit(out, 0xDC00 + (rest & 0x3FFU));
}

void AppendYaml(std::string& out, std::uint32_t value) {
  if (value < 0x10000) return AppendUnit(out, value);
  out += "\\U";
  AppendHex(out, value, 8);
}

std::string Quotable(std::string_view text, void (*append)(std::string&, std::uint32_t)) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint next = FirstCodePoint(text);
    if (next.bytes == 0) {
      out += "\\ufffd";
    } else if (next.value == '\\' || next.value == '"') {
      out += '\\';
      out += static_cast<char>(next.value);
    } else if (IsInvisible(next.value)) {
      append(out, next.value);
    } else {
      out += text.substr(0, next.bytes);
    }
    text.remove_prefix(next.bytes == 0 ? 1 : next.bytes);
  }
  return out;
}

}  // namespace

std::string Escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint next = FirstCodePoint(text);
    const std::size_t size = next.bytes == 0 ? 1 : next.bytes;
    if (next.bytes > 0 && next.value == '\\') {
      out += "\\\\";
    } else if (next.bytes > 0 && !IsInvisible(next.value)) {
      out += text.substr(0, size);
    } else {
      AppendBytes(out, text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string EscapeJson(std::string_view text) { return Quotable(text, AppendJson); }

std::string EscapeYaml(std::string_view text) { return Quotable(text, AppendYaml); }

}  // namespace treaty::daemon
