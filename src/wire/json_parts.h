// Takes JSON text apart without reading it, so that every part keeps its bytes: numbers of any
// size, ids that go back as they came, members that nobody knows.
//
// What is passed over is checked all the same: text whose parts all came is JSON. Only UTF-8 is
// left to the caller.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace treaty::wire {

// The parts of an object or a list, one after the other.
class JsonParts {
 public:
  enum class Kind : std::uint8_t { kObject, kList, kOther };

  // `text` begins, after blanks, with a value of at most `depth` levels. What follows that value
  // is not looked at: see rest().
  JsonParts(std::string_view text, std::size_t depth);

  // What the value is. One that has no parts (a number, a string) is checked by the first Next.
  Kind kind() const { return kind_; }

  // Moves to the next part; returns false after the last one, and at a mistake.
  bool Next();

  // Of an object's part: with its quotes, as written.
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }

  // Once Next has returned false: what is wrong ("at byte 7"); empty: nothing.
  std::string mistake() const;
  // And what comes after the value.
  std::string_view rest() const { return text_.substr(at_); }

 private:
  char close() const { return kind_ == Kind::kObject ? '}' : ']'; }
  bool Fail();
  bool SkipWhole();      // A value without parts; false always.
  bool SkipSeparator();  // To the next part; false: there is none.
  bool ReadKey();
  bool ReadValue();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_;
  Kind kind_ = Kind::kOther;
  bool begun_ = false;
  bool ended_ = false;
  bool failed_ = false;
  std::string_view key_;
  std::string_view value_;
};

// The text that a JSON string (with its quotes) stands for. An escape of half a surrogate pair
// stands for no text: the string is returned as written then.
std::string JsonStringText(std::string_view string);

}  // namespace treaty::wire
