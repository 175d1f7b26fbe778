// A reply as the bytes of an HTTP/1 response.

#pragma once

#include <string>

#include "api/http/message.h"

namespace treaty::api {

struct ResponseShape {
  bool close = false;     // The connection ends after it.
  bool http_1_0 = false;  // The client must be told when the connection stays.
  bool no_body = false;   // A reply to HEAD.
};

// Replaces `out`, keeping its memory. The head tells of the body in any case.
void FormatHead(const HttpReply& reply, ResponseShape shape, std::string& out);
void FormatResponse(const HttpReply& reply, ResponseShape shape, std::string& out);

}  // namespace treaty::api
