// Typed reads of a request's query parameters.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/http/target.h"
#include "base/status.h"

namespace treaty::api {

// A whole number; `absent` when it is missing or empty.
struct NumberSpec {
  std::string_view name;
  std::int64_t absent = 0;
  std::int64_t low = 0;
  std::int64_t high = 0;
};

// kInvalidArgument: the message says what to change.
Result<std::int64_t> ReadNumber(const Target& target, const NumberSpec& spec);

// The parameter `limit` of a page: 100 where absent, and 500 where it is more.
Result<std::size_t> ReadLimit(const Target& target);

}  // namespace treaty::api
