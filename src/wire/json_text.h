// Writes JSON text. Only what replies need: strings, and the characters around them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace treaty::wire {

// Appends `text` as a JSON string. <, > and & are escaped as well, so that a reply shown in a
// page cannot become markup, and so are characters that nobody would see (base/code_point.h);
// bytes that are not UTF-8 become U+FFFD.
void AppendString(std::string& out, std::string_view text);

void AppendNumber(std::string& out, std::int64_t number);

// Appends `bytes` as a JSON string in standard base64.
void AppendBase64(std::string& out, std::string_view bytes);

// Appends "2026-11-22T06:39:43.123Z"; null for kNever.
void AppendTime(std::string& out, Time time);

// Writes the members of one object, with commas. Text given must already be JSON or is escaped.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  // Appends `"key":` and leaves the value to the caller.
  std::string& Key(std::string_view key);

  void String(std::string_view key, std::string_view text) { AppendString(Key(key), text); }
  void Number(std::string_view key, std::int64_t number) { AppendNumber(Key(key), number); }
  void Bool(std::string_view key, bool value) { Key(key) += value ? "true" : "false"; }
  void TimeOrNull(std::string_view key, Time time) { AppendTime(Key(key), time); }

  // The same, left out when empty, zero, false or kNever.
  void StringIfAny(std::string_view key, std::string_view text);
  void NumberIfAny(std::string_view key, std::int64_t number);
  void TimeIfAny(std::string_view key, Time time);

  void Close() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace treaty::wire
