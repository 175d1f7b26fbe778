#include "store/mysql/sql_text.h"

#include <array>
#include <charconv>

namespace treaty {

std::vector<SqlText> SqlText::Statements(std::string_view constant) {
  std::vector<SqlText> statements;
  for (std::size_t end = 0; (end = constant.find(";\n")) != std::string_view::npos;) {
    statements.emplace_back().text_ = constant.substr(0, end);
    constant.remove_prefix(end + 2);
  }
  return statements;
}

SqlText& SqlText::Int(std::int64_t value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text_.append(digits.data(), end);
  return *this;
}

SqlText& SqlText::Bytes(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  text_.reserve(text_.size() + 2 * bytes.size() + 3);
  text_ += "x'";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text_ += kDigits[byte >> 4U];
    text_ += kDigits[byte & 15U];
  }
  text_ += '\'';
  return *this;
}

}  // namespace treaty
