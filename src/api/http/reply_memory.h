// Room for the replies that are not small, taken before they are written.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "api/http/handlers.h"
#include "api/http/message.h"
#include "base/memory_budget.h"
#include "base/status.h"

namespace treaty::api {

// A reply up to here is part of what a connection costs, and takes nothing of the budget: so there
// always is one that says that there is no room, and probes are answered.
inline constexpr std::size_t kSmallReply = 16 << 10;

// Returns the share of a reply of `bytes`; null for a small one. kResourceExhausted: there is no
// room for it.
Result<std::shared_ptr<MemoryShare>> TakeReplyMemory(std::size_t bytes,
                                                     const std::shared_ptr<MemoryBudget>& budget);

// The reply whose JSON `write` makes, of `most` bytes at the most; 503 where there is no room.
HttpReply MakeReply(std::size_t most, const HandlerConfig& config,
                    const std::function<std::string()>& write);

}  // namespace treaty::api
