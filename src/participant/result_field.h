// Finds the `dtm_result` of a JSON object that is too long to be kept.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace treaty {

// Takes the object's text piece by piece and keeps nothing but short strings. What is no JSON is
// not noticed: it only finds that a field stands where one would.
class ResultField {
 public:
  // What stands in front of an object: blanks, a byte order mark.
  static bool BeginsObject(std::string_view text);

  void Add(std::string_view piece);

  bool over() const { return over_; }  // The object has ended; nothing more is looked at.

  // The last `dtm_result` of the object itself, if it is a text; cut where no word is that long.
  const std::optional<std::string>& value() const { return value_; }

 private:
  void Step(char c);
  void InString(char c);
  void InHex(char c);
  void EndString();

  std::optional<std::string> value_;
  std::string text_;       // Of the string at hand, unescaped, if it may matter.
  std::size_t depth_ = 0;  // Of objects and arrays.
  bool in_string_ = false;
  bool escaped_ = false;      // After a backslash.
  std::size_t hex_left_ = 0;  // Of a \u.
  std::uint32_t hex_ = 0;
  bool in_value_ = false;  // After the colon of a field of the object itself.
  bool matches_ = false;   // That field is the one.
  bool over_ = false;
};

}  // namespace treaty
