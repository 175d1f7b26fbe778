// Makes values from outside harmless in lines that people and programs read.

#pragma once

#include <string>
#include <string_view>

namespace treaty::daemon {

// Returns `text` with backslashes, characters that nobody sees (base/code_point.h) and bytes that
// are not UTF-8 written as \xNN, so that it stays within its line and reads as it is.
std::string Escape(std::string_view text);

// Returns `text` as the inside of a JSON string; bytes that are not UTF-8 become U+FFFD.
std::string EscapeJson(std::string_view text);

// The same of a YAML string in double quotes.
std::string EscapeYaml(std::string_view text);

}  // namespace treaty::daemon
