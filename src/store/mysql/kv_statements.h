// Edits and reads of named texts.

#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "store/kv.h"
#include "store/mysql/connection.h"
#include "store/store.h"

namespace treaty {

// Makes one edit inside the database transaction that is open on `connection`.
Status ApplyEdit(MysqlConnection& connection, const Write& write, Verdict& verdict);

// See Store.
Result<std::optional<KvEntry>> LoadEntry(MysqlConnection& connection, const std::string& cat,
                                         const std::string& key);
Result<KvPage> ListEntries(MysqlConnection& connection, const KvFilter& filter);

}  // namespace treaty
