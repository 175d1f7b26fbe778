// What one client of gRPC can do to the server and to others: it fills nothing without a bound, and
// keeps nobody out once it has gone or does not read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/grpc_rig.h"
#include "api/raw_http2.h"

namespace treaty::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNewGidPath = "/dtmgimp.Dtm/NewGid";

TEST(GrpcLimits, NothingIsUnpacked) {
  GrpcRig rig;
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    DtmRequest saga = Saga("packed", {"Out"});
    saga.set_binpayloads(0, std::string(500'000, '\0'));
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    Empty reply;
    const grpc::Status status = rig.stub->Submit(&context, saga, &reply);
    EXPECT_EQ(status.error_code(), StatusCode::UNIMPLEMENTED);
    EXPECT_THAT(status.error_message(), HasSubstr("ompression"));
  }
  EXPECT_FALSE(rig.Stored("packed").has_value());
  EXPECT_TRUE(rig.Submit(Saga("fine", {"Out"})).ok());
}

// The mark of a packed message without the word that says how: it is taken for what it is.
TEST(GrpcLimits, WhatIsMarkedAsPackedIsNotUnpackedEither) {
  GrpcRig rig;
  std::string marked = GrpcMessage("\x1f\x8b" + std::string(100, 'x'));
  marked[0] = '\1';
  for (const RawHeaders& headers : {RawHeaders{}, RawHeaders{{"grpc-encoding", "gzip"}},
                                    RawHeaders{{"grpc-encoding", "identity"}}}) {
    RawClient client(rig.port);
    client.Send(Preface() + GrpcHead(1, "/dtmgimp.Dtm/Submit", headers) + Frame(0, 1, 1, marked));
    EXPECT_TRUE(client.ReadUntil("grpc-status")) << "closed without an answer";
  }
  EXPECT_TRUE(rig.Submit(Saga("fine", {"Out"})).ok());
}

// A call that is waited for until its client leaves.
struct Waiting {
  Waiting(GrpcRig& rig, const std::string& gid) : request(Saga(gid, {"Out"})) {
    hand_over::Give();
    rig.stub->async()->Submit(&context, &request, &reply, [this](const grpc::Status& status) {
      hand_over::Take();
      code = status.error_code();
      ended = true;
    });
  }
  ~Waiting() {
    context.TryCancel();
    EXPECT_TRUE(ServerRig::Eventually([this] { return ended.load(); }));
  }

  grpc::ClientContext context;
  DtmRequest request;
  Empty reply;
  std::atomic<StatusCode> code{StatusCode::OK};
  std::atomic<bool> ended{false};
};

TEST(GrpcLimits, CallsOfClientsThatHaveGoneGiveTheirPlaces) {
  GrpcRigOptions options;
  options.service.max_calls = 4;
  GrpcRig rig(options);
  rig.base.participant.Hold();
  for (std::size_t begun = 0; begun < 20;) {
    std::deque<Waiting> calls;
    while (calls.size() < 4) {  // Those before them may not have left yet.
      Waiting& call = calls.emplace_back(rig, "w" + std::to_string(begun));
      ASSERT_TRUE(ServerRig::Eventually(
          [&] { return rig.base.participant.held() > begun || call.ended.load(); }));
      if (rig.base.participant.held() == begun) {
        ASSERT_EQ(call.code, StatusCode::RESOURCE_EXHAUSTED);
        calls.pop_back();
      } else {
        ++begun;
      }
    }
  }
  rig.base.participant.Release();
  ASSERT_TRUE(ServerRig::Eventually([&] { return rig.Submit(Saga("w0", {"Out"})).ok(); }));
}

TEST(GrpcLimits, AReplyThatIsNotTakenIsCancelledInTime) {
  GrpcRigOptions options;
  options.service.max_calls = 3;
  options.service.write_timeout = std::chrono::milliseconds(300);
  GrpcRig rig(options);
  RawClient client(rig.port);
  std::string calls;
  for (std::uint32_t stream = 1; stream <= 5; stream += 2) {
    calls += GrpcCall(stream, kNewGidPath, {}, "");
  }
  client.Send(PrefaceWithoutWindow() + calls);
  const auto ask = [&] {
    DtmGidReply gid;
    grpc::ClientContext context;
    return rig.stub->NewGid(&context, Empty(), &gid).error_code();
  };
  EXPECT_TRUE(ServerRig::Eventually([&] { return ask() == StatusCode::RESOURCE_EXHAUSTED; }));
  EXPECT_TRUE(ServerRig::Eventually([&] { return ask() == StatusCode::OK; }));
}

TEST(GrpcLimits, LargeRepliesThatAreNotTakenAreBoundedTogether) {
  GrpcRigOptions options;
  options.service.max_reply_bytes = 5'000'000;
  GrpcRig rig(options);
  DtmProgressesReply progresses;
  ASSERT_TRUE(rig.PrepareWorkflow(Workflow("wf"), progresses).ok());
  for (const char* id : {"01", "02"}) {
    ASSERT_TRUE(rig.Register(Recorded("wf", id, std::string(450'000, 'r'))).ok());
  }
  std::deque<RawClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back(rig.port).Send(
        PrefaceWithoutWindow() +
        GrpcCall(1, "/dtmgimp.Dtm/PrepareWorkflow", {}, Workflow("wf").SerializeAsString()));
  }
  EXPECT_TRUE(ServerRig::Eventually([&] {
    return rig.PrepareWorkflow(Workflow("wf"), progresses).error_code() ==
           StatusCode::RESOURCE_EXHAUSTED;
  }));
  EXPECT_TRUE(rig.Submit(Saga("fine", {"Out"})).ok());
  clients.clear();
  EXPECT_TRUE(
      ServerRig::Eventually([&] { return rig.PrepareWorkflow(Workflow("wf"), progresses).ok(); }));
}

}  // namespace
}  // namespace treaty::testing
