// One row of the table txn, with its part 0, as a StoredTxn.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "store/sqlite/connection.h"
#include "store/store.h"
#include "wire/record/record_codec.h"

namespace treaty {

// What ReadRow expects of a SELECT from txn t and part p; the body last, where it is asked for.
#define TREATY_TXN_COLUMNS                                                                   \
  "t.gid, t.model, t.status, t.created, t.updated, t.finished, t.wake, t.owner, t.version, " \
  "t.write_id, t.state, p.terms"

enum class WithBody : std::uint8_t { kNo, kYes };

// Reads the current row. Fails with kDataLoss, naming the gid, if it cannot be understood.
Result<StoredTxn> ReadRow(const Statement& row, RecordCodec& codec, WithBody with_body);

// What can be said in a list about a row that ReadRow refuses: its columns, and `why` as the
// reason.
StoredTxn DescribeDamaged(const Statement& row, const Status& why);

// That a record is not what a version of this program has written.
Status DamagedRow(std::string_view gid, const std::string& why);

inline std::int64_t ToMillis(Time time) { return time.time_since_epoch().count(); }
inline Time ToTime(std::int64_t millis) { return Time(Duration(millis)); }

}  // namespace treaty
