// Looking up a header.

#include "api/http/message.h"

#include <algorithm>

namespace treaty::api {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && std::ranges::equal(key, name, {}, Lower, Lower)) return value;
  }
  return {};
}

}  // namespace treaty::api
