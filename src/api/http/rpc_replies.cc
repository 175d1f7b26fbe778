// A record is large and counts in the budget of all replies; whoever waits may do so for an hour.
// So no record waits for long.

#include "api/http/rpc_replies.h"

#include <utility>

#include "api/http/reply.h"
#include "api/http/reply_memory.h"
#include "api/http/rpc_error.h"
#include "base/enough_memory.h"
#include "wire/reply_size.h"
#include "wire/txn_reply.h"

namespace treaty::api {
namespace {

constexpr char kTooLarge[] =
    "the records of this batch are too large together (Limits.RpcReplyBytes); send this request "
    "again in a smaller one";
constexpr char kTooMany[] = "too many large replies at once; try again later";
constexpr char kOthersWait[] =
    "another request of this batch waits for longer than records are kept; send this request again "
    "alone";

}  // namespace

RpcReplies::RpcReplies(const wire::RpcBody& asked, const HandlerConfig& config, ReplyFn reply)
    : config_(config),
      is_batch_(asked.is_batch),
      reply_(std::move(reply)),
      responses_(asked.requests.size()),
      missing_(asked.requests.size()) {
  for (std::size_t i = 0; i < responses_.size(); ++i) responses_[i].id = asked.requests[i].id;
}

Status RpcReplies::Take(std::size_t place, const StoredTxn& txn) {
  const std::lock_guard lock(mutex_);
  // The record, and around it.
  const std::size_t most = 2 * (wire::TxnReplyBytes(txn) + responses_[place].id.size());
  if (is_batch_) return TakeAmongOthers(most);
  auto taken = TakeReplyMemory(most, config_.memory);
  if (taken.ok()) memory_ = *std::move(taken);
  return taken.status();
}

// Twice, as they are joined.
Status RpcReplies::TakeAmongOthers(std::size_t bytes) {
  if (shed_) return {Code::kResourceExhausted, kOthersWait};
  if (bytes > config_.max_rpc_reply_bytes - records_) return {Code::kResourceExhausted, kTooLarge};
  if (!memory_) memory_ = std::make_shared<MemoryShare>(config_.memory);
  if (!memory_->Grow(2 * (records_ + bytes))) return {Code::kResourceExhausted, kTooMany};
  records_ += bytes;
  return {};
}

void RpcReplies::PutResult(std::size_t place, std::string_view result) {
  Put(place, wire::RpcResultReply(responses_[place].id, result), false);
}

void RpcReplies::PutError(std::size_t place, const wire::RpcError& error) {
  Put(place, wire::RpcErrorReply(responses_[place].id, error), false);
}

void RpcReplies::PutRecord(std::size_t place, const StoredTxn& txn) {
  auto text = WithinMemory([&] {
    const std::string record = wire::WorkflowReply(txn, config_.policy);
    return Result<std::string>(wire::RpcResultReply(responses_[place].id, record));
  });
  if (!text.ok()) return PutError(place, RefusalOf(text.status(), config_));
  Put(place, *std::move(text), true);
}

std::string RpcReplies::ShedText(const Response& response) const {
  return wire::RpcErrorReply(response.id,
                             RefusalOf({Code::kResourceExhausted, kOthersWait}, config_));
}

void RpcReplies::Put(std::size_t place, std::string text, bool is_record) {
  {
    const std::lock_guard lock(mutex_);
    Response& response = responses_[place];
    response.is_record = is_record && !shed_;
    response.text = is_record && shed_ ? ShedText(response) : std::move(text);
    if (--missing_ > 0) return;
  }
  Reply();
}

void RpcReplies::Shed() {
  const std::lock_guard lock(mutex_);
  if (missing_ == 0 || !is_batch_ || shed_) return;
  shed_ = true;
  for (Response& response : responses_) {
    if (response.is_record) response.text = ShedText(response);
  }
  if (memory_) memory_->Shrink(0);
}

void RpcReplies::Reply() {
  auto joined = WithinMemory([this] { return Result<std::string>(Join()); });
  responses_.clear();
  if (!joined.ok()) return reply_(StatusReply(joined.status(), config_));
  HttpReply all = JsonReply(*std::move(joined));
  if (memory_ && memory_->bytes() > 0) all.memory = memory_;
  reply_(std::move(all));
}

std::string RpcReplies::Join() {
  if (!is_batch_) return std::move(responses_.front().text);
  std::size_t bytes = 2;
  for (const Response& one : responses_) bytes += one.text.size() + 1;
  std::string all;
  all.reserve(bytes);
  for (const Response& one : responses_) all.append(all.empty() ? "[" : ",").append(one.text);
  all += ']';
  return all;
}

}  // namespace treaty::api
