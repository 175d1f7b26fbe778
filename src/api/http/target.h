// The target of a request taken apart: its path, and the parameters after the question mark.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace treaty::api {

struct Target {
  std::string path;  // Decoded, but for escaped slashes; doubled and trailing slashes removed.
  std::vector<std::pair<std::string, std::string>> parameters;  // Decoded, in order.

  // Returns the first parameter of that name; empty if there is none.
  std::string_view Parameter(std::string_view name) const;
};

Target ParseTarget(std::string_view text);

// The authority of http://authority/… or https://authority/…, as it stands there: of the form of a
// target that proxies are sent, of an Origin or a Referer. Nothing where `text` is none of these.
std::optional<std::string_view> AuthorityIn(std::string_view text);

}  // namespace treaty::api
