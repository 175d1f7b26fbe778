// What a participant's reply means (protocol §4.2 and §18, 7).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "participant/participant.h"

namespace treaty {

struct ResultOptions {
  bool success_on_any_2xx = false;
  bool legacy_result_words = true;  // The words count in bodies without a `dtm_result`.
};

// Where the words ONGOING and FAILURE count in a body without a `dtm_result`: a compensation's
// reply may mention the FAILURE it undoes, so there the word must stand alone.
enum class Words : std::uint8_t { kAnywhere, kAlone };

// A body, as far as it was read.
struct ReadBody {
  std::string_view text = {};  // Its beginning, where it was cut.
  bool cut = false;
  std::optional<std::string> result =
      {};                         // Of an object that was cut: its `dtm_result`, if a text.
  std::string_view trouble = {};  // Why it cannot be read; empty: it can.
};

inline constexpr const char* kNoMemoryToRead = "there was no memory to read the reply";

// Returns the outcome, with the text to keep or log. Of a reply whose body cannot be read the
// status alone may decide (425, 409); otherwise it is unknown, for it may be a refusal.
BranchReply MapReply(int status, const ReadBody& body, Words words, const ResultOptions& options);

// The same for the reply of a JSON-RPC participant (protocol §4.4): the status and the words count
// first; then a success is an object whose `error` is null or absent, and the code of an error is
// compared as a number. Anything else is unknown.
BranchReply MapRpcReply(int status, const ReadBody& body, Words words,
                        const ResultOptions& options);

inline BranchReply MapReply(int status, std::string_view body, Words words,
                            const ResultOptions& options) {
  return MapReply(status, ReadBody{.text = body}, words, options);
}
inline BranchReply MapRpcReply(int status, std::string_view body, Words words,
                               const ResultOptions& options) {
  return MapRpcReply(status, ReadBody{.text = body}, words, options);
}

}  // namespace treaty
