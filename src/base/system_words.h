// What the system says of an error, in the words that operators look for.

#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace treaty {

// `error` as in errno.
inline std::string SystemWords(int error) {
  if (error == ENOSPC || error == EDQUOT) return "disk full; make room on it";
  return std::generic_category().message(error);
}

}  // namespace treaty
