#include "api/http/parameters.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "wire/txn_request.h"

namespace treaty::api {

Result<std::int64_t> ReadNumber(const Target& target, const NumberSpec& spec) {
  const std::string_view text = target.Parameter(spec.name);
  if (text.empty()) return spec.absent;
  std::int64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec == std::errc() && end.ptr == text.data() + text.size() && number >= spec.low &&
      number <= spec.high) {
    return number;
  }
  return Status(Code::kInvalidArgument, std::string(spec.name) + " " + wire::Quoted(text) +
                                            " must be a whole number from " +
                                            std::to_string(spec.low) + " to " +
                                            std::to_string(spec.high));
}

Result<std::size_t> ReadLimit(const Target& target) {
  constexpr std::int64_t kMostListed = 500;
  constexpr std::int64_t kAnyNumber = 1'000'000'000;
  const auto limit = ReadNumber(target, {"limit", 100, 1, kAnyNumber});
  if (!limit.ok()) return limit.status();
  return static_cast<std::size_t>(std::min(*limit, kMostListed));
}

}  // namespace treaty::api
