// What a call came to that did not get its transaction on, in words for people.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/txn.h"

namespace treaty {

// It is stored with every branch that waits: short.
inline constexpr std::size_t kMaxOutcomeBytes = 200;

// Returns `account` of a participant.h reply with what it counted as, at most kMaxOutcomeBytes
// long; what was cut ends in "...". Of a FAILURE the word alone, never what was said.
std::string OutcomeText(Outcome outcome, std::string_view account);

}  // namespace treaty
