// treaty_grpc_participant: a service for benchmarks that says OK to every call, fast.

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

namespace {

// One call, from waiting for it to its end; then it makes room for the next.
class Call {
 public:
  Call(grpc::AsyncGenericService& service, grpc::ServerCompletionQueue& queue)
      : service_(service), queue_(queue), stream_(&context_) {
    service_.RequestCall(&context_, &stream_, &queue_, &queue_, this);
  }

  // What was begun last is done; false where the client is gone.
  void Continue(bool ok) {
    if (!ok || stage_ == Stage::kAnswering) return delete this;
    if (stage_ == Stage::kWaiting) {
      stage_ = Stage::kReading;
      new Call(service_, queue_);
      return stream_.Read(&message_, this);
    }
    stage_ = Stage::kAnswering;
    const grpc::Slice empty;
    message_ = grpc::ByteBuffer(&empty, 1);
    stream_.WriteAndFinish(message_, grpc::WriteOptions(), grpc::Status::OK, this);
  }

 private:
  enum class Stage { kWaiting, kReading, kAnswering };

  grpc::AsyncGenericService& service_;
  grpc::ServerCompletionQueue& queue_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
  grpc::ByteBuffer message_;
  Stage stage_ = Stage::kWaiting;
};

// One thread is cheaper than the hand-overs between several. Runs until the process is killed.
void Serve(grpc::AsyncGenericService& service, grpc::ServerCompletionQueue& queue) {
  constexpr int kWaiting = 256;
  for (int i = 0; i < kWaiting; ++i) new Call(service, queue);
  void* call = nullptr;
  bool ok = false;
  while (queue.Next(&call, &ok)) static_cast<Call*>(call)->Continue(ok);
}

}  // namespace

int main(int argc, char** argv) {
  std::string host = "127.0.0.1";
  int port = 0;
  CLI::App app("A gRPC participant that answers as cheaply as possible");
  app.add_option("--host", host, "Address to listen on");
  app.add_option("--port", port, "Port; 0 takes any free one")->check(CLI::Range(0, 65'535));
  CLI11_PARSE(app, argc, argv);

  grpc::AsyncGenericService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(host + ":" + std::to_string(port), grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterAsyncGenericService(&service);
  const auto queue = builder.AddCompletionQueue();
  const auto server = builder.BuildAndStart();
  if (!server || port == 0) {
    std::fprintf(stderr, "treaty_grpc_participant: cannot listen on %s\n", host.c_str());
    return 1;
  }
  std::printf("%s:%d\n", host.c_str(), port);
  std::fflush(stdout);
  Serve(service, *queue);
  return 0;
}
