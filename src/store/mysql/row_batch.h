// A statement of many rows, run in as many pieces as the server's packet limit demands.

#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "base/status.h"
#include "store/mysql/sql_text.h"

namespace treaty {

class RowBatch {
 public:
  // Between the rows of a statement stands `between`. `run` is called with the statement and the
  // tags of its rows.
  struct Frame {
    SqlConstant head;
    SqlConstant between;
    SqlConstant tail;
  };
  using Run = std::function<Status(const SqlText& sql, const std::vector<std::size_t>& tags)>;

  RowBatch(Frame frame, std::size_t most_bytes, Run run)
      : frame_(frame), most_bytes_(most_bytes), run_(std::move(run)) {}

  // Takes a row; runs the statement first where it would become too long. A row that is too long
  // alone goes alone.
  Status Add(const SqlText& row, std::size_t tag);

  // Runs what is left.
  Status Finish();

 private:
  const Frame frame_;
  const std::size_t most_bytes_;
  const Run run_;
  SqlText sql_;
  std::vector<std::size_t> tags_;
};

}  // namespace treaty
