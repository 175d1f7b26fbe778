// Which protocol a call takes: HTTP and gRPC participants in one transaction.

#include "participant/by_url.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "participant/grpc/grpc_participant.h"
#include "participant/grpc_server.h"
#include "participant/world.h"
#include "support/raw_server.h"

namespace treaty::test {
namespace {

std::unique_ptr<Participant> MakeBoth(AsioLoop& loop) {
  static NoLog log;
  GrpcParticipantConfig grpc;
  grpc.targets.allow_loopback = true;
  return std::make_unique<ParticipantByUrl>(MakeHttpParticipant(LocalConfig(), loop, log),
                                            MakeGrpcParticipant(std::move(grpc), loop));
}

BranchCall CallOf(const std::string& protocol, const std::string& url) {
  BranchCall call = CallTo(url);
  auto body = std::make_shared<Body>(*call.body);
  body->protocol = protocol;
  call.step = std::shared_ptr<const Step>(body, &body->steps.front());
  call.body = std::move(body);
  return call;
}

TEST(ParticipantByUrl, TheUrlDecidesWhateverTheProtocol) {
  RawServer http([](RawPeer& peer) {
    while (!peer.ReadRequest().empty()) peer.Write(HttpReply(409, "by HTTP"));
  });
  GrpcServer grpc([](const GrpcCall&) { return grpc::Status(grpc::ABORTED, "by gRPC"); });
  World world(World::Make{MakeBoth});
  for (const char* protocol : {"http", "grpc", "json-rpc"}) {
    EXPECT_EQ(world.Ask(CallOf(protocol, http.url("/x"))).text, "by HTTP") << protocol;
    EXPECT_EQ(world.Ask(CallOf(protocol, "grpc://" + grpc.url())).text, "by gRPC") << protocol;
  }
  for (const char* protocol : {"grpc", "json-rpc"}) {
    EXPECT_EQ(world.Ask(CallOf(protocol, grpc.url())).text, "by gRPC") << protocol;
  }
}

TEST(ParticipantByUrl, CancelsTheCallsOfBoth) {
  RawServer http([](RawPeer& peer) { peer.WaitForEnd(); });
  GrpcServer grpc(GrpcServer::Hold);
  World world(World::Make{MakeBoth});
  int cancelled = 0;
  for (const std::string& url : {http.url("/x"), "grpc://" + grpc.url()}) {
    world.participant().Call(CallOf("http", url), [&](const BranchReply&) { ++cancelled; });
  }
  world.RunUntil([&] { return http.connections() == 1 && grpc.calls().size() == 1; });
  world.participant().CancelAll();
  EXPECT_EQ(cancelled, 2);
}

}  // namespace
}  // namespace treaty::test
