// The routes of topics and of the entries they are kept in (protocol §8).

#pragma once

#include <string_view>

#include "api/http/handlers.h"
#include "api/http/target.h"
#include "engine/engine.h"

namespace treaty::api {

class Topics {
 public:
  using ReplyFn = Handlers::ReplyFn;

  // What the path of a DELETE begins with; the topic's name follows.
  static constexpr std::string_view kPath = "/api/dtmsvr/topic/";

  // Neither is owned; both outlive it.
  Topics(const HandlerConfig& config, Engine& engine) : config_(config), engine_(engine) {}

  void Subscribe(const Target& target, ReplyFn reply);
  void Unsubscribe(const Target& target, ReplyFn reply);
  void Delete(const Target& target, ReplyFn reply);
  void Query(const Target& target, ReplyFn reply);
  void Scan(const Target& target, ReplyFn reply);

 private:
  void Edit(Result<TopicEdit> edit, ReplyFn reply);

  const HandlerConfig& config_;
  Engine& engine_;
};

}  // namespace treaty::api
