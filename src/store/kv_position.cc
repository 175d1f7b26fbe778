#include "store/kv_position.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace treaty {

Result<std::int64_t> ParseKvPosition(const std::string& text) {
  std::int64_t id = std::numeric_limits<std::int64_t>::max();
  if (text.empty()) return id;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, id);
  if (read.ec == std::errc() && read.ptr == end && id > 0) return id;
  return Status(Code::kInvalidArgument,
                "position must be the next_position of the page before, or empty");
}

KvPager::KvPager(std::size_t limit) : limit_(std::clamp<std::size_t>(limit, 1, kKvPageEntries)) {}

bool KvPager::Add(KvEntry entry) {
  if (page_.entries.size() == limit_ || bytes_ > kKvPageBytes) {
    page_.next_position = std::to_string(page_.entries.back().id);
    return false;
  }
  bytes_ += entry.value.size();
  page_.entries.push_back(std::move(entry));
  return true;
}

}  // namespace treaty
