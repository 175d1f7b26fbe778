// Makes values from outside harmless in lines that people and programs read.

#pragma once

#include <string>
#include <string_view>

namespace treaty::daemon {

// Returns `text` with control characters, line separators of Unicode, backslashes and bytes that
// are not UTF-8 written as \xNN, so that it stays within its line.
std::string Escape(std::string_view text);

// Returns `text` as the inside of a JSON string (and of a YAML one in double quotes); bytes that
// are not UTF-8 become U+FFFD.
std::string EscapeJson(std::string_view text);

}  // namespace treaty::daemon
