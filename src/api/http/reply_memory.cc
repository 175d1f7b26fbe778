#include "api/http/reply_memory.h"

#include <utility>

#include "api/http/reply.h"
#include "base/enough_memory.h"

namespace treaty::api {
namespace {

Status NoRoom(std::size_t bytes, const MemoryBudget& budget) {
  if (bytes <= budget.most_for_large()) {
    return {Code::kResourceExhausted, "too many large replies at once; try again later"};
  }
  return {Code::kResourceExhausted, "the reply may take " + std::to_string(bytes) +
                                        " bytes, for which Http.MaxMemoryBytes is too small"};
}

}  // namespace

Result<std::shared_ptr<MemoryShare>> TakeReplyMemory(std::size_t bytes,
                                                     const std::shared_ptr<MemoryBudget>& budget) {
  if (bytes <= kSmallReply) return std::shared_ptr<MemoryShare>();
  auto share = std::make_shared<MemoryShare>(budget);
  if (share->Grow(bytes)) return share;
  return NoRoom(bytes, *budget);
}

HttpReply MakeReply(std::size_t most, const HandlerConfig& config,
                    const std::function<std::string()>& write) {
  auto memory = TakeReplyMemory(most, config.memory);
  if (!memory.ok()) return StatusReply(memory.status(), config);
  auto body = WithinMemory([&] { return Result<std::string>(write()); });
  if (!body.ok()) return StatusReply(body.status(), config);
  HttpReply reply = JsonReply(*std::move(body));
  reply.memory = *std::move(memory);
  return reply;
}

}  // namespace treaty::api
