// The target of a request taken apart: its path, and the parameters after the question mark.

#pragma once

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

}  // namespace treaty::api
