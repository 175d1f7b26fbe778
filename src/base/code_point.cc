// The ranges are those of Unicode 15: the categories Cc, Cf, Zl, Zp and Zs, what is ignorable by
// default (DerivedCoreProperties.txt), and two letters that are blank.

#include "base/code_point.h"

#include <algorithm>
#include <array>

namespace treaty {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

constexpr std::array kInvisible = {
    Range{0x0000, 0x001F},    // Controls.
    Range{0x007F, 0x00A0},    // Controls, no-break space.
    Range{0x00AD, 0x00AD},    // Soft hyphen.
    Range{0x034F, 0x034F},    // Grapheme joiner.
    Range{0x0600, 0x0605},    // Signs that stand around numbers.
    Range{0x061C, 0x061C},    // Arabic letter mark.
    Range{0x06DD, 0x06DD},    //
    Range{0x070F, 0x070F},    //
    Range{0x0890, 0x0891},    //
    Range{0x08E2, 0x08E2},    //
    Range{0x115F, 0x1160},    // Hangul fillers.
    Range{0x1680, 0x1680},    // Ogham space.
    Range{0x17B4, 0x17B5},    // Khmer inherent vowels.
    Range{0x180B, 0x180F},    // Mongolian selectors and separator.
    Range{0x2000, 0x200F},    // Spaces, zero width, direction marks.
    Range{0x2028, 0x202F},    // Separators, embeddings and overrides.
    Range{0x205F, 0x206F},    // Word joiner, invisible operators, isolates.
    Range{0x2800, 0x2800},    // Blank braille.
    Range{0x3000, 0x3000},    // Ideographic space.
    Range{0x3164, 0x3164},    // Hangul filler.
    Range{0xFE00, 0xFE0F},    // Variation selectors.
    Range{0xFEFF, 0xFEFF},    // Byte order mark.
    Range{0xFFA0, 0xFFA0},    // Hangul filler.
    Range{0xFFF0, 0xFFFB},    // Unassigned ignorables, annotations.
    Range{0xFFFE, 0xFFFF},    // No characters.
    Range{0x110BD, 0x110BD},  // Kaithi number signs.
    Range{0x110CD, 0x110CD},  //
    Range{0x13430, 0x1343F},  // Hieroglyphs' joiners.
    Range{0x16FE4, 0x16FE4},  // Khitan filler.
    Range{0x1BCA0, 0x1BCA3},  // Shorthand's controls.
    Range{0x1D173, 0x1D17A},  // Musical controls.
    Range{0xE0000, 0xE0FFF},  // Tags, further variation selectors.
};

// How many bytes the lead byte announces; 0: it is none.
std::size_t Announced(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// Whether it is a character that takes no fewer bytes than were spent on it.
bool IsSound(std::uint32_t value, std::size_t bytes) {
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value >= kLeast.at(bytes) && value <= 0x10FFFF && !surrogate;
}

}  // namespace

CodePoint FirstCodePoint(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text[0]);
  const std::size_t bytes = Announced(lead);
  if (bytes == 0 || bytes > text.size()) return {};
  if (bytes == 1) return {lead, 1};
  std::uint32_t value = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<std::uint8_t>(text[i]);
    if ((next & 0xC0U) != 0x80U) return {};
    value = (value << 6U) | (next & 0x3FU);
  }
  return IsSound(value, bytes) ? CodePoint{value, bytes} : CodePoint{};
}

bool IsInvisible(std::uint32_t code_point) {
  const auto* const range = std::ranges::lower_bound(kInvisible, code_point, {}, &Range::last);
  return range != kInvisible.end() && range->first <= code_point;
}

}  // namespace treaty
