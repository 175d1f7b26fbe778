// One small function per method; whether a request came alone or in a batch is known to none.

#include "api/http/json_rpc.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "api/http/reply.h"
#include "api/http/rpc_error.h"
#include "base/enough_memory.h"
#include "wire/json_text.h"
#include "wire/txn_reply.h"

namespace treaty::api {
namespace {

// The responses of a batch, each in its request's place; the last to come sends them all.
class Gathering {
 public:
  Gathering(std::size_t count, JsonRpc::ReplyFn reply)
      : responses_(count), missing_(count), reply_(std::move(reply)) {}

  void Put(std::size_t place, std::string response) {
    responses_[place] = std::move(response);
    if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) reply_(JsonReply(Join()));
  }

 private:
  std::string Join() const {
    std::string all;
    for (const std::string& one : responses_) all.append(all.empty() ? "[" : ",").append(one);
    return all += ']';
  }

  std::vector<std::string> responses_;
  std::atomic<std::size_t> missing_;
  JsonRpc::ReplyFn reply_;
};

wire::RequestRules RpcRules(const HandlerConfig& config) {
  wire::RequestRules rules = RulesOf(config);
  rules.document = "params";
  return rules;
}

}  // namespace

JsonRpc::JsonRpc(const HandlerConfig& config, Engine& engine, std::function<std::string()> make_gid)
    : config_(config), rules_(RpcRules(config)), engine_(engine), make_gid_(std::move(make_gid)) {}

JsonRpc::Method JsonRpc::Find(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Method>, 6> kMethods = {{
      {"submit", &JsonRpc::Submit},
      {"prepare", &JsonRpc::Prepare},
      {"registerBranch", &JsonRpc::Register},
      {"newGid", &JsonRpc::MakeGid},
      {"abort", &JsonRpc::Abort},
      {"prepareWorkflow", &JsonRpc::PrepareWorkflow},
  }};
  for (const auto& [known, method] : kMethods) {
    if (known == name) return method;
  }
  return nullptr;
}

void JsonRpc::Handle(const HttpRequest& request, ReplyFn reply) {
  const wire::RpcBody body = wire::ReadRpcBody(request.body, config_.max_rpc_batch);
  if (!body.is_batch) {
    SendFn send = [reply = std::move(reply)](std::string response) {
      reply(JsonReply(std::move(response)));
    };
    return Run({request, body.requests.front(), send});
  }
  const auto all = std::make_shared<Gathering>(body.requests.size(), std::move(reply));
  for (std::size_t i = 0; i < body.requests.size(); ++i) {
    SendFn send = [all, i](std::string response) { all->Put(i, std::move(response)); };
    Run({request, body.requests[i], send});
  }
}

void JsonRpc::Run(const Exchange& x) {
  if (x.call.trouble) return x.send(wire::RpcErrorReply(x.call.id, *x.call.trouble));
  const Method method = Find(x.call.method);
  if (method == nullptr) {
    return x.send(wire::RpcErrorReply(x.call.id, UnknownMethod(x.call.method)));
  }
  if (x.call.params.empty() && method != &JsonRpc::MakeGid) {
    return Refuse(x, {Code::kInvalidArgument, "params is missing; send an object"});
  }
  (this->*method)(x);
}

Engine::AnswerFn JsonRpc::Answering(const Exchange& x) {
  return [this, id = std::string(x.call.id), send = std::move(x.send)](const Answer& answer) {
    if (answer.kind == Answer::Kind::kSuccess) return send(wire::RpcResultReply(id, "null"));
    send(wire::RpcErrorReply(id, RpcErrorOf(answer, config_)));
  };
}

void JsonRpc::Refuse(const Exchange& x, const Status& status) {
  x.send(wire::RpcErrorReply(x.call.id, RefusalOf(status, config_)));
}

std::optional<TxnRequest> JsonRpc::TakeTxn(const Exchange& x, wire::Intent intent) {
  const auto header = [&x](std::string_view name) { return x.http.Header(name); };
  auto parsed =
      WithinMemory([&] { return wire::ParseTxnRequest(x.call.params, rules_, header, intent); });
  if (!parsed.ok()) {
    Refuse(x, parsed.status());
    return std::nullopt;
  }
  if (config_.leniency) config_.leniency->Note(*parsed);
  return std::move(*parsed);
}

void JsonRpc::MakeGid(const Exchange& x) {
  std::string gid;
  wire::ObjectWriter object(gid);
  object.String("gid", make_gid_());
  object.Close();
  x.send(wire::RpcResultReply(x.call.id, gid));
}

void JsonRpc::Prepare(const Exchange& x) {
  if (auto request = TakeTxn(x, wire::Intent::kPrepare)) {
    engine_.Prepare(std::move(*request), Answering(x));
  }
}

void JsonRpc::Submit(const Exchange& x) {
  auto request = TakeTxn(x, wire::Intent::kSubmit);
  if (!request) return;
  if (!request->ended) return engine_.Submit(std::move(*request), Answering(x));
  engine_.EndWorkflow({request->body->gid, std::move(*request->ended)}, Answering(x));
}

void JsonRpc::Abort(const Exchange& x) {
  auto request = WithinMemory([&] { return wire::ParseAbortRequest(x.call.params, rules_); });
  if (!request.ok()) return Refuse(x, request.status());
  if (config_.leniency) config_.leniency->Note(*request);
  engine_.Abort(std::move(*request), Answering(x));
}

void JsonRpc::Register(const Exchange& x) {
  auto request =
      WithinMemory([&] { return wire::ParseRegisterRequest(x.call.params, rules_, ""); });
  if (!request.ok()) return Refuse(x, request.status());
  engine_.Register(std::move(*request), Answering(x));
}

void JsonRpc::PrepareWorkflow(const Exchange& x) {
  auto request = TakeTxn(x, wire::Intent::kPrepareWorkflow);
  if (!request) return;
  engine_.PrepareWorkflow(
      std::move(*request), [this, id = std::string(x.call.id), send = std::move(x.send)](
                               const Answer& answer, const std::optional<StoredTxn>& txn) {
        if (!txn) return send(wire::RpcErrorReply(id, RpcErrorOf(answer, config_)));
        send(wire::RpcResultReply(id, wire::WorkflowReply(*txn, config_.policy)));
      });
}

}  // namespace treaty::api
