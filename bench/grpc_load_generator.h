// Keeps a coordinator under a load of sagas by gRPC and counts every reply.

#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "grpc_load_options.h"
#include "load_generator.h"

namespace treaty::bench {

// A submission, encoded once; each use only puts in its own gid.
class GrpcSubmission {
 public:
  explicit GrpcSubmission(const GrpcLoadOptions& options);

  grpc::ByteBuffer Message(std::uint64_t number);

 private:
  std::string message_;
  std::size_t digits_at_ = 0;
};

// One thread, one completion queue. The first refusal ends the load: there must be none.
class GrpcLoadGenerator {
 public:
  explicit GrpcLoadGenerator(const GrpcLoadOptions& options);
  ~GrpcLoadGenerator();

  // False if nobody listens there. Call once.
  bool Run(LoadResult& out);

  // The first that was not OK.
  const grpc::Status& trouble() const { return trouble_; }

 private:
  struct Call;

  bool ConnectAll();
  void Poll();
  void Begin(Call& call);
  void OnReply(Call& call, std::int64_t now_ns);
  void StartPhase(std::int64_t now_ns);
  void EndPhase(std::int64_t now_ns);
  void GiveUp();

  GrpcLoadOptions options_;
  GrpcSubmission submission_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  std::vector<std::unique_ptr<Call>> calls_;
  grpc::Status trouble_;
  std::uint64_t sent_ = 0;
  std::uint64_t open_ = 0;
  bool measuring_ = false;
  bool ending_ = false;
  std::int64_t measured_since_ns_ = 0;
  LoadResult result_;
};

}  // namespace treaty::bench
