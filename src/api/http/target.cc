// Parameters are split and decoded as HTML forms do it: & between them, + for a blank.

#include "api/http/target.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace treaty::api {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The character that the escape at the start of `text` stands for; nothing if there is none.
std::optional<char> Escaped(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  const int high = HexValue(text[1]);
  const int low = HexValue(text[2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

std::string DecodedParameter(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    const std::optional<char> escaped = Escaped(text);
    decoded += escaped ? *escaped : text[0] == '+' ? ' ' : text[0];
    text.remove_prefix(escaped ? 3 : 1);
  }
  return decoded;
}

// An escaped slash is part of a name, not a separator: it stays escaped, and so does the escape
// character itself, or one could be taken for the other.
std::string DecodedPath(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    const std::optional<char> escaped = Escaped(text);
    const bool decodes = escaped && *escaped != '/' && *escaped != '%';
    decoded += decodes ? *escaped : text[0];
    text.remove_prefix(decodes ? 3 : 1);
  }
  return decoded;
}

// Without regard to case; `prefix` is in small letters.
bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::ranges::equal(text.substr(0, prefix.size()), prefix, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : int{c}; });
}

std::size_t EndOfAuthority(std::string_view text, std::size_t begin) {
  return std::min(text.find_first_of("/?#", begin), text.size());
}

// Where the authority begins; 0: there is none.
std::size_t BeginOfAuthority(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (StartsWith(text, scheme)) return scheme.size();
  }
  return 0;
}

// RFC 9112 §3.2.2: a server accepts that form, too.
std::string_view WithoutAuthority(std::string_view text) {
  const std::size_t begin = BeginOfAuthority(text);
  if (begin == 0) return text;
  const std::string_view rest = text.substr(EndOfAuthority(text, begin));
  return rest.empty() ? std::string_view("/") : rest;
}

std::string CleanPath(std::string_view text) {
  std::string path;
  for (const char c : text) {
    if (c != '/' || path.empty() || path.back() != '/') path += c;
  }
  if (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

std::optional<std::string_view> AuthorityIn(std::string_view text) {
  const std::size_t begin = BeginOfAuthority(text);
  if (begin == 0) return std::nullopt;
  return text.substr(begin, EndOfAuthority(text, begin) - begin);
}

std::string_view Target::Parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

Target ParseTarget(std::string_view text) {
  Target target;
  text = WithoutAuthority(text);
  const std::size_t question = text.find('?');
  target.path = CleanPath(DecodedPath(text.substr(0, question)));
  if (question == std::string_view::npos) return target;
  std::string_view rest = text.substr(question + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view part = rest.substr(0, end);
    const std::size_t equals = part.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    if (!part.empty()) {
      target.parameters.emplace_back(DecodedParameter(part.substr(0, equals)),
                                     DecodedParameter(value));
    }
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return target;
}

}  // namespace treaty::api
