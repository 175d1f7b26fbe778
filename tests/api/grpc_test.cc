// The gRPC API as its clients see it: a real server, real channels, the real engine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>
#include <string>
#include <utility>

#include "api/grpc/dtm_service.h"
#include "api/grpc_rig.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(GrpcTest, MakesGidsThatDiffer) {
  GrpcRig rig;
  std::set<std::string> gids;
  for (int i = 0; i < 10; ++i) {
    grpc::ClientContext context;
    DtmGidReply reply;
    ASSERT_TRUE(rig.stub->NewGid(&context, Empty(), &reply).ok());
    gids.insert(reply.gid());
  }
  EXPECT_EQ(gids.size(), 10u);
  EXPECT_EQ(gids.count(""), 0u);
}

TEST(GrpcTest, AWaitedSagaIsAnsweredWithItsOutcome) {
  GrpcRig rig;
  EXPECT_TRUE(rig.Submit(Saga("good", {"Out", "In"})).ok());
  EXPECT_EQ(rig.Stored("good")->txn.status, TxnStatus::kSucceed);

  const grpc::Status refused = rig.Submit(Saga("bad", {"Out", "refuse"}));
  EXPECT_EQ(refused.error_code(), StatusCode::ABORTED);
  EXPECT_THAT(refused.error_message(), AllOf(HasSubstr("no money"), EndsWith("FAILURE")));
  EXPECT_EQ(rig.Stored("bad")->txn.status, TxnStatus::kFailed);

  const grpc::Status ongoing = rig.Submit(Saga("slow", {"ongoing"}));
  EXPECT_EQ(ongoing.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(ongoing.error_message(), AllOf(Not(HasSubstr("SUCCESS")), Not(HasSubstr("FAILURE"))));
}

TEST(GrpcTest, TheOldAnswerForOngoingIsThereForThoseWhoCountOnIt) {
  GrpcRig::Options options;
  options.service.wait_result_409 = true;
  GrpcRig rig(options);
  EXPECT_EQ(rig.Submit(Saga("slow", {"ongoing"})).error_code(), StatusCode::ABORTED);
}

TEST(GrpcTest, EverythingOfARequestIsStored) {
  GrpcRig rig;
  DtmRequest request = Saga("g", {"ongoing", "In"});
  auto& options = *request.mutable_transoptions();
  options.set_timeouttofail(60);
  options.set_requesttimeout(7);
  options.set_retryinterval(8);
  options.set_retrylimit(9);
  (*options.mutable_branchheaders())["X-Mine"] = "1";
  options.add_passthroughheaders("X-Trace");
  options.add_passthroughheaders("X-Absent");
  request.set_customeddata(R"({"concurrent":true})");
  grpc::ClientContext context;
  context.AddMetadata("x-trace", "t-1");
  Empty reply;
  rig.stub->Submit(&context, request, &reply);
  const std::optional<StoredTxn> stored = rig.Stored("g");
  ASSERT_TRUE(stored);
  const Terms& terms = *stored->txn.terms;
  EXPECT_EQ(stored->txn.body->protocol, "grpc");
  EXPECT_EQ(stored->txn.body->steps[1].payload, std::string("\0\xff", 2));
  EXPECT_EQ(terms.timeout_to_fail, seconds(60));
  EXPECT_EQ(terms.request_timeout, seconds(7));
  EXPECT_EQ(terms.retry_interval, seconds(8));
  EXPECT_EQ(terms.retry_limit, 9u);
  EXPECT_TRUE(terms.concurrent);
  EXPECT_EQ(terms.branch_headers, std::vector<Header>({{"X-Mine", "1"}}));
  EXPECT_EQ(terms.passed_headers, std::vector<Header>({{"X-Trace", "t-1"}}));
}

// Go writes null for no steps, C# an empty text.
TEST(GrpcTest, ATccIsPreparedRegisteredAndSubmittedOrAborted) {
  GrpcRig rig;
  for (const std::string steps : {"", "null", "[]"}) {
    DtmRequest request = Txn("t" + steps, "tcc");
    request.set_gid("t" + std::to_string(steps.size()));
    request.set_steps(steps);
    request.mutable_transoptions()->set_waitresult(true);
    EXPECT_TRUE(rig.Prepare(request).ok()) << steps;
    EXPECT_TRUE(rig.Register(TccBranch(request.gid(), "01", "p")).ok());
    EXPECT_TRUE(rig.Submit(request).ok());
    EXPECT_EQ(rig.Stored(request.gid())->txn.status, TxnStatus::kSucceed);
  }
  EXPECT_TRUE(rig.Prepare(Txn("a", "tcc")).ok());
  EXPECT_TRUE(rig.Register(TccBranch("a", "01", "p")).ok());
  DtmRequest abort = Txn("a", "tcc");
  abort.set_rollbackreason("changed my mind");
  EXPECT_TRUE(rig.Abort(abort).ok());
  EXPECT_TRUE(
      ServerRig::Eventually([&] { return rig.Stored("a")->txn.status == TxnStatus::kFailed; }));
  EXPECT_EQ(rig.Stored("a")->txn.rollback_reason, "changed my mind");
}

TEST(GrpcTest, RepeatsAndConflictsFollowTheTable) {
  GrpcRig rig;
  EXPECT_TRUE(rig.Prepare(Txn("t", "tcc")).ok());
  EXPECT_TRUE(rig.Prepare(Txn("t", "tcc")).ok());
  EXPECT_EQ(rig.Prepare(Txn("t", "xa")).error_code(), StatusCode::ABORTED);
  EXPECT_TRUE(rig.Register(TccBranch("t", "01", "p")).ok());
  EXPECT_TRUE(rig.Register(TccBranch("t", "01", "p")).ok());
  EXPECT_EQ(rig.Register(TccBranch("t", "01", "other")).error_code(), StatusCode::ABORTED);
  EXPECT_TRUE(rig.Submit(Txn("t", "tcc")).ok());
  EXPECT_TRUE(
      ServerRig::Eventually([&] { return rig.Stored("t")->txn.status == TxnStatus::kSucceed; }));
  EXPECT_TRUE(rig.Submit(Txn("t", "tcc")).ok());
  EXPECT_EQ(rig.Abort(Txn("t", "tcc")).error_code(), StatusCode::ABORTED);
  EXPECT_EQ(rig.Register(TccBranch("t", "02", "p")).error_code(), StatusCode::ABORTED);
  EXPECT_EQ(rig.Submit(Txn("unknown", "tcc")).error_code(), StatusCode::ABORTED);
  EXPECT_EQ(rig.Register(TccBranch("unknown", "01", "p")).error_code(), StatusCode::ABORTED);
  EXPECT_EQ(rig.Abort(Txn("unknown", "tcc")).error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(rig.Submit(Saga("bad", {"refuse"})).error_code(), StatusCode::ABORTED);
  EXPECT_EQ(rig.Submit(Saga("bad", {"refuse"})).error_code(), StatusCode::ABORTED);
}

// The same leniency as through HTTP, and the same log.
TEST(GrpcTest, WhatClientsOfTheReferenceSendIsLetPassAndToldOnce) {
  SilentLog log;
  GrpcRig::Options options;
  options.service.leniency = std::make_shared<api::LeniencyLog>(log);
  GrpcRig rig(options);
  for (int i = 0; i < 3; ++i) {
    const std::string gid = "t" + std::to_string(i);
    DtmRequest tcc = Txn(gid, "tcc");
    tcc.set_steps(R"([{"action":"nowhere"}])");
    tcc.add_binpayloads("left over");
    tcc.mutable_transoptions()->set_requesttimeout(INT64_MAX);
    EXPECT_TRUE(rig.Prepare(tcc).ok());
    EXPECT_EQ(rig.Stored(gid)->txn.terms->request_timeout, seconds(3'600));
    EXPECT_TRUE(rig.Stored(gid)->txn.body->steps.empty());
    EXPECT_TRUE(rig.Abort(Txn(gid, "")).ok());
    DtmRequest message = Saga("m" + std::to_string(i), {"Out"});
    message.set_transtype("msg");
    message.set_steps(R"([{"action":"a:1/Bank/Out","compensate":"nowhere"}])");
    message.set_customeddata("null");
    EXPECT_TRUE(rig.Submit(message).ok());
  }
  EXPECT_EQ(log.lines.size(), 4u);
}

// JSON in the message may say that there is nothing, in whatever spelling.
TEST(GrpcTest, TheTextNullIsNothing) {
  GrpcRig rig;
  for (const std::string null : {"null", " null\n"}) {
    DtmRequest request = Txn("g" + std::to_string(null.size()), "tcc");
    request.set_steps(null);
    request.set_customeddata(null);
    ASSERT_TRUE(rig.Prepare(request).ok());
    EXPECT_EQ(rig.Stored(request.gid())->txn.terms->custom_data, "");
  }
}

TEST(GrpcTest, AWorkflowMayBeLeftToItsClient) {
  GrpcRig rig;
  DtmRequest workflow = Workflow("w");
  workflow.clear_queryprepared();
  DtmProgressesReply reply;
  ASSERT_TRUE(rig.PrepareWorkflow(workflow, reply).ok());
  EXPECT_EQ(reply.transaction().status(), "prepared");
  EXPECT_EQ(reply.progresses_size(), 0);
  EXPECT_TRUE(rig.Register(Recorded("w", "01", "r1")).ok());
  ASSERT_TRUE(rig.PrepareWorkflow(workflow, reply).ok());
  ASSERT_EQ(reply.progresses_size(), 1);
  EXPECT_EQ(reply.progresses(0).bindata(), "r1");
  EXPECT_EQ(rig.Stored("w")->wake, kNever);
  EXPECT_TRUE(rig.Submit(WorkflowEnd("w", "succeed")).ok());
}

TEST(GrpcTest, AWorkflowShowsWhatItRecordedAndItsResult) {
  GrpcRig rig;
  DtmProgressesReply reply;
  ASSERT_TRUE(rig.PrepareWorkflow(Workflow("w"), reply).ok());
  EXPECT_EQ(reply.transaction().status(), "prepared");
  EXPECT_EQ(reply.progresses_size(), 0);
  const std::string bytes("\0\xff\n", 3);
  EXPECT_TRUE(rig.Register(Recorded("w", "01", bytes)).ok());
  EXPECT_EQ(rig.Register(Recorded("w", "01", bytes)).error_code(), StatusCode::ALREADY_EXISTS);
  ASSERT_TRUE(rig.PrepareWorkflow(Workflow("w"), reply).ok());
  ASSERT_EQ(reply.progresses_size(), 1);
  EXPECT_EQ(reply.progresses(0).bindata(), bytes);
  EXPECT_EQ(reply.progresses(0).branchid(), "01");
  EXPECT_EQ(reply.progresses(0).op(), "action");
  EXPECT_EQ(reply.progresses(0).status(), "succeed");

  EXPECT_TRUE(rig.Submit(WorkflowEnd("w", "succeed")).ok());
  EXPECT_TRUE(rig.Submit(WorkflowEnd("w", "succeed")).ok());
  EXPECT_EQ(rig.Submit(WorkflowEnd("w", "failed")).error_code(), StatusCode::ABORTED);
  EXPECT_EQ(rig.Register(Recorded("w", "02", "x")).error_code(), StatusCode::FAILED_PRECONDITION);
  ASSERT_TRUE(rig.PrepareWorkflow(Workflow("w"), reply).ok());
  EXPECT_EQ(reply.transaction().status(), "succeed");
  EXPECT_EQ(reply.transaction().result(), "cmVz");
  EXPECT_EQ(rig.Register(Recorded("unknown", "01", "")).error_code(), StatusCode::NOT_FOUND);
}

TEST(GrpcTest, TopicsAreEdited) {
  GrpcRig rig;
  DtmTopicRequest topic;
  topic.set_topic("orders");
  topic.set_url("a:1/Bank/In");
  EXPECT_TRUE(rig.Subscribe(topic).ok());
  EXPECT_FALSE(rig.Subscribe(topic).ok());
  DtmRequest message = Txn("m", "msg");
  message.set_steps(R"([{"action":"topic://orders"}])");
  message.add_binpayloads("p");
  message.mutable_transoptions()->set_waitresult(true);
  EXPECT_TRUE(rig.Submit(message).ok());
  grpc::ClientContext first;
  grpc::ClientContext second;
  Empty reply;
  EXPECT_TRUE(rig.stub->Unsubscribe(&first, topic, &reply).ok());
  EXPECT_TRUE(rig.stub->DeleteTopic(&second, topic, &reply).ok());
}

TEST(GrpcTest, UntilItIsOpenEverybodyIsToldToComeAgain) {
  GrpcRig::Options options;
  options.open = false;
  GrpcRig rig(options);
  EXPECT_EQ(rig.Submit(Saga("g", {"Out"})).error_code(), StatusCode::UNAVAILABLE);
  EXPECT_FALSE(rig.Stored("g"));
  rig.Open();
  EXPECT_TRUE(rig.Submit(Saga("g", {"Out"})).ok());
}

TEST(GrpcTest, BeyondTheLimitOfCallsThereIsARefusalWithAHintWhenToComeAgain) {
  GrpcRig::Options options;
  options.service.max_calls = 1;
  options.service.retry_after = seconds(2);
  GrpcRig rig(options);
  rig.base.participant.Hold();
  auto first = std::async(std::launch::async, [&] { return rig.Submit(Saga("one", {"Out"})); });
  ASSERT_TRUE(ServerRig::Eventually([&] { return rig.base.participant.held() > 0; }));
  grpc::ClientContext context;
  Empty reply;
  const grpc::Status second = rig.stub->Submit(&context, Saga("two", {"Out"}), &reply);
  EXPECT_EQ(second.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(second.error_message(), HasSubstr("Grpc.MaxCalls"));
  const auto hint = context.GetServerTrailingMetadata().find("grpc-retry-pushback-ms");
  ASSERT_NE(hint, context.GetServerTrailingMetadata().end());
  EXPECT_EQ(std::string(hint->second.data(), hint->second.size()), "2000");
  EXPECT_FALSE(rig.Stored("two"));
  rig.base.participant.Release();
  EXPECT_TRUE(first.get().ok());
  // Its place is free once the library knows that the answer was taken.
  EXPECT_TRUE(ServerRig::Eventually([&] { return rig.Submit(Saga("two", {"Out"})).ok(); }));
}

// The client leaves; what it has submitted is driven to its end all the same.
TEST(GrpcTest, ACancelledCallLeavesNothingHalfDone) {
  GrpcRig rig;
  rig.base.participant.Hold();
  grpc::ClientContext context;
  Empty reply;
  const DtmRequest saga = Saga("g", {"Out", "In"});
  auto call =
      std::async(std::launch::async, [&] { return rig.stub->Submit(&context, saga, &reply); });
  ASSERT_TRUE(ServerRig::Eventually([&] { return rig.base.participant.held() > 0; }));
  context.TryCancel();
  EXPECT_EQ(call.get().error_code(), StatusCode::CANCELLED);
  rig.base.participant.Release();
  EXPECT_TRUE(
      ServerRig::Eventually([&] { return rig.Stored("g")->txn.status == TxnStatus::kSucceed; }));
}

TEST(GrpcTest, AReasonThatIsTooLongForAStatusIsCut) {
  GrpcRig rig;
  std::string reason;
  for (int i = 0; i < 1'300; ++i) reason += "\xe2\x82\xac";  // Nine bytes each once encoded.
  EXPECT_TRUE(rig.Prepare(Txn("g", "tcc")).ok());
  DtmRequest abort = Txn("g", "tcc");
  abort.set_rollbackreason(reason);
  EXPECT_TRUE(rig.Abort(abort).ok());
  const grpc::Status status = rig.Submit(Txn("g", "tcc"));
  EXPECT_EQ(status.error_code(), StatusCode::ABORTED);
  EXPECT_THAT(status.error_message(), AllOf(HasSubstr("\xe2\x82\xac..."), EndsWith("FAILURE")));
}

TEST(GrpcTest, CountsItsRequestsByMethodAndResult) {
  GrpcRig rig;
  rig.Submit(Saga("g", {"Out"}));
  rig.Submit(Saga("bad gid", {"Out"}));
  const api::RouteMeters& meters = rig.meters->Of("grpc", "Submit");
  EXPECT_EQ(meters.ok.count(), 1u);
  EXPECT_EQ(meters.fail.count(), 1u);
}

TEST(GrpcServerTest, APortThatIsTakenIsToldOf) {
  GrpcRig rig;
  api::GrpcServerConfig config;
  config.port = rig.port;
  api::GrpcServer second(config, *rig.dtm, *rig.health);
  const auto bound = second.Listen();
  ASSERT_FALSE(bound.ok());
  EXPECT_THAT(bound.status().message(), HasSubstr(std::to_string(rig.port)));
}

// Calls under way are answered, new ones go elsewhere, and then it is over.
TEST(GrpcServerTest, CloseDrains) {
  GrpcRig rig;
  rig.base.participant.Hold();
  auto waiting = std::async(std::launch::async, [&] { return rig.Submit(Saga("g", {"Out"})); });
  ASSERT_TRUE(ServerRig::Eventually([&] { return rig.base.participant.held() > 0; }));
  std::promise<void> closed;
  rig.server->Close(seconds(20), [&] { closed.set_value(); });
  EXPECT_TRUE(ServerRig::Eventually([&] {
    return rig.CallRaw("/dtmgimp.Dtm/NewGid", "").error_code() == StatusCode::UNAVAILABLE;
  }));
  auto over = closed.get_future();
  EXPECT_EQ(over.wait_for(milliseconds(50)), std::future_status::timeout);
  rig.base.participant.Release();
  EXPECT_TRUE(waiting.get().ok());
  EXPECT_EQ(over.wait_for(seconds(10)), std::future_status::ready);
}

TEST(GrpcServerTest, ReflectionIsOffUnlessAskedFor) {
  GrpcRig rig;
  const grpc::Status status =
      rig.CallRaw("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "");
  EXPECT_EQ(status.error_code(), StatusCode::UNIMPLEMENTED);
}

// --- Health ----------------------------------------------------------------------------------

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

struct Checked {
  grpc::Status status;
  HealthCheckResponse response;
};

Checked CheckHealth(const GrpcRig& rig, const std::string& service) {
  Checked out;
  grpc::ClientContext context;
  HealthCheckRequest request;
  request.set_service(service);
  out.status = Health::NewStub(rig.channel)->Check(&context, request, &out.response);
  return out;
}

TEST(GrpcHealthTest, AnswersForTheServerAndItsService) {
  GrpcRig::Options options;
  options.open = false;
  GrpcRig rig(options);
  EXPECT_EQ(CheckHealth(rig, "").response.status(), HealthCheckResponse::NOT_SERVING);
  rig.Open();
  EXPECT_EQ(CheckHealth(rig, "").response.status(), HealthCheckResponse::SERVING);
  EXPECT_EQ(CheckHealth(rig, "dtmgimp.Dtm").response.status(), HealthCheckResponse::SERVING);
  EXPECT_EQ(CheckHealth(rig, "other").status.error_code(), StatusCode::NOT_FOUND);
  rig.base.engine().Stop(milliseconds(0), [] {});
  EXPECT_TRUE(ServerRig::Eventually(
      [&] { return CheckHealth(rig, "").response.status() == HealthCheckResponse::NOT_SERVING; }));
}

TEST(GrpcHealthTest, AWatchHearsOfChangesAndOfTheEnd) {
  GrpcRig rig;
  grpc::ClientContext context;
  const auto stub = Health::NewStub(rig.channel);
  const auto reader = stub->Watch(&context, HealthCheckRequest());
  HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  rig.base.engine().Stop(milliseconds(0), [] {});
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  rig.server->Close(seconds(5), [] {});
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::UNAVAILABLE);
}

TEST(GrpcHealthTest, AWatchThatItsClientLeavesIsForgotten) {
  GrpcRig rig;
  const auto stub = Health::NewStub(rig.channel);
  for (int i = 0; i < 150; ++i) {  // More than there may be at a time.
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service(i % 2 == 0 ? "" : "other");
    const auto reader = stub->Watch(&context, request);
    HealthCheckResponse response;
    ASSERT_TRUE(reader->Read(&response)) << i;
    EXPECT_EQ(response.status(),
              i % 2 == 0 ? HealthCheckResponse::SERVING : HealthCheckResponse::SERVICE_UNKNOWN);
    context.TryCancel();
    EXPECT_EQ(reader->Finish().error_code(), StatusCode::CANCELLED);
  }
}

}  // namespace
}  // namespace treaty::testing
