// Calls while the process has nearly as many files open as it may.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "participant/world.h"
#include "support/raw_server.h"

namespace treaty::test {
namespace {

// Both the ones already there and the one that is done with its call.
TEST(ScarceDescriptors, IdleConnectionsGiveWayWhereDescriptorsRunShort) {
  std::atomic<int> closed = 0;
  RawServer server([&closed](RawPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.WaitForEnd();
    ++closed;
  });
  HttpParticipantConfig config = LocalConfig();
  config.descriptors = std::make_shared<Descriptors>(100'000);
  World world(config);
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess);
  EXPECT_EQ(closed, 0);
  config.descriptors->NoteNone();
  world.RunUntil([&] { return closed == 1; });
  config.descriptors->NoteNone();
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess);
  world.RunUntil([&] { return closed == 2; });
}

TEST(ScarceDescriptors, ACallThatWouldTakeOneOfTheLastDescriptorsIsPutOff) {
  RawServer server([](RawPeer& peer) { peer.ReadRequest(); });
  HttpParticipantConfig config = LocalConfig();
  config.descriptors = std::make_shared<Descriptors>(4);  // This program has more open already.
  World world(config);
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kNotSent);
  EXPECT_TRUE(config.descriptors->AreShort());
}

}  // namespace
}  // namespace treaty::test
