// Walks the text one code point at a time.

#include "participant/reason_text.h"

#include <cstdint>

namespace treaty {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // 0: not UTF-8 here.
};

std::size_t Length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

// Refuses what is over-long, a surrogate or beyond the last code point.
bool IsScalar(std::uint32_t value, std::size_t bytes) {
  if (bytes == 3) return value >= 0x800 && (value < 0xd800 || value > 0xdfff);
  return bytes != 4 || (value >= 0x10000 && value <= 0x10ffff);
}

CodePoint First(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t bytes = Length(lead);
  if (bytes == 0 || bytes > text.size()) return {};
  if (bytes == 1) return {lead, 1};
  std::uint32_t value = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0U) != 0x80) return {};
    value = value << 6 | (next & 0x3fU);
  }
  return IsScalar(value, bytes) ? CodePoint{value, bytes} : CodePoint{};
}

bool IsControl(std::uint32_t value) { return value < 0x20 || (value >= 0x7f && value < 0xa0); }

}  // namespace

std::string ReasonText(std::string_view said) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  constexpr std::string_view kMark = "...";
  std::string text;
  while (!said.empty()) {
    const CodePoint next = First(said);
    const std::string_view kept = next.bytes == 0         ? kReplacement
                                  : IsControl(next.value) ? std::string_view{}
                                                          : said.substr(0, next.bytes);
    if (text.size() + kept.size() > kMaxReasonBytes - kMark.size()) return text.append(kMark);
    text += kept;
    said.remove_prefix(next.bytes == 0 ? 1 : next.bytes);
  }
  return text;
}

}  // namespace treaty
