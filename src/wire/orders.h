// Which steps of a saga wait for which.

#pragma once

#include <string_view>

#include "base/status.h"
#include "core/txn.h"

namespace treaty::wire {

// Reads custom_data ({"orders":{"2":[0,1]},"concurrent":true}) into terms.concurrent and
// terms.after. Refuses what could never finish: steps out of range, a step that waits for itself,
// cycles.
Status ReadSagaData(std::string_view text, std::size_t steps, Terms& terms);

// Shortens terms.after to the last step that its orders name.
void ForgetUnnamedSteps(Terms& terms);

}  // namespace treaty::wire
