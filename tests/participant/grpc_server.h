// A gRPC participant that takes any method, notes what came, and answers what the test says.

#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/hand_over.h"

namespace treaty::test {

struct GrpcCall {
  std::string method;
  std::multimap<std::string, std::string> metadata;
  std::string message;
};

class GrpcServer {
 public:
  // Answers a call; returns nothing for one that is to be held until the server ends.
  using Script = std::function<grpc::Status(const GrpcCall&)>;

  static grpc::Status Fine(const GrpcCall&) { return grpc::Status::OK; }

  // `endpoint`: "127.0.0.1:0" takes any free port.
  explicit GrpcServer(
      Script script = Fine, const std::string& endpoint = "127.0.0.1:0",
      std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials())
      : service_(*this), script_(std::move(script)) {
    grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort(endpoint, std::move(credentials), &port_);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    if (!server_) std::abort();  // No such address here, or the port is taken.
  }

  // Calls that are about to end do so by themselves: the library is not sound where it cancels one
  // that is being finished.
  ~GrpcServer() {
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
    hand_over::Take();
  }
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& method = "bank.Bank/Out") const {
    return "127.0.0.1:" + std::to_string(port_) + "/" + method;
  }

  // Sent with every answer; to be set before the first call.
  std::multimap<std::string, std::string> trailers;

  std::vector<GrpcCall> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  // Ends when its client does: for calls that are never to be answered.
  static constexpr const char* kHold = "hold";

  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    Reactor(GrpcServer& server, grpc::GenericCallbackServerContext& context)
        : server_(server), context_(context) {
      call_.method = context.method();
      for (const auto& [key, value] : context.client_metadata()) {
        call_.metadata.emplace(std::string(key.data(), key.size()),
                               std::string(value.data(), value.size()));
      }
      hand_over::Give();
      StartRead(&request_);
    }
    void OnReadDone(bool ok) override {
      hand_over::Take();
      if (!ok) return End(grpc::Status(grpc::StatusCode::CANCELLED, "no message"));
      grpc::Slice slice;
      request_.DumpToSingleSlice(&slice);
      call_.message.assign(reinterpret_cast<const char*>(slice.begin()), slice.size());
      const grpc::Status status = server_.Answer(call_);
      if (status.error_message() == kHold) return;
      if (!status.ok()) return End(status);
      const grpc::Slice reply(std::string("whatever"));
      reply_ = grpc::ByteBuffer(&reply, 1);
      if (ended_.exchange(true)) return;
      AddTrailers();
      hand_over::Give();
      StartWriteAndFinish(&reply_, grpc::WriteOptions(), status);
    }
    void OnCancel() override {
      hand_over::Take();
      End(grpc::Status::CANCELLED);
    }
    void OnDone() override {
      hand_over::Take();
      delete this;
    }

   private:
    void End(const grpc::Status& status) {
      if (ended_.exchange(true)) return;
      AddTrailers();
      hand_over::Give();
      Finish(status);
    }
    void AddTrailers() {
      for (const auto& [key, value] : server_.trailers) context_.AddTrailingMetadata(key, value);
    }

    GrpcServer& server_;
    grpc::GenericCallbackServerContext& context_;
    GrpcCall call_;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer reply_;
    std::atomic<bool> ended_{false};
  };

  class Service final : public grpc::CallbackGenericService {
   public:
    explicit Service(GrpcServer& server) : server_(server) {}
    grpc::ServerGenericBidiReactor* CreateReactor(
        grpc::GenericCallbackServerContext* context) override {
      return new Reactor(server_, *context);  // Deletes itself.
    }

   private:
    GrpcServer& server_;
  };

  grpc::Status Answer(const GrpcCall& call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
    return script_(call);
  }

 public:
  // Never answered.
  static grpc::Status Hold(const GrpcCall&) { return {grpc::StatusCode::UNKNOWN, kHold}; }

 private:
  Service service_;
  const Script script_;
  mutable std::mutex mutex_;
  std::vector<GrpcCall> calls_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace treaty::test
