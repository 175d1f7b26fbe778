// The head of a branch's request, as bytes.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "participant/participant.h"
#include "wire/url.h"

namespace treaty {

// What stays the same for every call to one URL.
struct RequestTemplate {
  std::string exact;   // The target as the URL has it.
  std::string target;  // With '?' or '&' at its end: ready for the appended parameters.
  std::string host;    // The value of Host.
};

RequestTemplate MakeRequestTemplate(const wire::Url& url);

// Writes the head for `call` into `head`, whose memory is reused. POST when there is a payload,
// else GET. Headers that would structure the message, or change how the reply is packed, are
// left out: the door refuses them, but records may be older than its rules.
void WriteRequestHead(const RequestTemplate& to, const BranchCall& call, std::string& head);

// Writes the head of a JSON-RPC call with the headers of `terms` and a body of `bytes`: always
// POST, and nothing appended to the URL.
void WriteRpcHead(const RequestTemplate& to, const Terms& terms, std::size_t bytes,
                  std::string& head);

}  // namespace treaty
