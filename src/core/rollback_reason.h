// Why a saga was rolled back, in the words that clients and operators read.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace treaty {

// Longer reasons are cut, with a mark. In bytes.
inline constexpr std::size_t kMaxReasonSize = 4096;

// A participant's definite no. The reason always ends with the word FAILURE.
std::string ActionFailedReason(std::string_view url, std::string_view text);

// What a client gives as its reason, cut to the limit.
std::string CutReason(std::string_view reason);

std::string RetryLimitReason(std::uint32_t limit);

std::string TimeoutReason(std::chrono::seconds timeout);

}  // namespace treaty
