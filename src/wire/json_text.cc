// Text is copied in runs: only the few characters that need it are written one by one.

#include "wire/json_text.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/code_point.h"

namespace treaty::wire {
namespace {

constexpr char kHex[] = "0123456789abcdef";

bool IsPlain(unsigned char c) {
  return c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != 0x7f;
}

void AppendEscaped(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

// Those beyond the first plane as two halves.
void AppendUnits(std::string& out, std::uint32_t value) {
  const std::uint32_t rest = value - 0x10000;
  const bool two = value >= 0x10000;
  for (const std::uint32_t unit :
       {two ? 0xD800 + (rest >> 10U) : value, 0xDC00 + (rest & 0x3FFU)}) {
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kHex[(unit >> shift) & 15U];
    if (!two) return;
  }
}

void AppendDigits(std::string& out, std::uint64_t number, int digits) {
  std::array<char, 20> text{};
  for (int i = digits; i-- > 0; number /= 10) {
    text[static_cast<std::size_t>(i)] = static_cast<char>('0' + number % 10);
  }
  out.append(text.data(), static_cast<std::size_t>(digits));
}

}  // namespace

// What nobody would see is written as a number: lists are read in terminals, too.
void AppendString(std::string& out, std::string_view text) {
  const bool utf8 = simdjson::validate_utf8(text.data(), text.size());
  out += '"';
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const CodePoint wide = utf8 && c >= 0x80 ? FirstCodePoint(text.substr(i)) : CodePoint{};
    const std::size_t size = std::max<std::size_t>(wide.bytes, 1);
    const bool plain = wide.bytes > 0 ? !IsInvisible(wide.value) : IsPlain(c) && c < 0x80;
    i += size;
    if (plain) continue;
    out.append(text, run, i - size - run);
    run = i;
    if (wide.bytes > 0) {
      AppendUnits(out, wide.value);
    } else if (c >= 0x80) {
      out += "\\ufffd";
    } else {
      AppendEscaped(out, c);
    }
  }
  out.append(text, run, text.size() - run);
  out += '"';
}

void AppendNumber(std::string& out, std::int64_t number) {
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), end.ptr);
}

void AppendBase64(std::string& out, std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out += '"';
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      word = word << 8 | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= have ? kDigits[word >> (18 - 6 * k) & 63] : '=';
    }
  }
  out += '"';
}

void AppendTime(std::string& out, Time time) {
  if (time == kNever) {
    out += "null";
    return;
  }
  using std::chrono::floor;
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto ms = static_cast<std::uint64_t>((time - day).count());
  out += '"';
  AppendDigits(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  out += '-';
  AppendDigits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  AppendDigits(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  AppendDigits(out, ms / 3'600'000, 2);
  out += ':';
  AppendDigits(out, ms / 60'000 % 60, 2);
  out += ':';
  AppendDigits(out, ms / 1'000 % 60, 2);
  out += '.';
  AppendDigits(out, ms % 1'000, 3);
  out += "Z\"";
}

std::string& ObjectWriter::Key(std::string_view key) {
  if (!first_) out_ += ',';
  first_ = false;
  out_ += '"';
  out_ += key;
  out_ += "\":";
  return out_;
}

void ObjectWriter::StringIfAny(std::string_view key, std::string_view text) {
  if (!text.empty()) String(key, text);
}

void ObjectWriter::NumberIfAny(std::string_view key, std::int64_t number) {
  if (number != 0) Number(key, number);
}

void ObjectWriter::TimeIfAny(std::string_view key, Time time) {
  if (time != kNever) TimeOrNull(key, time);
}

}  // namespace treaty::wire
