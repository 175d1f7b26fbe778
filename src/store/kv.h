// Named texts with a version, beside the transactions. Topics are the category that there is.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace treaty {

// The most entries in one page, and the bytes of their values after which a page ends.
inline constexpr std::size_t kKvPageEntries = 500;
inline constexpr std::size_t kKvPageBytes = 4 << 20;

struct KvEntry {
  std::int64_t id = 0;  // Given by the store; later ones are higher.
  std::string cat;
  std::string key;
  std::string value;
  std::uint64_t version = 0;  // 1, and one more with every change.
  std::uint64_t write_id = 0;
  Time created = kNever;
  Time updated = kNever;
};

// One entry's change, made only if the entry is still the one that was read: no edit is lost to
// another one.
struct KvEdit {
  std::string cat;
  std::string key;
  std::optional<std::string> value = {};       // Nothing: the entry goes.
  std::optional<std::uint64_t> replaces = {};  // The write id of what was read; nothing: none.
  std::uint64_t version = 1;                   // The new one.
  Time now = kNever;                           // When, by the store's clock.
  std::size_t most = std::numeric_limits<std::size_t>::max();  // Entries of `cat`, the new one too.
};

struct KvFilter {
  std::string cat = {};       // Empty: any.
  std::string key = {};       // Empty: any.
  std::string position = {};  // As returned by the page before; empty: from the newest.
  std::size_t limit = 100;    // 1 to kKvPageEntries.
};

struct KvPage {
  std::vector<KvEntry> entries;  // Newest first, by id.
  std::string next_position;     // Empty: this was the last page.
};

}  // namespace treaty
