// Pages of key-value entries: where one starts, and when it is full.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/status.h"
#include "store/kv.h"

namespace treaty {

// Returns the id before which the page starts: the highest there can be for an empty text. Fails
// with kInvalidArgument if `text` was not a page's next_position.
Result<std::int64_t> ParseKvPosition(const std::string& text);

// Fills one page.
class KvPager {
 public:
  explicit KvPager(std::size_t limit);

  // Takes the next entry, unless the page is full: then it says that there is another page, and
  // returns false.
  bool Add(KvEntry entry);

  KvPage Take() { return std::move(page_); }

 private:
  const std::size_t limit_;
  std::size_t bytes_ = 0;
  KvPage page_;
};

}  // namespace treaty
