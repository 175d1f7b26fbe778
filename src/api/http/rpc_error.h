// Answers and mistakes as JSON-RPC errors (protocol §2): the texts are those of HTTP.

#pragma once

#include <string_view>

#include "api/http/handlers.h"
#include "base/status.h"
#include "core/request.h"
#include "wire/rpc_request.h"

namespace treaty::api {

// Of an answer that is no success.
wire::RpcError RpcErrorOf(const Answer& answer, const HandlerConfig& config);

// Of a request that is not taken: the client's mistake, or not now.
wire::RpcError RefusalOf(const Status& status, const HandlerConfig& config);

wire::RpcError UnknownMethod(std::string_view name);

}  // namespace treaty::api
