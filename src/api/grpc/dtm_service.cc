// Messages are taken as bytes, so that what is malformed gets an answer with words in it.

#include "api/grpc/dtm_service.h"

#include <dtmgimp/dtm.grpc.pb.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "api/gid_maker.h"
#include "api/grpc/grpc_status.h"
#include "api/grpc/unary_call.h"
#include "base/enough_memory.h"
#include "base/hand_over.h"
#include "base/memory_budget.h"
#include "wire/grpc/messages.h"
#include "wire/grpc_metadata.h"

namespace treaty::api {
namespace {

using dtmgimp::Dtm;
using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::StatusCode;

// The generated service with every method in its form for bytes.
template <typename Base>
using RawTopics = Dtm::WithRawCallbackMethod_Subscribe<
    Dtm::WithRawCallbackMethod_Unsubscribe<Dtm::WithRawCallbackMethod_DeleteTopic<Base>>>;
template <typename Base>
using RawBranches = Dtm::WithRawCallbackMethod_RegisterBranch<
    Dtm::WithRawCallbackMethod_PrepareWorkflow<Dtm::WithRawCallbackMethod_NewGid<Base>>>;
template <typename Base>
using RawTxns = Dtm::WithRawCallbackMethod_Submit<
    Dtm::WithRawCallbackMethod_Prepare<Dtm::WithRawCallbackMethod_Abort<Base>>>;
using RawDtm = RawTxns<RawBranches<RawTopics<Dtm::Service>>>;

enum Method : std::size_t {
  kNewGid,
  kSubmit,
  kPrepare,
  kAbort,
  kRegisterBranch,
  kPrepareWorkflow,
  kSubscribe,
  kUnsubscribe,
  kDeleteTopic,
  kMethodCount
};
constexpr std::array<std::string_view, kMethodCount> kMethodNames = {
    "NewGid",          "Submit",    "Prepare",     "Abort",      "RegisterBranch",
    "PrepareWorkflow", "Subscribe", "Unsubscribe", "DeleteTopic"};

// Up to here an answer is part of what a call costs.
constexpr std::size_t kSmallReply = 16 << 10;

// What a call is answered with, and what that takes of the budget; null for a small one.
struct Reply {
  Reply(const char* text = "") : bytes(text) {}                          // NOLINT
  Reply(std::string text, std::shared_ptr<MemoryShare> share = nullptr)  // NOLINT
      : bytes(std::move(text)), memory(std::move(share)) {}
  std::string bytes;
  std::shared_ptr<MemoryShare> memory;
};

// One call. Whoever is to answer it keeps it, be the client there or not.
class Exchange final : public UnaryCall {
 public:
  Exchange(std::shared_ptr<CallPlaces> calls, CallbackServerContext& context, ByteBuffer& request,
           ByteBuffer& reply)
      : UnaryCall(std::move(calls), context), reply_(reply) {
    readable_ = request.DumpToSingleSlice(&message_).ok();
    request.Clear();  // gRPC would keep it until OnDone.
  }

  bool readable() const { return readable_; }
  std::string_view message() const {
    return {reinterpret_cast<const char*>(message_.begin()), message_.size()};
  }

  // From here on there is none. Whoever waits for the answer keeps this object, and would keep a
  // message that nobody counts.
  void DropMessage() { message_ = grpc::Slice(); }

  // The client's metadata of that name, in any letter case.
  std::string_view Metadata(std::string_view name) const {
    const auto found = context().client_metadata().find(wire::MetadataKey(name));
    if (found == context().client_metadata().end()) return {};
    return {found->second.data(), found->second.length()};
  }

  // Why nothing is to be done for this call any more.
  grpc::Status Trouble() const {
    if (context().IsCancelled()) return Gone();
    const gpr_timespec left =
        gpr_time_sub(context().raw_deadline(), gpr_now(context().raw_deadline().clock_type));
    if (gpr_time_cmp(left, gpr_time_0(GPR_TIMESPAN)) > 0) return grpc::Status::OK;
    return {StatusCode::DEADLINE_EXCEEDED, "the call's deadline had passed when it came"};
  }

  void End(const grpc::Status& status, Reply reply, Duration retry_after) {
    EndOnce(status, [&] {
      if (IsBusy(status)) {
        context().AddTrailingMetadata("grpc-retry-pushback-ms",
                                      std::to_string(retry_after.count()));
      }
      const grpc::Slice slice(reply.bytes);
      reply_ = ByteBuffer(&slice, 1);
      memory_ = std::move(reply.memory);
    });
  }

 private:
  void Forget() override { memory_.reset(); }

  ByteBuffer& reply_;  // gRPC's, until OnDone.
  grpc::Slice message_;
  bool readable_ = false;
  std::shared_ptr<MemoryShare> memory_;
};

// Ends the call, with a reply if the status is OK.
using EndFn = std::function<void(const grpc::Status&, Reply)>;

}  // namespace

class DtmService::Impl final : public RawDtm {
 public:
  Impl(DtmServiceConfig config, Engine& engine, const Clock& clock, Random& random)
      : config_(std::move(config)),
        engine_(engine),
        gids_(clock, random),
        calls_(std::make_shared<CallPlaces>(config_.write_timeout)),
        replies_(std::make_shared<MemoryBudget>(config_.max_reply_bytes)) {
    wire::QuietProtobuf();
    for (std::size_t i = 0; i < kMethodCount; ++i) {
      meters_[i] = &config_.meters->Of("grpc", kMethodNames[i]);
    }
  }

