// Edits of key-value entries for the tests of stores.

#pragma once

#include <cstdint>
#include <string>

#include "contract/store_fixtures.h"

namespace treaty::store_test {

inline KvEdit PutOf(const std::string& key, const std::string& value) {
  return {.cat = "topics", .key = key, .value = value, .now = At(100)};
}

// The change of an entry as `read` found it.
inline KvEdit ChangeOf(const KvEntry& read, const std::string& value) {
  return {.cat = read.cat,
          .key = read.key,
          .value = value,
          .replaces = read.write_id,
          .version = read.version + 1,
          .now = At(200)};
}

inline KvEdit DeleteOf(const KvEntry& read) {
  KvEdit edit = ChangeOf(read, "");
  edit.value.reset();
  return edit;
}

inline Write EditOf(const KvEdit& edit, std::uint64_t write_id) {
  return {.kind = Write::Kind::kEdit, .write_id = write_id, .edit = &edit};
}

}  // namespace treaty::store_test
