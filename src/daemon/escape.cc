// One walk over UTF-8 for both forms.

#include "daemon/escape.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace treaty::daemon {
namespace {

constexpr std::array<char, 16> kHex = {'0', '1', '2', '3', '4', '5', '6', '7',
                                       '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

struct Scalar {
  std::uint32_t value = 0;
  std::size_t size = 1;  // Bytes it takes.
  bool valid = false;
};

std::uint8_t ByteAt(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

// How many bytes the lead byte announces; 0: it is none.
std::size_t Announced(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// Whether it is a scalar that takes no fewer bytes than were spent on it.
bool IsSound(std::uint32_t value, std::size_t size) {
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value >= kLeast.at(size) && value <= 0x10FFFF && !surrogate;
}

Scalar Decode(std::string_view text, std::size_t at) {
  const std::uint8_t lead = ByteAt(text, at);
  const std::size_t size = Announced(lead);
  if (size == 0 || at + size > text.size()) return {};
  if (size == 1) return {lead, 1, true};
  std::uint32_t value = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const std::uint8_t next = ByteAt(text, at + i);
    if ((next & 0xC0U) != 0x80U) return {};
    value = (value << 6U) | (next & 0x3FU);
  }
  return IsSound(value, size) ? Scalar{value, size, true} : Scalar{};
}

// Ends a line, moves the cursor or turns the direction of the text.
bool IsDangerous(std::uint32_t value) {
  const bool control = value < 0x20 || (value >= 0x7F && value <= 0x9F);
  const bool separator = value == 0x2028 || value == 0x2029 || value == 0xFEFF;
  const bool direction =
      (value >= 0x202A && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069);
  return control || separator || direction;
}

void AppendByte(std::string& out, std::uint8_t byte) {
  out += "\\x";
  out += kHex.at(byte >> 4U);
  out += kHex.at(byte & 0xFU);
}

void AppendUnit(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kHex.at((unit >> shift) & 0xFU);
}

}  // namespace

std::string Escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Scalar scalar = Decode(text, at);
    if (scalar.valid && scalar.value == '\\') {
      out += "\\\\";
    } else if (scalar.valid && !IsDangerous(scalar.value)) {
      out += text.substr(at, scalar.size);
    } else {
      for (std::size_t i = 0; i < scalar.size; ++i) AppendByte(out, ByteAt(text, at + i));
    }
    at += scalar.size;
  }
  return out;
}

std::string EscapeJson(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Scalar scalar = Decode(text, at);
    if (!scalar.valid) {
      out += "\\ufffd";
    } else if (scalar.value == '\\' || scalar.value == '"') {
      out += '\\';
      out += static_cast<char>(scalar.value);
    } else if (IsDangerous(scalar.value)) {
      AppendUnit(out, scalar.value);
    } else {
      out += text.substr(at, scalar.size);
    }
    at += scalar.size;
  }
  return out;
}

}  // namespace treaty::daemon
