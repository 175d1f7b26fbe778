// Calls of JSON-RPC participants (protocol §4.4): which URLs are theirs, what is checked of them
// at the door, and the body of a call.

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "wire/url.h"

namespace treaty::wire {

// Whether a transaction of `protocol` calls `url` by JSON-RPC: it contains the text `method`.
// Every other http URL of such a transaction is called by plain HTTP.
bool IsRpcTarget(std::string_view protocol, std::string_view url);

// The parameter `method` of a URL, decoded; empty: there is none.
std::string RpcMethodOf(const Url& url);

// At the door: a URL needs a method, and a payload must be an object, null or empty.
Status CheckRpcUrl(const Url& url);
Status CheckRpcPayload(std::string_view payload);

struct RpcCall {
  std::string_view id;
  std::string_view method;
  std::string_view payload;
  std::string_view gid;
  std::string_view trans_type;
  std::string_view branch_id;
  std::string_view op;
};

// The body of a call: the payload's members, bytes untouched, and after them those of the
// transaction, which replace members of the same name. Fails as CheckRpcPayload does.
Result<std::string> WriteRpcCall(const RpcCall& call);

}  // namespace treaty::wire
