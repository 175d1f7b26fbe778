// An HTTP request and reply as plain values, so that handlers need no server (and the simulator
// none either).

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory_budget.h"

namespace treaty::api {

// What is ready of a reply while the rest of it is waited for.
class HeldReply {
 public:
  virtual ~HeldReply() = default;
  // The rest takes long: gives back what is large.
  virtual void Shed() = 0;
};

struct HttpRequest {
  std::string method;                                        // "GET", "POST", … as sent.
  std::string target;                                        // Path and query as sent.
  std::vector<std::pair<std::string, std::string>> headers;  // In order; names as sent.
  std::string body;
  // Called by who handles the request, before it answers, with what shall end when the client goes;
  // not afterwards. Empty: whoever asks stays.
  std::function<void(std::shared_ptr<HeldReply>)> keep = {};

  // Returns the first header of that name, compared without case; empty if there is none.
  std::string_view Header(std::string_view name) const;
};

// How the body is coded, where it is not sent as it is: the first such Content-Encoding.
std::string_view CodingOf(const HttpRequest& request);

struct HttpReply {
  int status = 200;
  std::string body;
  std::optional<std::chrono::seconds> retry_after;
  const char* content_type = "application/json; charset=utf-8";
  const char* allow = nullptr;  // Of a 405: the methods that there are instead.
  // What it takes of the budget until it has been written; null: it is small, or not counted yet.
  std::shared_ptr<MemoryShare> memory = nullptr;
};

using ReplyFn = std::function<void(HttpReply)>;

}  // namespace treaty::api
