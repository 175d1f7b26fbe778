// The JSON-RPC entrance of protocol §2: the operations of the HTTP API, several in one request.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/handlers.h"
#include "api/http/message.h"
#include "engine/engine.h"
#include "wire/rpc_request.h"
#include "wire/txn_request.h"

namespace treaty::api {

class RpcReplies;

// Safe for concurrent use, as far as `make_gid` is.
class JsonRpc {
 public:
  using ReplyFn = std::function<void(HttpReply)>;

  // `config` and the engine outlive it.
  JsonRpc(const HandlerConfig& config, Engine& engine, std::function<std::string()> make_gid);

  // Answers with status 200 once, on any thread: errors are told in the body. The requests of a
  // batch are begun in their order and run side by side; the reply to the batch waits for all of
  // them. What `request.keep` is given must live, or there is no answer.
  void Handle(const HttpRequest& request, ReplyFn reply);

 private:
  // Where a response belongs. It may come when its client has gone, and is dropped then.
  struct Place {
    std::weak_ptr<RpcReplies> replies;
    std::shared_ptr<RpcReplies> owner;  // Null: the connection keeps them.
    std::size_t index;

    void PutResult(std::string_view result) const;
    void PutError(const wire::RpcError& error) const;
  };
  struct Exchange {
    const HttpRequest& http;
    const wire::RpcRequest& call;
    const Place place;
  };
  using Method = void (JsonRpc::*)(const Exchange&);

  static Method Find(std::string_view name);

  void Run(const Exchange& x);
  void MakeGid(const Exchange& x);
  void Prepare(const Exchange& x);
  void Submit(const Exchange& x);
  void Abort(const Exchange& x);
  void Register(const Exchange& x);
  void PrepareWorkflow(const Exchange& x);

  // Parses, sending the error itself when that fails.
  std::optional<TxnRequest> TakeTxn(const Exchange& x, wire::Intent intent);
  Engine::AnswerFn Answering(const Exchange& x);
  void Refuse(const Exchange& x, const Status& status);

  const HandlerConfig& config_;
  const wire::RequestRules rules_;
  Engine& engine_;
  const std::function<std::string()> make_gid_;
};

}  // namespace treaty::api
