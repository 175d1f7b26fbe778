// Where a page of a list ended, as the opaque text that clients hand back for the next one.

#pragma once

#include <cstddef>
#include <string>

#include "base/status.h"
#include "base/time.h"
#include "store/store.h"

namespace treaty {

// The most transactions in one page.
inline constexpr std::size_t kListLimit = 500;

// A place in the order (created, gid) of the list.
struct ListPosition {
  Time created = kNever;
  std::string gid;
};

std::string FormatPosition(const ListPosition& position);

// Fails with kInvalidArgument if `text` was not made by FormatPosition.
Result<ListPosition> ParsePosition(const std::string& text);

// The place before which a page starts: where the last one ended, or the upper bound. Fails as
// ParsePosition does.
Result<ListPosition> StartOf(const ListFilter& filter);

}  // namespace treaty