  void Open() { open_ = true; }

  ServerUnaryReactor* NewGid(CallbackServerContext* context, const ByteBuffer* request,
                             ByteBuffer* reply) override {
    return Serve(kNewGid, {context, request, reply}, &Impl::MakeGid);
  }
  ServerUnaryReactor* Submit(CallbackServerContext* context, const ByteBuffer* request,
                             ByteBuffer* reply) override {
    return Serve(kSubmit, {context, request, reply}, &Impl::SubmitTxn);
  }
  ServerUnaryReactor* Prepare(CallbackServerContext* context, const ByteBuffer* request,
                              ByteBuffer* reply) override {
    return Serve(kPrepare, {context, request, reply}, &Impl::PrepareTxn);
  }
  ServerUnaryReactor* Abort(CallbackServerContext* context, const ByteBuffer* request,
                            ByteBuffer* reply) override {
    return Serve(kAbort, {context, request, reply}, &Impl::AbortTxn);
  }
  ServerUnaryReactor* RegisterBranch(CallbackServerContext* context, const ByteBuffer* request,
                                     ByteBuffer* reply) override {
    return Serve(kRegisterBranch, {context, request, reply}, &Impl::Register);
  }
  ServerUnaryReactor* PrepareWorkflow(CallbackServerContext* context, const ByteBuffer* request,
                                      ByteBuffer* reply) override {
    return Serve(kPrepareWorkflow, {context, request, reply}, &Impl::BeginWorkflow);
  }
  ServerUnaryReactor* Subscribe(CallbackServerContext* context, const ByteBuffer* request,
                                ByteBuffer* reply) override {
    return Serve(kSubscribe, {context, request, reply}, &Impl::EditTopic<Kind::kSubscribe>);
  }
  ServerUnaryReactor* Unsubscribe(CallbackServerContext* context, const ByteBuffer* request,
                                  ByteBuffer* reply) override {
    return Serve(kUnsubscribe, {context, request, reply}, &Impl::EditTopic<Kind::kUnsubscribe>);
  }
  ServerUnaryReactor* DeleteTopic(CallbackServerContext* context, const ByteBuffer* request,
                                  ByteBuffer* reply) override {
    return Serve(kDeleteTopic, {context, request, reply}, &Impl::EditTopic<Kind::kDelete>);
  }

 private:
  using Kind = TopicEdit::Kind;
  struct Raw {
    CallbackServerContext* context;
    const ByteBuffer* request;
    ByteBuffer* reply;
  };
  struct Asked {
    const Exchange& exchange;
    EndFn end;
  };
  using Handle = void (Impl::*)(const Asked&);

  ServerUnaryReactor* Serve(Method method, const Raw& raw, Handle handle);
  grpc::Status Admit(const Exchange& exchange) const;
  EndFn Ending(Method method, const std::shared_ptr<Exchange>& exchange);
  Engine::AnswerFn Answering(EndFn end) const;

  void MakeGid(const Asked& asked);
  void SubmitTxn(const Asked& asked);
  void PrepareTxn(const Asked& asked);
  void AbortTxn(const Asked& asked);
  void Register(const Asked& asked);
  void BeginWorkflow(const Asked& asked);
  void Show(const StoredTxn& txn, const EndFn& end) const;
  template <TopicEdit::Kind kKind>
  void EditTopic(const Asked& asked);

  Result<TxnRequest> ParseTxn(const Asked& asked, wire::Intent intent) const;
  static void Refuse(const Asked& asked, const Status& status) {
    asked.end(GrpcStatusOf(status), "");
  }

