// Looking up a header.

#include "api/http/message.h"

#include <algorithm>

namespace treaty::api {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameNoCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, Lower, Lower);
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && SameNoCase(key, name)) return value;
  }
  return {};
}

std::string_view CodingOf(const HttpRequest& request) {
  if (request.body.empty()) return {};
  for (const auto& [key, value] : request.headers) {
    if (!SameNoCase(key, "Content-Encoding")) continue;
    if (!value.empty() && !SameNoCase(value, "identity")) return value;
  }
  return {};
}

}  // namespace treaty::api
