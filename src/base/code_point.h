// Text one character at a time, and which characters must not be shown as they are.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace treaty {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // That it takes; 0: what stands there is not UTF-8.
};

// Reads the first character of `text`, which is not empty.
CodePoint FirstCodePoint(std::string_view text);

// Whether a reader could not see that it is there, or would see others elsewhere than they are: it
// ends a line, moves the cursor, turns the direction, is blank (but for U+0020) or draws nothing.
bool IsInvisible(std::uint32_t code_point);

}  // namespace treaty
