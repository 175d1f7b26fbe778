// One record as the columns of a database have it, read as a StoredTxn.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "store/store.h"
#include "wire/record/record_codec.h"

namespace treaty {

// Views of a driver's row, valid as long as that is.
struct TxnRow {
  std::string_view gid;
  std::int64_t model = 0;
  std::int64_t status = 0;
  std::int64_t created = 0;  // Times in milliseconds.
  std::int64_t updated = 0;
  std::int64_t finished = 0;
  std::int64_t wake = 0;
  std::string_view owner;
  std::int64_t version = 0;
  std::int64_t write_id = 0;
  std::string_view state;
  bool has_parts = false;  // Part 0 was found.
  std::string_view terms;
  std::string_view body;  // Empty where it was not asked for.
};

enum class WithBody : std::uint8_t { kNo, kYes };

// Fails with kDataLoss, naming the gid, if the row cannot be understood: every column is checked
// before it becomes an enumerator, since a database is not to be trusted.
Result<StoredTxn> ReadRow(const TxnRow& row, RecordCodec& codec, WithBody with_body);

// What can be said in a list about a row that ReadRow refuses: its columns, and `why` as the
// reason.
StoredTxn DescribeDamaged(const TxnRow& row, const Status& why);

// That a record is not what a version of this program has written.
Status DamagedRow(std::string_view gid, const std::string& why);

inline std::int64_t ToMillis(Time time) { return time.time_since_epoch().count(); }
inline Time ToTime(std::int64_t millis) { return Time(Duration(millis)); }

// Databases have no unsigned numbers of 64 bits that they all agree about.
inline std::int64_t Signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace treaty
