#include "api/grpc/grpc_server.h"

#include <grpc/compression.h>
#include <grpc/support/time.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "api/grpc/bind_trouble.h"
#include "base/hand_over.h"

namespace treaty::api {
namespace {

// Clients may ask as often whether the server lives.
constexpr int kLeastPingMs = 10'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kMostIdleMs = 600'000;
constexpr int kIdentityOnly = 1 << GRPC_COMPRESS_NONE;

gpr_timespec In(Duration time) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_millis(time.count(), GPR_TIMESPAN));
}

int Int(std::size_t value) { return static_cast<int>(value); }

std::string Endpoint(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

// Two processes on one port would each get some of the connections: the second must not start.
void SetArguments(const GrpcServerConfig& config, grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, Int(config.max_streams));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, Int(config.max_metadata_bytes));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS,
                             static_cast<int>(config.keepalive.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kMostIdleMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kLeastPingMs);
  // A few bytes may unpack to gigabytes: nothing is unpacked, and who sends what is packed is told.
  builder.AddChannelArgument(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, kIdentityOnly);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.SetMaxReceiveMessageSize(Int(config.max_message_bytes));
  builder.SetResourceQuota(grpc::ResourceQuota("treaty").Resize(config.max_memory_bytes));
}

// Linking the library's reflection is enough to have it in every server; this takes it out again.
class WithoutReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins,
                  [](const auto& plugin) { return plugin->name() == "proto_server_reflection"; });
  }
};

}  // namespace

class GrpcServer::Impl {
 public:
  Impl(GrpcServerConfig config, DtmService& dtm, HealthService& health)
      : config_(std::move(config)), dtm_(dtm), health_(health) {}

  ~Impl() {
    if (closing_.joinable()) closing_.join();
    if (!server_) return;
    health_.Close();
    server_->Shutdown(In(Duration(0)));
    hand_over::Take();
  }

  Result<std::uint16_t> Listen();
  void Close(Duration grace, std::function<void()> done);

 private:
  const GrpcServerConfig config_;
  DtmService& dtm_;
  HealthService& health_;
  std::unique_ptr<grpc::Server> server_;
  std::thread closing_;
};

Result<std::uint16_t> GrpcServer::Impl::Listen() {
  grpc::ServerBuilder builder;
  if (config_.reflection) {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  } else {
    builder.SetOption(std::make_unique<WithoutReflection>());
  }
  SetArguments(config_, builder);
  int port = 0;
  const std::string endpoint = Endpoint(config_.address, config_.port);
  builder.AddListeningPort(endpoint, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&dtm_.service());
  builder.RegisterService(&health_.service());
  server_ = builder.BuildAndStart();
  if (server_ && port > 0) return static_cast<std::uint16_t>(port);
  server_.reset();
  return Status(Code::kUnavailable, "cannot listen on " + endpoint +
                                        " for gRPC: " + WhyNotBound(config_.address, config_.port));
}

void GrpcServer::Impl::Close(Duration grace, std::function<void()> done) {
  health_.Close();
  closing_ = std::thread([this, grace, done = std::move(done)] {
    server_->Shutdown(In(grace));
    done();
  });
}

GrpcServer::GrpcServer(GrpcServerConfig config, DtmService& dtm, HealthService& health)
    : impl_(std::make_unique<Impl>(std::move(config), dtm, health)) {}

GrpcServer::~GrpcServer() = default;

Result<std::uint16_t> GrpcServer::Listen() {
  auto port = impl_->Listen();
  if (port.ok()) port_ = *port;
  return port;
}

void GrpcServer::Close(Duration grace, std::function<void()> done) {
  impl_->Close(grace, std::move(done));
}

}  // namespace treaty::api