  const DtmServiceConfig config_;
  Engine& engine_;
  GidMaker gids_;
  std::array<RouteMeters*, kMethodCount> meters_{};
  std::atomic<bool> open_{false};
  const std::shared_ptr<CallPlaces> calls_;
  const std::shared_ptr<MemoryBudget> replies_;
};

ServerUnaryReactor* DtmService::Impl::Serve(Method method, const Raw& raw, Handle handle) {
  hand_over::Give();
  auto& message = const_cast<ByteBuffer&>(*raw.request);  // gRPC made it not const.
  const auto exchange = std::make_shared<Exchange>(calls_, *raw.context, message, *raw.reply);
  exchange->Begin();
  const Asked asked{*exchange, Ending(method, exchange)};
  const grpc::Status trouble = Admit(*exchange);
  if (trouble.ok()) {
    (this->*handle)(asked);
  } else {
    asked.end(trouble, "");
  }
  exchange->DropMessage();
  return exchange.get();
}

grpc::Status DtmService::Impl::Admit(const Exchange& exchange) const {
  if (!open_) return {StatusCode::UNAVAILABLE, "the coordinator is starting"};
  if (calls_->count > config_.max_calls) {
    return {StatusCode::RESOURCE_EXHAUSTED, "too many calls under way; at most " +
                                                std::to_string(config_.max_calls) +
                                                " (Grpc.MaxCalls)"};
  }
  if (!exchange.readable()) return {StatusCode::INVALID_ARGUMENT, "the message is unreadable"};
  return exchange.Trouble();
}

EndFn DtmService::Impl::Ending(Method method, const std::shared_ptr<Exchange>& exchange) {
  return [this, &meters = *meters_[method], exchange, begun = RouteMeters::Steady::now()](
             const grpc::Status& status, Reply reply) {
    meters.Count(status.ok(), begun);
    exchange->End(status, std::move(reply), config_.retry_after);
  };
}

Engine::AnswerFn DtmService::Impl::Answering(EndFn end) const {
  return [end = std::move(end), old = config_.wait_result_409](const Answer& answer) {
    end(AnswerStatus(answer, old), "");
  };
}

Result<TxnRequest> DtmService::Impl::ParseTxn(const Asked& asked, wire::Intent intent) const {
  const auto metadata = [&](std::string_view name) { return asked.exchange.Metadata(name); };
  auto parsed = WithinMemory([&] {
    return wire::ParseTxnMessage(asked.exchange.message(), config_.rules, metadata, intent);
  });
  if (parsed.ok() && config_.leniency) config_.leniency->Note(*parsed);
  return parsed;
}

void DtmService::Impl::MakeGid(const Asked& asked) {
  const Status status =
      WithinMemory([&] { return wire::CheckEmptyMessage(asked.exchange.message()); });
  if (!status.ok()) return Refuse(asked, status);
  asked.end(grpc::Status::OK, wire::WriteGidReply(gids_.Make()));
}

void DtmService::Impl::SubmitTxn(const Asked& asked) {
  auto request = ParseTxn(asked, wire::Intent::kSubmit);
  if (!request.ok()) return Refuse(asked, request.status());
  if (!request->ended) return engine_.Submit(*std::move(request), Answering(asked.end));
  engine_.EndWorkflow({request->body->gid, *std::move(request->ended)}, Answering(asked.end));
}

void DtmService::Impl::PrepareTxn(const Asked& asked) {
  auto request = ParseTxn(asked, wire::Intent::kPrepare);
  if (!request.ok()) return Refuse(asked, request.status());
  engine_.Prepare(*std::move(request), Answering(asked.end));
}

void DtmService::Impl::AbortTxn(const Asked& asked) {
  auto request = WithinMemory(
      [&] { return wire::ParseAbortMessage(asked.exchange.message(), config_.rules); });
  if (!request.ok()) return Refuse(asked, request.status());
  if (config_.leniency) config_.leniency->Note(*request);
  engine_.Abort(*std::move(request), Answering(asked.end));
}

void DtmService::Impl::Register(const Asked& asked) {
  auto request = WithinMemory(
      [&] { return wire::ParseBranchMessage(asked.exchange.message(), config_.rules); });
  if (!request.ok()) return Refuse(asked, request.status());
  engine_.Register(*std::move(request), Answering(asked.end));
}

void DtmService::Impl::BeginWorkflow(const Asked& asked) {
  auto request = ParseTxn(asked, wire::Intent::kPrepareWorkflow);
  if (!request.ok()) return Refuse(asked, request.status());
  engine_.PrepareWorkflow(
      *std::move(request),
      [this, end = asked.end](const Answer& answer, const std::optional<StoredTxn>& txn) {
        if (txn) return Show(*txn, end);
        end(AnswerStatus(answer, config_.wait_result_409), "");
      });
}

void DtmService::Impl::Show(const StoredTxn& txn, const EndFn& end) const {
  const std::size_t most = wire::ProgressesReplyBytes(txn);
  std::shared_ptr<MemoryShare> memory;
  if (most > kSmallReply) memory = std::make_shared<MemoryShare>(replies_);
  if (memory && !memory->Grow(most)) {
    return end({StatusCode::RESOURCE_EXHAUSTED, "too many large replies at once; try again later"},
               "");
  }
  auto bytes = WithinMemory([&] { return Result<std::string>(wire::WriteProgressesReply(txn)); });
  if (!bytes.ok()) return end(GrpcStatusOf(bytes.status()), "");
  end(grpc::Status::OK, {*std::move(bytes), std::move(memory)});
}

template <TopicEdit::Kind kKind>
void DtmService::Impl::EditTopic(const Asked& asked) {
  auto edit = WithinMemory([&] {
    return wire::ParseTopicMessage(asked.exchange.message(), kKind, config_.rules.targets);
  });
  if (!edit.ok()) return Refuse(asked, edit.status());
  engine_.EditTopic(*std::move(edit), Answering(asked.end));
}

DtmService::DtmService(DtmServiceConfig config, Engine& engine, const Clock& clock, Random& random)
    : impl_(std::make_unique<Impl>(std::move(config), engine, clock, random)) {}

DtmService::~DtmService() = default;

grpc::Service& DtmService::service() { return *impl_; }
void DtmService::Open() { impl_->Open(); }

}  // namespace treaty::api
