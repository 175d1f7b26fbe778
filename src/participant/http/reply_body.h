// What a reply's body says, unpacked and kept as far as the result needs it.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "participant/http/unpacker.h"
#include "participant/result.h"
#include "participant/result_field.h"

namespace treaty {

// How much of a JSON object is searched for its `dtm_result`, where it is longer than what is kept.
inline constexpr std::size_t kMaxSearchedBytes = 4 << 20;
// Of one body; a reply packed more often is not read.
inline constexpr std::size_t kMostCodings = 2;

class ReplyBody {
 public:
  // The beginning goes into `kept`, which is emptied first: at most `limit` bytes.
  ReplyBody(std::string& kept, std::size_t limit);

  // Before the first Add: a header's list of codings that were applied, in their order. Several
  // headers are one list.
  void Unpack(std::string_view codings);
  // It is written in no encoding that words are looked for in. Its beginning may show that too.
  void SetWide();

  void Add(std::string_view sent);
  void End();

  bool enough() const { return enough_; }  // Reading on would tell nothing more.
  ReadBody body() const;                   // Valid as long as `kept`.

 private:
  bool Feed(std::size_t stage, std::string_view piece);
  bool Keep(std::string_view piece);
  bool Search(std::string_view rest);
  void Stop(std::string_view trouble);

  std::string& kept_;
  const std::size_t limit_;
  std::vector<std::unique_ptr<Unpacker>> stages_;  // In the order of their application.
  std::string_view unknown_;                       // Why nothing can be unpacked.
  UnpackWork work_;
  std::optional<ResultField> field_;  // Of an object that was cut.
  std::size_t searched_ = 0;
  std::string_view trouble_;  // Why it is not readable.
  bool cut_ = false;
  bool enough_ = false;
};

}  // namespace treaty
