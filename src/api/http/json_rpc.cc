// One small function per method; whether a request came alone or in a batch is known to none.

#include "api/http/json_rpc.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "api/http/reply.h"
#include "api/http/reply_memory.h"
#include "api/http/rpc_error.h"
#include "base/enough_memory.h"
#include "wire/json_text.h"
#include "wire/reply_size.h"
#include "wire/txn_reply.h"

namespace treaty::api {

// The responses of a batch, each in its request's place; the last to come sends them all.
class JsonRpc::Batch {
 public:
  Batch(std::size_t count, const HandlerConfig& config, ReplyFn reply)
      : config_(config),
        memory_(std::make_shared<MemoryShare>(config.memory)),
        responses_(count),
        missing_(count),
        reply_(std::move(reply)) {}

  // Takes room for a record of `bytes` among the responses: twice, as they are joined.
  Status Take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes > config_.max_rpc_reply_bytes - records_) {
      return {Code::kResourceExhausted,
              "the records of this batch are too large together (Limits.RpcReplyBytes); send this "
              "request again in a smaller one"};
    }
    if (!memory_->Grow(2 * (records_ + bytes))) {
      return {Code::kResourceExhausted, "too many large replies at once; try again later"};
    }
    records_ += bytes;
    return {};
  }

  void Put(std::size_t place, std::string response) {
    responses_[place] = std::move(response);
    if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) Reply();
  }

 private:
  void Reply() {
    auto joined = WithinMemory([this] { return Result<std::string>(Join()); });
    responses_.clear();
    if (!joined.ok()) return reply_(StatusReply(joined.status(), config_));
    HttpReply all = JsonReply(*std::move(joined));
    if (memory_->bytes() > 0) all.memory = memory_;
    reply_(std::move(all));
  }

  std::string Join() const {
    std::size_t bytes = 2;
    for (const std::string& one : responses_) bytes += one.size() + 1;
    std::string all;
    all.reserve(bytes);
    for (const std::string& one : responses_) all.append(all.empty() ? "[" : ",").append(one);
    all += ']';
    return all;
  }

  const HandlerConfig& config_;
  std::mutex mutex_;  // Guards the next two.
  std::size_t records_ = 0;
  const std::shared_ptr<MemoryShare> memory_;
  std::vector<std::string> responses_;
  std::atomic<std::size_t> missing_;
  ReplyFn reply_;
};

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
  if (!body.is_batch) {
    SendFn send = [reply = std::move(reply)](std::string response,
                                             std::shared_ptr<MemoryShare> memory) {
      HttpReply alone = JsonReply(std::move(response));
      alone.memory = std::move(memory);
      reply(std::move(alone));
    };
    return Run({request, body.requests.front(), send, nullptr});
  }
  const auto all = std::make_shared<Batch>(body.requests.size(), config_, std::move(reply));
  for (std::size_t i = 0; i < body.requests.size(); ++i) {
    SendFn send = [all, i](std::string response, const std::shared_ptr<MemoryShare>&) {
      all->Put(i, std::move(response));
    };
    Run({request, body.requests[i], send, all});
  }
}

void JsonRpc::Run(const Exchange& x) {
  if (x.call.trouble) return x.send(wire::RpcErrorReply(x.call.id, *x.call.trouble), nullptr);
  const Method method = Find(x.call.method);
  if (method == nullptr) {
    return x.send(wire::RpcErrorReply(x.call.id, UnknownMethod(x.call.method)), nullptr);
  }
  if (x.call.params.empty() && method != &JsonRpc::MakeGid) {
    return Refuse(x, {Code::kInvalidArgument, "params is missing; send an object"});
  }
  (this->*method)(x);
}

Engine::AnswerFn JsonRpc::Answering(const Exchange& x) {
  return [this, id = std::string(x.call.id), send = std::move(x.send)](const Answer& answer) {
    if (answer.kind == Answer::Kind::kSuccess)
      return send(wire::RpcResultReply(id, "null"), nullptr);
    send(wire::RpcErrorReply(id, RpcErrorOf(answer, config_)), nullptr);
  };
}

void JsonRpc::Refuse(const Exchange& x, const Status& status) {
  x.send(wire::RpcErrorReply(x.call.id, RefusalOf(status, config_)), nullptr);
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
  x.send(wire::RpcResultReply(x.call.id, gid), nullptr);
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
      [this, id = std::string(x.call.id), send = std::move(x.send), batch = x.batch](
          const Answer& answer, const std::optional<StoredTxn>& txn) {
        if (txn) return SendRecord(*txn, id, send, batch.get());
        send(wire::RpcErrorReply(id, RpcErrorOf(answer, config_)), nullptr);
      });
}

void JsonRpc::SendRecord(const StoredTxn& txn, const std::string& id, const SendFn& send,
                         Batch* batch) {
  const std::size_t most =
      2 * (wire::TxnReplyBytes(txn) + id.size());  // The record, and around it.
  std::shared_ptr<MemoryShare> memory;
  Status room;
  if (batch != nullptr) {
    room = batch->Take(most);
  } else {
    auto taken = TakeReplyMemory(most, config_.memory);
    room = taken.status();
    if (taken.ok()) memory = *std::move(taken);
  }
  if (!room.ok()) return send(wire::RpcErrorReply(id, RefusalOf(room, config_)), nullptr);
  auto text = WithinMemory([&] {
    return Result<std::string>(wire::RpcResultReply(id, wire::WorkflowReply(txn, config_.policy)));
  });
  if (!text.ok()) return send(wire::RpcErrorReply(id, RefusalOf(text.status(), config_)), nullptr);
  send(*std::move(text), std::move(memory));
}

}  // namespace treaty::api
