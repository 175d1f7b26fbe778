// What a participant's reply means (protocol §4.2 and §18, 7).

#pragma once

#include <string_view>

#include "core/txn.h"
#include "participant/participant.h"

namespace treaty {

struct ResultOptions {
  bool success_on_any_2xx = false;
  bool legacy_result_words = true;  // The words count in bodies without a `dtm_result`.
};

// Returns the outcome, with the text to keep or log.
BranchReply MapReply(int status, std::string_view body, Op op, const ResultOptions& options);

}  // namespace treaty
