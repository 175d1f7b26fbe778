// JSON-RPC 2.0 requests and replies (protocol §2): the envelope around what HTTP takes as a body
// and gives as one.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace treaty::wire {

enum class RpcCode : std::int32_t {
  kParseError = -32700,
  kInvalidRequest = -32600,
  kUnknownMethod = -32601,
  kInvalidParams = -32602,
  kOther = -32603,    // Told apart by `status`.
  kFailure = -32901,  // A definite no, or rolled back.
  kOngoing = -32902,  // Waited, still running.
};

struct RpcError {
  RpcCode code = RpcCode::kOther;
  std::string message;
  int status = 0;  // What HTTP would have answered; 0: not said.
  std::optional<std::chrono::seconds> retry_after = {};
};

struct RpcRequest {
  std::string_view id;              // JSON text as sent; empty where it cannot be told.
  std::string method;               // As meant, without escapes.
  std::string_view params;          // JSON text; empty: absent or null.
  std::optional<RpcError> trouble;  // With it, only the id counts.
};

struct RpcBody {
  bool is_batch = false;
  std::vector<RpcRequest> requests;  // At least one. Their views lead into the body.
};

// Takes one request or a batch apart. All of the body is checked before any of it is returned; a
// body that is no request at all comes back as one request with its trouble. Keys match without
// case, what follows the first JSON value is ignored.
RpcBody ReadRpcBody(std::string_view body, std::size_t most_requests);

// {"error":null,"id":…,"jsonrpc":"2.0","result":…}: `result` is JSON text.
std::string RpcResultReply(std::string_view id, std::string_view result);

// The same with an error, and without the key `result`, which some clients look for first.
std::string RpcErrorReply(std::string_view id, const RpcError& error);

}  // namespace treaty::wire
