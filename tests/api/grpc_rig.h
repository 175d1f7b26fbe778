// The gRPC server on a real port, over the engine of ServerRig, and clients of it.

#pragma once

#include <dtmgimp/dtm.grpc.pb.h>
#include <grpc/health/v1/health.grpc.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "api/grpc/grpc_server.h"
#include "api/server_rig.h"
#include "base/hand_over.h"

namespace treaty::testing {

using dtmgimp::DtmBranchRequest;
using dtmgimp::DtmGidReply;
using dtmgimp::DtmProgressesReply;
using dtmgimp::DtmRequest;
using dtmgimp::DtmTopicRequest;
using grpc::StatusCode;
using Empty = google::protobuf::Empty;

struct GrpcRigOptions {
  api::DtmServiceConfig service = {};
  api::GrpcServerConfig server = {};
  api::HealthConfig health = {};  // Asks the engine where it has nobody else to ask.
  bool open = true;
};

class GrpcRig {
 public:
  using Options = GrpcRigOptions;

  explicit GrpcRig(Options options = {}) {
    options.service.rules.targets.allow_loopback = true;
    options.service.meters = meters;
    dtm = std::make_unique<api::DtmService>(options.service, base.engine(), base.clock(), random_);
    if (!options.health.check_ready) {
      options.health.check_ready = [this](std::function<void(Status)> done) {
        base.engine().CheckReady(std::move(done));
      };
    }
    options.health.watch_period = std::chrono::milliseconds(5);
    health = std::make_unique<api::HealthService>(options.health, base.loop());
    server = std::make_unique<api::GrpcServer>(options.server, *dtm, *health);
    const auto bound = server->Listen();
    TREATY_CHECK(bound.ok());
    port = *bound;
    if (options.open) Open();
    channel = Connect();
    stub = dtmgimp::Dtm::NewStub(channel);
  }

  void Open() {
    dtm->Open();
    health->Open();
  }

  // With connections of its own.
  std::shared_ptr<grpc::Channel> Connect(grpc::ChannelArguments arguments = {}) const {
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                     grpc::InsecureChannelCredentials(), arguments);
  }

  grpc::Status Submit(const DtmRequest& request) { return Call(&Stub::Submit, request); }
  grpc::Status Prepare(const DtmRequest& request) { return Call(&Stub::Prepare, request); }
  grpc::Status Abort(const DtmRequest& request) { return Call(&Stub::Abort, request); }
  grpc::Status Register(const DtmBranchRequest& request) {
    return Call(&Stub::RegisterBranch, request);
  }
  grpc::Status Subscribe(const DtmTopicRequest& request) { return Call(&Stub::Subscribe, request); }

  grpc::Status PrepareWorkflow(const DtmRequest& request, DtmProgressesReply& reply) {
    grpc::ClientContext context;
    return stub->PrepareWorkflow(&context, request, &reply);
  }

  // Sends bytes as the message of any method.
  grpc::Status CallRaw(const std::string& method, const std::string& bytes) const {
    grpc::ClientContext context;
    const grpc::Slice slice(bytes);
    grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer reply;
    std::promise<grpc::Status> ended;
    std::function<void(grpc::Status)> report = [&](const grpc::Status& status) {
      hand_over::Take();
      ended.set_value(status);
    };
    hand_over::Give();
    grpc::GenericStub(channel).UnaryCall(&context, method, grpc::StubOptions(), &request, &reply,
                                         std::move(report));
    return ended.get_future().get();
  }

  // What is stored of a gid; nothing for an unknown one.
  std::optional<StoredTxn> Stored(const std::string& gid) {
    std::promise<std::optional<StoredTxn>> found;
    base.engine().Query(gid, [&](const Result<std::optional<StoredTxn>>& result) {
      found.set_value(result.ok() ? *result : std::nullopt);
    });
    return found.get_future().get();
  }

  ServerRig base;
  const std::shared_ptr<api::ApiMeters> meters = std::make_shared<api::ApiMeters>();
  std::uint16_t port = 0;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<dtmgimp::Dtm::Stub> stub;
  std::unique_ptr<api::DtmService> dtm;
  std::unique_ptr<api::HealthService> health;
  std::unique_ptr<api::GrpcServer> server;

 private:
  using Stub = dtmgimp::Dtm::Stub;

  template <typename Request>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Empty*),
                    const Request& request) {
    grpc::ClientContext context;
    Empty reply;
    return (stub.get()->*method)(&context, request, &reply);
  }

  Counter random_{9};
};

// A request with the fields that every one has.
inline DtmRequest Txn(const std::string& gid, const std::string& type) {
  DtmRequest request;
  request.set_gid(gid);
  request.set_transtype(type);
  return request;
}

// A saga with one step per action, each compensated at "a:1/Bank/Undo".
inline DtmRequest Saga(const std::string& gid, const std::vector<std::string>& actions) {
  DtmRequest request = Txn(gid, "saga");
  std::string steps;
  for (const std::string& action : actions) {
    steps += (steps.empty() ? "" : ",") +
             (R"({"action":"a:1/Bank/)" + action + R"(","compensate":"a:1/Bank/Undo"})");
    request.add_binpayloads(std::string("\0\xff", 2));
  }
  request.set_steps("[" + steps + "]");
  request.mutable_transoptions()->set_waitresult(true);
  return request;
}

inline DtmBranchRequest Branch(const std::string& gid, const std::string& type,
                               const std::string& id) {
  DtmBranchRequest request;
  request.set_gid(gid);
  request.set_transtype(type);
  request.set_branchid(id);
  return request;
}

inline DtmBranchRequest TccBranch(const std::string& gid, const std::string& id,
                                  const std::string& payload) {
  DtmBranchRequest request = Branch(gid, "tcc", id);
  (*request.mutable_data())["confirm"] = "a:1/Bank/Confirm";
  (*request.mutable_data())["cancel"] = "a:1/Bank/Cancel";
  request.set_busipayload(payload);
  return request;
}

inline DtmBranchRequest Recorded(const std::string& gid, const std::string& id,
                                 const std::string& result) {
  DtmBranchRequest request = Branch(gid, "workflow", id);
  (*request.mutable_data())["op"] = "action";
  (*request.mutable_data())["status"] = "succeed";
  request.set_busipayload(result);
  return request;
}

inline DtmRequest Workflow(const std::string& gid) {
  DtmRequest request = Txn(gid, "workflow");
  request.set_queryprepared("a:1/workflow.Workflow/Execute");
  request.set_customeddata(R"({"name":"n","data":"aW4="})");
  return request;
}

inline DtmRequest WorkflowEnd(const std::string& gid, const std::string& status) {
  DtmRequest request = Txn(gid, "workflow");
  (*request.mutable_reqextra())["status"] = status;
  (*request.mutable_reqextra())["result"] = "cmVz";
  return request;
}

}  // namespace treaty::testing
