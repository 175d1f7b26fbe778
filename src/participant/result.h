// What a participant's reply means (protocol §4.2 and §18, 7).

#pragma once

#include <cstdint>
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

// Returns the outcome, with the text to keep or log.
BranchReply MapReply(int status, std::string_view body, Words words, const ResultOptions& options);

// The same for the reply of a JSON-RPC participant (protocol §4.4): the status and the words count
// first; then a success is an object whose `error` is null or absent, and the code of an error is
// compared as a number. Anything else is unknown.
BranchReply MapRpcReply(int status, std::string_view body, Words words,
                        const ResultOptions& options);

}  // namespace treaty
