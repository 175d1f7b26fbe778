// As http_blame_test.cc, for calls by gRPC.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "participant/blame.h"
#include "participant/grpc_server.h"
#include "participant/grpc_world.h"

namespace treaty::test {
namespace {

using std::chrono::milliseconds;

class GrpcBlame : public ::testing::Test {
 protected:
  GrpcBlame() {
    config_.lookup = LoopbackFor(asked_);
    config_.may_send = asked_->may_send();
    config_.dns_ttl = Duration(0);  // Every call asks for its name.
  }

  static std::string Named(const GrpcServer& server) {
    return "bank.example:" + std::to_string(server.port()) + "/bank.Bank/Out";
  }

  const std::shared_ptr<Asked> asked_ = std::make_shared<Asked>();
  GrpcParticipantConfig config_ = GrpcConfig();
};

TEST_F(GrpcBlame, TheStartOfACallAsksForItsName) {
  GrpcServer server;
  GrpcWorld world(config_);
  EXPECT_EQ(AskBlamed(world, GrpcCallTo(Named(server))).outcome, Outcome::kSuccess);
  EXPECT_EQ(asked_->names, 1);
  EXPECT_EQ(asked_->noted_names, 1);
}

// Once it is connected, and for whoever is next once it has ended.
TEST_F(GrpcBlame, ACallGoesOutWhenItsChannelIsConnected) {
  GrpcServer server;
  GrpcWorld world(config_);
  AskBlamed(world, GrpcCallTo(Named(server)));
  EXPECT_EQ(asked_->noted_may_send, 2);
}

TEST_F(GrpcBlame, AndWhenItsNameIsFoundWhereItIs) {
  GrpcServer server;
  GrpcWorld world(config_);
  AskBlamed(world, GrpcCallTo(Named(server)));
  asked_->noted_may_send = 0;
  AskBlamed(world, GrpcCallTo(Named(server)));
  EXPECT_EQ(asked_->names, 2);
  EXPECT_EQ(asked_->noted_may_send, 2);
}

// AskBlamed looks.
TEST_F(GrpcBlame, EveryEndIsTold) {
  GrpcServer silent(GrpcServer::Hold);
  const auto end = [this](const std::string& url) {
    GrpcWorld world(config_);
    return AskBlamed(world, GrpcCallTo(url, "p", milliseconds(200))).text;
  };
  EXPECT_EQ(end(Named(silent)), "gRPC status 4");
  asked_->noted_may_send = 0;
  EXPECT_EQ(end("hangs.example:1/b.B/M"), "timed out, looking up the name");
  EXPECT_EQ(asked_->noted_may_send, 1) << "for whoever is next";
  EXPECT_EQ(end("127.0.0.9:1/b.B/M"), "cannot connect: connect: Connection refused");
  EXPECT_NE(end("no url"), "");
  config_.queued_per_destination = 0;
  EXPECT_EQ(end(Named(silent)), "too many calls queued for the destination");
}

TEST_F(GrpcBlame, SoAreThoseOfCallsThatWait) {
  GrpcServer silent(GrpcServer::Hold);
  config_.calls_per_destination = 1;
  int told = 0;
  GrpcWorld world(config_);
  for (int i = 0; i < 3; ++i) {
    world.participant().Call(GrpcCallTo(Named(silent), "p", milliseconds(i == 1 ? 50 : 5'000)),
                             [&told](const BranchReply&) { told += IsNoted() ? 1 : 0; });
  }
  world.RunUntil([&] { return told == 1; });
  world.participant().CancelAll();
  EXPECT_EQ(told, 3);
}

}  // namespace
}  // namespace treaty::test
