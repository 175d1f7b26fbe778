// The responses to the JSON-RPC requests of one HTTP request, until the last of them is there.

#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/http/handlers.h"
#include "api/http/message.h"
#include "base/memory_budget.h"
#include "base/status.h"
#include "wire/rpc_request.h"

namespace treaty::api {

// Safe for concurrent use. Belongs to the connection, so that nothing is left of it when its client
// has gone, however long one of the requests still waits.
class RpcReplies final : public HeldReply {
 public:
  // `config` outlives it.
  RpcReplies(const wire::RpcBody& asked, const HandlerConfig& config, ReplyFn reply);

  // Takes room for the record that `place` answers with; not a success: it may not be formed.
  Status Take(std::size_t place, const StoredTxn& txn);

  void PutResult(std::size_t place, std::string_view result);
  void PutError(std::size_t place, const wire::RpcError& error);
  // After Take.
  void PutRecord(std::size_t place, const StoredTxn& txn);

  void Shed() override;

 private:
  struct Response {
    std::string id;    // JSON, as sent.
    std::string text;  // Empty: it is still missing.
    bool is_record = false;
  };

  Status TakeAmongOthers(std::size_t bytes);
  std::string ShedText(const Response& response) const;
  void Put(std::size_t place, std::string text, bool is_record);
  void Reply();
  std::string Join();

  const HandlerConfig& config_;
  const bool is_batch_;
  const ReplyFn reply_;
  std::mutex mutex_;  // Guards all below but the ids, until nothing is missing.
  std::vector<Response> responses_;
  std::size_t missing_;
  std::size_t records_ = 0;  // Bytes for which room was taken.
  std::shared_ptr<MemoryShare> memory_;
  bool shed_ = false;
};

}  // namespace treaty::api
