// The text of statements. Only text known at compile time, numbers and hexadecimal literals get
// into it, so nothing needs escaping and nothing can be injected.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace treaty {

// Text that is part of the program.
class SqlConstant {
 public:
  consteval SqlConstant(const char* text) : text_(text) {}  // NOLINT: converts on purpose.
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

class SqlText {
 public:
  SqlText() = default;
  explicit SqlText(SqlConstant text) : text_(text.text()) {}

  SqlText& operator<<(SqlConstant text) {
    text_ += text.text();
    return *this;
  }
  SqlText& operator<<(const SqlText& other) {
    text_ += other.text_;
    return *this;
  }
  // Splits `constant`, part of the program, at semicolons that end a line; comments stay.
  static std::vector<SqlText> Statements(std::string_view constant);

  SqlText& Int(std::int64_t value);
  SqlText& Bytes(std::string_view bytes);  // As x'…'.

  const std::string& text() const { return text_; }
  std::size_t size() const { return text_.size(); }
  bool empty() const { return text_.empty(); }
  void Clear() { text_.clear(); }

 private:
  std::string text_;
};

}  // namespace treaty
