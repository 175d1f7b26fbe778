// Two sagas by gRPC between two banks: one succeeds, one is rolled back.
//
//   treaty_grpc_client [127.0.0.1:36790]
//
// The argument is where a treatyd serves gRPC; it calls the banks, which live in this program.

#include <dtmgimp/dtm.grpc.pb.h>
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "bank.h"

namespace {

class Treaty {
 public:
  explicit Treaty(const std::string& address)
      : stub_(dtmgimp::Dtm::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))) {}

  // Runs a saga to its end. ABORTED: rolled back, and why. FAILED_PRECONDITION: still running.
  // After any other error submit the same again: one gid never runs twice.
  grpc::Status Run(std::int64_t amount, const std::vector<std::string>& actions) {
    dtmgimp::DtmRequest saga;
    saga.set_gid(NewGid());
    saga.set_transtype("saga");
    saga.mutable_transoptions()->set_waitresult(true);
    bank::Transfer transfer;
    transfer.set_amount(amount);
    std::string steps;
    for (const std::string& action : actions) {
      steps += steps.empty() ? "" : ",";
      steps += R"({"action":")" + action + R"(","compensate":")" + action + R"(Undo"})";
      saga.add_binpayloads(transfer.SerializeAsString());
    }
    saga.set_steps("[" + steps + "]");
    grpc::ClientContext context;
    google::protobuf::Empty reply;
    return stub_->Submit(&context, saga, &reply);
  }

 private:
  std::string NewGid() {
    grpc::ClientContext context;
    dtmgimp::DtmGidReply reply;
    stub_->NewGid(&context, google::protobuf::Empty(), &reply);
    return reply.gid();
  }

  const std::unique_ptr<dtmgimp::Dtm::Stub> stub_;
};

}  // namespace

int main(int argc, char** argv) {
  Treaty treaty(argc > 1 ? argv[1] : "127.0.0.1:36790");
  Bank a("A", 100);
  Bank b("B", 100);
  const auto show = [&](const std::string& what) {
    std::cout << what << "; A " << a.balance() << ", B " << b.balance() << std::endl;
  };

  show("before");
  const grpc::Status good = treaty.Run(30, {a.Url("Out"), b.Url("In")});
  show("transfer of 30: " + (good.ok() ? "SUCCESS" : good.error_message()));
  const grpc::Status bad = treaty.Run(500, {b.Url("In"), a.Url("Out")});
  show("transfer of 500: " + bad.error_message());

  const bool rolled_back = bad.error_code() == grpc::StatusCode::ABORTED;
  return good.ok() && rolled_back && a.balance() == 70 && b.balance() == 130 ? 0 : 1;
}
