// Where a page of a list ended, as the opaque text that clients hand back for the next one.

#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "base/status.h"
#include "base/time.h"
#include "store/store.h"

namespace treaty {

// The most transactions in one page.
inline constexpr std::size_t kListLimit = 500;

// What the texts of a page take, after which it ends early: a record's own may be some 140 KiB.
inline constexpr std::size_t kListBytes = 4 << 20;

// Fills one page.
class ListPager {
 public:
  explicit ListPager(std::size_t limit);

  // Takes the next record, unless the page is full: then it says that there is another page, and
  // returns false.
  bool Add(StoredTxn stored);

  // Whether the next Add will return false.
  bool IsFull() const { return page_.txns.size() == limit_ || bytes_ > kListBytes; }

  ListPage Take() { return std::move(page_); }

 private:
  const std::size_t limit_;
  std::size_t bytes_ = 0;
  ListPage page_;
};

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
