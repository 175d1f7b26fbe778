// What a client can get wrong by gRPC: told with a status and what to change, nothing is stored,
// and the process lives.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "api/grpc_rig.h"
#include "api/raw_http2.h"

namespace treaty::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSubmitPath = "/dtmgimp.Dtm/Submit";

struct Bad {
  const char* says;
  std::function<void(DtmRequest&)> spoil;  // A good saga.
};

const Bad kBadSagas[] = {
    {"gid is missing", [](DtmRequest& saga) { saga.clear_gid(); }},
    {"too long", [](DtmRequest& saga) { saga.set_gid(std::string(129, 'g')); }},
    {"not allowed", [](DtmRequest& saga) { saga.set_gid("a b"); }},
    {"trans_type is missing", [](DtmRequest& saga) { saga.clear_transtype(); }},
    {"'sage' is unknown", [](DtmRequest& saga) { saga.set_transtype("sage"); }},
    {"'SAGA' is unknown", [](DtmRequest& saga) { saga.set_transtype("SAGA"); }},
    {"Steps is not valid JSON", [](DtmRequest& saga) { saga.set_steps("["); }},
    {"must be a list", [](DtmRequest& saga) { saga.set_steps("{}"); }},
    {"steps[0] is none", [](DtmRequest& saga) { saga.set_steps("[1]"); }},
    {"neither", [](DtmRequest& saga) { saga.set_steps("[{}]"); }},
    {"one payload per step", [](DtmRequest& saga) { saga.clear_binpayloads(); }},
    {"too large", [](DtmRequest& saga) { saga.set_binpayloads(0, std::string(1'048'577, 'x')); }},
    {"host:port/package.Service/Method",
     [](DtmRequest& saga) { saga.set_steps(R"([{"action":"a:1/Bank"}])"); }},
    {"no port", [](DtmRequest& saga) { saga.set_steps(R"([{"action":"bank/Bank/Out"}])"); }},
    {"must start with", [](DtmRequest& saga) { saga.set_steps(R"([{"action":"ftp://a/b"}])"); }},
    {"never called",
     [](DtmRequest& saga) { saga.set_steps(R"([{"action":"169.254.169.254:80/a.B/C"}])"); }},
    {"topic://", [](DtmRequest& saga) { saga.set_steps(R"([{"action":"topic://t"}])"); }},
    {"TimeoutToFail must be from 0",
     [](DtmRequest& saga) { saga.mutable_transoptions()->set_timeouttofail(-1); }},
    {"RequestTimeout must be from 0 to 3600",
     [](DtmRequest& saga) { saga.mutable_transoptions()->set_requesttimeout(-1); }},
    {"RetryInterval must be",
     [](DtmRequest& saga) { saga.mutable_transoptions()->set_retryinterval(INT64_MIN); }},
    {"RetryLimit must be",
     [](DtmRequest& saga) { saga.mutable_transoptions()->set_retrylimit(INT64_MAX); }},
    {"cannot be sent by gRPC",
     [](DtmRequest& saga) {
       (*saga.mutable_transoptions()->mutable_branchheaders())["a!b"] = "1";
     }},
    {"begins with grpc-",
     [](DtmRequest& saga) {
       (*saga.mutable_transoptions()->mutable_branchheaders())["grpc-timeout"] = "1n";
     }},
    {"'Dtm-Gid' cannot be sent",
     [](DtmRequest& saga) {
       (*saga.mutable_transoptions()->mutable_branchheaders())["Dtm-Gid"] = "other";
     }},
    {"printable ASCII",
     [](DtmRequest& saga) {
       (*saga.mutable_transoptions()->mutable_branchheaders())["x-name"] = "\xc3\xa4";
     }},
    {"line break",
     [](DtmRequest& saga) {
       (*saga.mutable_transoptions()->mutable_branchheaders())["x-name"] = "a\r\nb";
     }},
    {"passthrough_headers",
     [](DtmRequest& saga) { saga.mutable_transoptions()->add_passthroughheaders("host"); }},
    {"too many passthrough_headers",
     [](DtmRequest& saga) {
       for (int i = 0; i < 33; ++i) saga.mutable_transoptions()->add_passthroughheaders("x");
     }},
    {"custom_data", [](DtmRequest& saga) { saga.set_customeddata("{"); }},
    {"custom_data is too long",
     [](DtmRequest& saga) { saga.set_customeddata(std::string(65'537, ' ')); }},
};

TEST(GrpcBadInput, OfATransactionIsRefusedWithWhatToChange) {
  GrpcRig rig;
  for (const Bad& bad : kBadSagas) {
    SCOPED_TRACE(bad.says);
    DtmRequest saga = Saga("g", {"Out"});
    bad.spoil(saga);
    for (const grpc::Status& status : {rig.Submit(saga), rig.Prepare(saga)}) {
      EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
      EXPECT_THAT(status.error_message(), HasSubstr(bad.says));
      EXPECT_THAT(status.error_message(), Not(HasSubstr("FAILURE")));
    }
  }
  EXPECT_EQ(rig.base.store->size(), 0u);
  EXPECT_TRUE(rig.Submit(Saga("g", {"Out"})).ok());
}

TEST(GrpcBadInput, OfBranchesWorkflowsAndTopicsIsRefused) {
  GrpcRig rig;
  rig.Prepare(Txn("t", "tcc"));
  const auto refused = [](const grpc::Status& status, const char* says) {
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << says;
    EXPECT_THAT(status.error_message(), HasSubstr(says));
  };
  refused(rig.Register(Branch("t", "tcc", "01")), "neither confirm nor cancel");
  refused(rig.Register(Branch("t", "saga", "01")), "registers no branches");
  refused(rig.Register(TccBranch("t", "", "p")), "branch_id is missing");
  DtmBranchRequest far = TccBranch("t", "01", "p");
  (*far.mutable_data())["confirm"] = "a:99999/Bank/Confirm";
  refused(rig.Register(far), "confirm: ");
  DtmBranchRequest step = Recorded("w", "01", "r");
  (*step.mutable_data())["status"] = "maybe";
  refused(rig.Register(step), "must be succeed or failed");

  DtmProgressesReply reply;
  refused(rig.PrepareWorkflow(Txn("w", "workflow"), reply), "custom_data is missing");
  DtmRequest workflow = Workflow("w");
  workflow.set_customeddata("{\"name\":\"\xc3\xa4\"}");
  refused(rig.PrepareWorkflow(workflow, reply), "printable ASCII");
  refused(rig.Submit(Txn("w", "workflow")), "req_extra is missing");
  refused(rig.Submit(WorkflowEnd("w", "done")), "must be succeed or failed");
  refused(rig.Prepare(Workflow("w")), "prepareWorkflow");

  DtmTopicRequest topic;
  topic.set_topic("a/b");
  topic.set_url("a:1/Bank/In");
  refused(rig.Subscribe(topic), "must not be a path");
  topic.set_topic("t");
  topic.set_url("nonsense");
  refused(rig.Subscribe(topic), "url: ");
  EXPECT_EQ(rig.base.store->size(), 1u);
}

TEST(GrpcBadInput, MessagesThatAreNoneAreToldSo) {
  GrpcRig rig;
  const std::string bad_utf8 = "\x0a\x02\xff\xfe";  // Gid
  for (const std::string& bytes :
       {std::string("\xff\xff\xff"), bad_utf8, std::string("\x0a\x7fg")}) {
    for (const char* method : {"Submit", "Prepare", "Abort", "RegisterBranch", "PrepareWorkflow",
                               "Subscribe", "Unsubscribe", "DeleteTopic"}) {
      const grpc::Status status = rig.CallRaw(std::string("/dtmgimp.Dtm/") + method, bytes);
      EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << method;
      EXPECT_THAT(status.error_message(), HasSubstr("malformed")) << method;
    }
  }
  EXPECT_EQ(rig.CallRaw("/dtmgimp.Dtm/NewGid", "\xff").error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(rig.CallRaw("/dtmgimp.Dtm/Nothing", "").error_code(), StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(rig.base.store->size(), 0u);
}

TEST(GrpcBadInput, AMessageThatIsTooLongIsRefusedBeforeItIsRead) {
  GrpcRig rig;
  DtmRequest saga = Saga("g", {"Out"});
  saga.set_binpayloads(0, std::string(5 << 20, 'x'));
  const grpc::Status status = rig.Submit(saga);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("larger than max"));
  EXPECT_EQ(rig.base.store->size(), 0u);
}

TEST(GrpcBadInput, MetadataBeyondTheLimitIsRefused) {
  GrpcRig rig;
  grpc::ClientContext context;
  context.AddMetadata("x-long", std::string(20'000, 'x'));
  Empty reply;
  const grpc::Status status = rig.stub->Submit(&context, Saga("g", {"Out"}), &reply);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(rig.base.store->size(), 0u);
}

// The call has a deadline of 20 ms, and its message comes when the server has given it up.
TEST(GrpcBadInput, ACallWhoseDeadlineHasPassedStoresNothing) {
  GrpcRig rig;
  const std::string given_up = Frame(3, 0, 1, "").substr(3);  // RST_STREAM, but for its length.
  for (int i = 0; i < 5; ++i) {
    RawClient client(rig.port);
    const std::string bytes = Saga("g" + std::to_string(i), {"Out"}).SerializeAsString();
    ASSERT_TRUE(client.Send(Preface() + GrpcHead(1, kSubmitPath, {{"grpc-timeout", "20m"}})));
    ASSERT_TRUE(client.ReadUntil(given_up)) << i;
    client.Send(GrpcData(1, bytes));
    EXPECT_TRUE(rig.Submit(Saga("fine" + std::to_string(i), {"Out"})).ok());
  }
  EXPECT_EQ(rig.base.store->size(), 5u);
}

TEST(GrpcBadInput, IllegalBytesInMetadataAreAnsweredAndHarmNobody) {
  GrpcRig rig;
  const RawHeaders kOdd[] = {{{"x-odd", "a\r\nb"}},
                             {{"x-odd", std::string("\0", 1)}},
                             {{"X-Upper", "1"}},
                             {{"x odd", "1"}},
                             {{"", "1"}},
                             {{"x-odd-bin", "!!!"}},
                             {{"grpc-timeout", "soon"}},
                             {{"x-odd", "\xff\xfe"}}};
  for (const RawHeaders& odd : kOdd) {
    RawClient client(rig.port);
    DtmRequest saga = Saga("odd", {"Out"});
    saga.mutable_transoptions()->add_passthroughheaders("x-odd");
    client.Send(Preface() + GrpcCall(1, kSubmitPath, odd, saga.SerializeAsString()));
    EXPECT_TRUE(client.ReadUntil("grpc-status")) << odd[0].first << ": closed without an answer";
  }
  // Whatever was taken has headers that can be sent on.
  if (const std::optional<StoredTxn> stored = rig.Stored("odd")) {
    for (const auto& [name, value] : stored->txn.terms->passed_headers) {
      for (const char c : value) EXPECT_TRUE(c >= ' ' && c <= '~') << value;
    }
  }
  EXPECT_TRUE(rig.Submit(Saga("fine", {"Out"})).ok());
}

// Ten connections with a thousand calls each.
TEST(GrpcBadInput, TenThousandCallsAtATimeAreAllAnswered) {
  GrpcRig rig;
  constexpr std::size_t kCalls = 10'000;
  constexpr std::size_t kConnections = 10;
  struct Call {
    grpc::ClientContext context;
    DtmRequest request;
    Empty reply;
  };
  std::vector<std::unique_ptr<dtmgimp::Dtm::Stub>> stubs;
  for (std::size_t i = 0; i < kConnections; ++i) {
    stubs.push_back(dtmgimp::Dtm::NewStub(rig.Connect()));
  }
  rig.base.participant.Hold();  // Nobody is answered before all are there, or have been refused.
  std::vector<Call> calls(kCalls);
  std::atomic<std::size_t> fine{0};
  std::atomic<std::size_t> refused{0};
  std::atomic<std::size_t> odd{0};
  for (std::size_t i = 0; i < kCalls; ++i) {
    calls[i].request = Saga("g" + std::to_string(i), {"Out", "In"});
    stubs[i % kConnections]->async()->Submit(
        &calls[i].context, &calls[i].request, &calls[i].reply, [&](const grpc::Status& status) {
          const bool busy = status.error_code() == StatusCode::RESOURCE_EXHAUSTED;
          ++(status.ok() ? fine : busy ? refused : odd);
        });
  }
  while (rig.base.participant.held() + refused + odd < kCalls) std::this_thread::yield();
  rig.base.participant.Release();
  while (fine + refused + odd < kCalls) std::this_thread::yield();
  EXPECT_EQ(odd, 0u);
  EXPECT_GT(fine, kCalls / 2);
}

// More bytes at a time than the server may hold: whoever is not served hears so.
TEST(GrpcBadInput, LargeMessagesBeyondTheMemoryAreServedOrRefused) {
  GrpcRig::Options options;
  options.server.max_memory_bytes = 16 << 20;
  GrpcRig rig(options);
  constexpr std::size_t kCalls = 64;
  std::vector<std::future<grpc::Status>> calls;
  for (std::size_t i = 0; i < kCalls; ++i) {
    calls.push_back(std::async(std::launch::async, [&rig, i] {
      const auto stub = dtmgimp::Dtm::NewStub(rig.Connect());
      DtmRequest saga = Saga("g" + std::to_string(i), {"Out"});
      saga.set_binpayloads(0, std::string(1'000'000, 'x'));
      saga.set_customeddata("{}" + std::string(60'000, ' '));
      grpc::ClientContext context;
      Empty reply;
      return stub->Submit(&context, saga, &reply);
    }));
  }
  std::size_t served = 0;
  for (auto& call : calls) {
    const grpc::Status status = call.get();
    served += status.ok() ? 1 : 0;
    EXPECT_TRUE(status.ok() || status.error_code() == StatusCode::RESOURCE_EXHAUSTED ||
                status.error_code() == StatusCode::UNAVAILABLE)
        << status.error_code() << " " << status.error_message();
  }
  EXPECT_GT(served, 0u);
  // And once their memory is free again, everybody is.
  EXPECT_TRUE(ServerRig::Eventually([&] { return rig.Submit(Saga("fine", {"Out"})).ok(); }));
}

// --- Damaged messages ------------------------------------------------------------------------

struct Seed {
  const char* method;
  std::string bytes;
};

std::vector<Seed> Seeds(const std::string& gid) {
  DtmTopicRequest topic;
  topic.set_topic("t" + gid);
  topic.set_url("a:1/Bank/In");
  DtmRequest abort = Txn(gid, "tcc");
  abort.set_rollbackreason("r");
  DtmRequest message = Saga(gid, {"Out"});
  message.set_transtype("msg");
  message.set_steps(R"([{"action":"a:1/Bank/Out"}])");
  message.set_queryprepared("a:1/Bank/Query");
  return {{"Submit", Saga(gid, {"Out", "refuse"}).SerializeAsString()},
          {"Submit", message.SerializeAsString()},
          {"Prepare", Txn(gid, "tcc").SerializeAsString()},
          {"Prepare", message.SerializeAsString()},
          {"Abort", abort.SerializeAsString()},
          {"RegisterBranch", TccBranch(gid, "01", "p").SerializeAsString()},
          {"RegisterBranch", Recorded(gid, "01", "r").SerializeAsString()},
          {"PrepareWorkflow", Workflow(gid).SerializeAsString()},
          {"Submit", WorkflowEnd(gid, "failed").SerializeAsString()},
          {"Subscribe", topic.SerializeAsString()},
          {"Unsubscribe", topic.SerializeAsString()},
          {"DeleteTopic", topic.SerializeAsString()},
          {"NewGid", ""}};
}

class Mutator {
 public:
  std::size_t Below(std::size_t bound) { return random_() % bound; }

  void Mutate(std::string& bytes) {
    if (bytes.empty()) return bytes.push_back(static_cast<char>(random_()));
    const std::size_t at = Below(bytes.size());
    switch (Below(5)) {
      case 0:
        bytes[at] = static_cast<char>(random_());
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1U << Below(8)));
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.insert(Below(bytes.size() + 1), bytes.substr(at, Below(bytes.size() - at) + 1));
        break;
      default:
        bytes.erase(at, Below(8) + 1);
    }
  }

 private:
  std::mt19937 random_{20'261'128};
};

// What is right about a request decides about its answer: never the server's own mistakes.
bool IsDefined(StatusCode code) {
  switch (code) {
    case StatusCode::OK:
    case StatusCode::INVALID_ARGUMENT:
    case StatusCode::NOT_FOUND:
    case StatusCode::ABORTED:
    case StatusCode::ALREADY_EXISTS:
    case StatusCode::FAILED_PRECONDITION:
      return true;
    default:
      return false;
  }
}

TEST(GrpcBadInput, TwentyThousandDamagedMessagesAreAnswered) {
  constexpr int kMessages = 20'000;
  GrpcRig rig;
  Mutator mutator;
  int accepted = 0;
  for (int i = 0; i < kMessages; ++i) {
    const auto seeds = Seeds("g" + std::to_string(i / 50) + "." + std::to_string(mutator.Below(4)));
    Seed seed = seeds[mutator.Below(seeds.size())];
    const std::size_t times = mutator.Below(4);
    for (std::size_t k = 0; k < times; ++k) mutator.Mutate(seed.bytes);
    const grpc::Status status = rig.CallRaw(std::string("/dtmgimp.Dtm/") + seed.method, seed.bytes);
    ASSERT_TRUE(IsDefined(status.error_code()))
        << i << " " << seed.method << " " << status.error_code() << " " << status.error_message();
    ASSERT_EQ(status.error_message().empty(), status.ok()) << i;
    accepted += status.ok() ? 1 : 0;
  }
  EXPECT_GT(accepted, kMessages / 10);
  EXPECT_LT(accepted, kMessages * 9 / 10);
}

}  // namespace
}  // namespace treaty::testing
