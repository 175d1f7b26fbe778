// Reads key-value entries.

#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace treaty {

// For one thread at a time; used by the reader, which owns the connection.
class KvReader {
 public:
  Status Prepare(SqliteConnection& connection);

  // See Store.
  Result<std::optional<KvEntry>> Load(const std::string& cat, const std::string& key);
  Result<KvPage> List(const KvFilter& filter);

 private:
  SqliteConnection* connection_ = nullptr;
  Statement load_, list_;
};

}  // namespace treaty
