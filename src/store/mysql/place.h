// Where a transaction stands in the one index that drives it: asleep, with its owner, or finished.

#pragma once

#include <string>
#include <string_view>

#include "store/store.h"

namespace treaty {

inline constexpr std::string_view kAsleep = "";
inline constexpr std::string_view kFailedPlace = ".failed";
inline constexpr std::string_view kSucceedPlace = ".succeed";
inline constexpr std::string_view kOwnedFrom = "@";  // The owners' places are all from here on.

inline std::string PlaceOfOwner(std::string_view owner) { return "@" + std::string(owner); }

inline std::string PlaceOf(const Write& write) {
  if (write.txn->status == TxnStatus::kFailed) return std::string(kFailedPlace);
  if (write.txn->status == TxnStatus::kSucceed) return std::string(kSucceedPlace);
  return write.owner.empty() ? std::string(kAsleep) : PlaceOfOwner(write.owner);
}

inline Time DueOf(const Write& write) {
  return write.txn->IsFinished() ? write.txn->finished : write.wake;
}

// The owner that a place names; empty for the other places.
inline std::string_view OwnerIn(std::string_view place) {
  return place.starts_with('@') ? place.substr(1) : std::string_view();
}

}  // namespace treaty
