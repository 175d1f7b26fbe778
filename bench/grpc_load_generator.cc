// A reply begins the next call of its client at once.

#include "grpc_load_generator.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <optional>

namespace treaty::bench {
namespace {

constexpr double kNsPerSecond = 1e9;
constexpr const char* kSubmit = "/dtmgimp.Dtm/Submit";

std::int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::int64_t Ns(double seconds) { return static_cast<std::int64_t>(seconds * kNsPerSecond); }

gpr_timespec In(std::chrono::milliseconds time) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_millis(time.count(), GPR_TIMESPAN));
}

// Channels that are alike would share their connection.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& to) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(to, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

// A client, and the call it waits for.
struct GrpcLoadGenerator::Call {
  grpc::GenericStub* stub = nullptr;
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
  grpc::ByteBuffer reply;
  grpc::Status status;
  std::int64_t since_ns = 0;
};

GrpcLoadGenerator::GrpcLoadGenerator(const GrpcLoadOptions& options)
    : options_(options), submission_(options) {}

GrpcLoadGenerator::~GrpcLoadGenerator() {
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) continue;
}

bool GrpcLoadGenerator::Run(LoadResult& out) {
  if (!ConnectAll()) return false;
  const std::int64_t start = NowNs();
  const std::int64_t measure_from = start + Ns(options_.warmup);
  const std::int64_t measure_to = measure_from + Ns(options_.seconds);
  const std::int64_t give_up = measure_to + Ns(options_.timeout);
  for (const auto& call : calls_) Begin(*call);
  for (std::int64_t now = start; now < give_up && open_ > 0; now = NowNs()) {
    if (!measuring_ && !ending_ && now >= measure_from) StartPhase(now);
    if (!ending_ && now >= measure_to) EndPhase(now);
    Poll();
  }
  if (!ending_) EndPhase(NowNs());
  result_.unanswered = open_;
  GiveUp();
  out = result_;
  return true;
}

bool GrpcLoadGenerator::ConnectAll() {
  for (int i = 0; i < options_.connections; ++i) {
    const auto channel = MakeChannel(options_.url);
    if (!channel->WaitForConnected(In(std::chrono::seconds(5)))) return false;
    stubs_.push_back(std::make_unique<grpc::GenericStub>(channel));
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(options_.clients); ++i) {
    calls_.push_back(std::make_unique<Call>());
    calls_.back()->stub = stubs_[i % stubs_.size()].get();
  }
  return true;
}

void GrpcLoadGenerator::Begin(Call& call) {
  call.since_ns = NowNs();
  ++open_;
  call.context.emplace();
  call.reader =
      call.stub->PrepareUnaryCall(&*call.context, kSubmit, submission_.Message(++sent_), &queue_);
  call.reader->StartCall();
  call.reader->Finish(&call.reply, &call.status, &call);
}

void GrpcLoadGenerator::Poll() {
  void* tag = nullptr;
  bool ok = false;
  if (queue_.AsyncNext(&tag, &ok, In(std::chrono::milliseconds(10))) !=
      grpc::CompletionQueue::GOT_EVENT) {
    return;
  }
  OnReply(*static_cast<Call*>(tag), NowNs());
}

void GrpcLoadGenerator::OnReply(Call& call, std::int64_t now_ns) {
  --open_;
  call.reader.reset();
  if (measuring_) {
    ++result_.by_status[call.status.error_code()];
    if (call.status.ok()) ++result_.succeeded;
    result_.latency.Add(now_ns - call.since_ns);
  }
  if (!call.status.ok() && trouble_.ok()) {
    trouble_ = call.status;
    if (!ending_) EndPhase(now_ns);
  }
  if (!ending_) Begin(call);
}

void GrpcLoadGenerator::StartPhase(std::int64_t now_ns) {
  measuring_ = true;
  measured_since_ns_ = now_ns;
  if (options_.pid > 0) result_.before = ReadProcessStats(options_.pid);
}

void GrpcLoadGenerator::EndPhase(std::int64_t now_ns) {
  ending_ = true;
  if (measuring_) result_.seconds = static_cast<double>(now_ns - measured_since_ns_) / kNsPerSecond;
  measuring_ = false;
  result_.after = options_.pid > 0 ? ReadProcessStats(options_.pid) : ProcessStats();
}

// What is left ends by itself once it is cancelled.
void GrpcLoadGenerator::GiveUp() {
  for (const auto& call : calls_) {
    if (call->reader) call->context->TryCancel();
  }
  while (open_ > 0) Poll();
}

}  // namespace treaty::bench
