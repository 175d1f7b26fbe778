// Grammar: milliseconds, a dot, the gid.

#include "store/list_position.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace treaty {

namespace {

std::size_t TextBytes(const StoredTxn& stored) {
  const Txn& txn = stored.txn;
  std::size_t bytes = txn.terms->custom_data.size() + txn.result.size() +
                      txn.rollback_reason.size() + txn.force.why.size();
  for (const auto& [name, value] : txn.terms->branch_headers) bytes += name.size() + value.size();
  return bytes;
}

}  // namespace

ListPager::ListPager(std::size_t limit) : limit_(std::clamp<std::size_t>(limit, 1, kListLimit)) {}

bool ListPager::Add(StoredTxn stored) {
  if (IsFull()) {
    const Txn& last = page_.txns.back().txn;
    page_.next_position = FormatPosition({last.created, last.gid()});
    return false;
  }
  bytes_ += TextBytes(stored);
  page_.txns.push_back(std::move(stored));
  return true;
}

std::string FormatPosition(const ListPosition& position) {
  return std::to_string(position.created.time_since_epoch().count()) + "." + position.gid;
}

Result<ListPosition> ParsePosition(const std::string& text) {
  const char* const end = text.data() + text.size();
  std::int64_t millis = 0;
  const auto [rest, error] = std::from_chars(text.data(), end, millis);
  if (error != std::errc() || millis < 0 || rest == end || *rest != '.') {
    return Status(Code::kInvalidArgument,
                  "the position is none that a page of this list has returned; leave it empty to "
                  "start from the newest transaction");
  }
  return ListPosition{Time(Duration(millis)), std::string(rest + 1, end)};
}

Result<ListPosition> StartOf(const ListFilter& filter) {
  ListPosition start{Time::max(), ""};
  if (!filter.position.empty()) {
    Result<ListPosition> position = ParsePosition(filter.position);
    if (!position.ok()) return position;
    start = *std::move(position);
  }
  if (filter.created_to == kNever || start.created <= filter.created_to) return start;
  return ListPosition{filter.created_to + Duration(1), ""};
}

}  // namespace treaty
