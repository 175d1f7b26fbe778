#include "store/mysql/row_batch.h"

namespace treaty {

Status RowBatch::Add(const SqlText& row, std::size_t tag) {
  if (!tags_.empty() && sql_.size() + row.size() > most_bytes_) {
    if (Status status = Finish(); !status.ok()) return status;
  }
  sql_ << (tags_.empty() ? frame_.head : frame_.between);
  sql_ << row;
  tags_.push_back(tag);
  return {};
}

Status RowBatch::Finish() {
  if (tags_.empty()) return {};
  sql_ << frame_.tail;
  Status status = run_(sql_, tags_);
  sql_.Clear();
  tags_.clear();
  return status;
}

}  // namespace treaty
