// The channels that no call needs: how many there may be, and when they give way.

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "participant/connections.h"
#include "participant/grpc_server.h"
#include "participant/grpc_world.h"

namespace treaty::test {
namespace {

TEST(GrpcIdle, ChannelsGiveWayWhereDescriptorsRunShort) {
  GrpcServer server;
  GrpcParticipantConfig config = GrpcConfig();
  config.descriptors = std::make_shared<Descriptors>(100'000);
  GrpcWorld world(config);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(world.Ask(GrpcCallTo(server.url())).outcome, Outcome::kSuccess);
    EXPECT_GT(CountConnectionsTo(server.port()), 0u);
    config.descriptors->NoteNone();
    world.RunUntil([&] { return CountConnectionsTo(server.port()) == 0; });
  }
}

TEST(GrpcIdle, NoChannelIsMadeOfTheLastDescriptors) {
  GrpcServer server;
  GrpcParticipantConfig config = GrpcConfig();
  config.descriptors = std::make_shared<Descriptors>(4);  // This program has more open already.
  GrpcWorld world(config);
  const BranchReply reply = world.Ask(GrpcCallTo(server.url()));
  EXPECT_EQ(reply.outcome, Outcome::kNotSent);
  EXPECT_EQ(reply.text, "cannot connect: Too many open files");
  EXPECT_TRUE(config.descriptors->AreShort());
  EXPECT_TRUE(server.calls().empty());
}

TEST(GrpcIdle, OfTooManyThoseIdleLongestAreClosed) {
  std::deque<GrpcServer> servers(5);
  GrpcParticipantConfig config = GrpcConfig();
  config.idle_channels = 4;
  GrpcWorld world(config);
  for (const GrpcServer& server : servers) {
    EXPECT_EQ(world.Ask(GrpcCallTo(server.url())).outcome, Outcome::kSuccess);
  }
  world.RunUntil([&] { return CountConnectionsTo(servers[2].port()) == 0; });
  world.RunUntil([&] { return CountConnectionsTo(servers[0].port()) == 0; });
  EXPECT_GT(CountConnectionsTo(servers[3].port()), 0u);
  EXPECT_GT(CountConnectionsTo(servers[4].port()), 0u);
  EXPECT_EQ(world.Ask(GrpcCallTo(servers[0].url())).outcome, Outcome::kSuccess);
}

}  // namespace
}  // namespace treaty::test
