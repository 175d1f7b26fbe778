// A participant's words, made safe to keep and show.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace treaty {

inline constexpr std::size_t kMaxReasonBytes = 4 * 1024;

// Returns `said` as valid UTF-8 without control characters, at most kMaxReasonBytes long. What
// is not UTF-8 becomes U+FFFD; text that was cut ends in "...".
std::string ReasonText(std::string_view said);

}  // namespace treaty
