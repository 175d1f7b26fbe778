// Unpacks gzip replies.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace treaty {

// Returns the first `limit` bytes of what `packed` holds, or nothing when it is damaged.
// `cut`: the end of `packed` is missing, because the reply was too long; that is no damage.
std::optional<std::string> Gunzip(std::string_view packed, std::size_t limit, bool cut);

}  // namespace treaty
