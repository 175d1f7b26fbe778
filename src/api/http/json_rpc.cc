// One small function per method; whether a request came alone or in a batch is known to none.

#include "api/http/json_rpc.h"

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include "api/http/reply.h"
#include "api/http/rpc_error.h"
#include "api/http/rpc_replies.h"
#include "base/enough_memory.h"
#include "wire/json_text.h"

namespace treaty::api {

namespace {

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
  const auto read = WithinMemory([&] {
    return Result<wire::RpcBody>(wire::ReadRpcBody(request.body, config_.max_rpc_batch));
  });
  if (!read.ok()) {
    return reply(JsonReply(wire::RpcErrorReply("null", RefusalOf(read.status(), config_))));
  }
  const wire::RpcBody& body = *read;
  const auto all = std::make_shared<RpcReplies>(body, config_, std::move(reply));
  if (request.keep) request.keep(all);
  for (std::size_t i = 0; i < body.requests.size(); ++i) {
    Run({request, body.requests[i], {all, request.keep ? nullptr : all, i}});
  }
}

void JsonRpc::Run(const Exchange& x) {
  if (x.call.trouble) return x.place.PutError(*x.call.trouble);
  const Method method = Find(x.call.method);
  if (method == nullptr) return x.place.PutError(UnknownMethod(x.call.method));
  if (x.call.params.empty() && method != &JsonRpc::MakeGid) {
    return Refuse(x, {Code::kInvalidArgument, "params is missing; send an object"});
  }
  (this->*method)(x);
}

void JsonRpc::Place::PutResult(std::string_view result) const {
  if (const auto all = replies.lock()) all->PutResult(index, result);
}

void JsonRpc::Place::PutError(const wire::RpcError& error) const {
  if (const auto all = replies.lock()) all->PutError(index, error);
}

Engine::AnswerFn JsonRpc::Answering(const Exchange& x) {
  return [this, place = x.place](const Answer& answer) {
    if (answer.kind == Answer::Kind::kSuccess) return place.PutResult("null");
    place.PutError(RpcErrorOf(answer, config_));
  };
}

void JsonRpc::Refuse(const Exchange& x, const Status& status) {
  x.place.PutError(RefusalOf(status, config_));
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
  x.place.PutResult(gid);
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
      std::move(*request),
      [this, place = x.place](const Answer& answer, const std::optional<StoredTxn>& txn) {
        if (!txn) return place.PutError(RpcErrorOf(answer, config_));
        const auto all = place.replies.lock();
        if (!all) return;
        const Status room = all->Take(place.index, *txn);
        if (!room.ok()) return all->PutError(place.index, RefusalOf(room, config_));
        all->PutRecord(place.index, *txn);
      });
}

}  // namespace treaty::api
