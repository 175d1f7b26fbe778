// The way in: requests as the JSON that a client sends, answers read from the status line.

#pragma once

#include <functional>
#include <string>

#include "api/http/handlers.h"
#include "core/request.h"

namespace treaty::sim {

// The request as JSON, every option spelled out.
std::string ToJson(const TxnRequest& request);

class Door {
 public:
  using AnswerFn = std::function<void(const Answer&)>;

  Door(Engine& engine, const Clock& clock, Random& random);

  // `action` is the last part of the path: "submit", "prepare", "forceStop", …
  void Post(const std::string& action, std::string json, AnswerFn answer);
  // Without a body; `target` is the whole path, with its parameters.
  void Send(const std::string& method, const std::string& target, AnswerFn answer);
  void Query(const std::string& gid, std::function<void(const api::HttpReply&)> done);

 private:
  api::Handlers handlers_;
};

}  // namespace treaty::sim
