// The key-value entries of the memory store.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/status.h"
#include "store/store.h"

namespace treaty {

// For one thread at a time.
class KvMap {
 public:
  // See Store::Commit.
  Verdict Apply(const KvEdit& edit, std::uint64_t write_id);

  std::optional<KvEntry> Load(const std::string& cat, const std::string& key) const;
  Result<KvPage> List(const KvFilter& filter) const;

 private:
  using Key = std::pair<std::string, std::string>;
  Verdict Insert(const KvEdit& edit, std::uint64_t write_id);

  std::map<std::int64_t, KvEntry> entries_;  // By id.
  std::map<Key, std::int64_t> ids_;
  std::int64_t last_id_ = 0;
};

}  // namespace treaty
