// Where the calls by gRPC end that the library reports.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "participant/grpc_server.h"
#include "participant/grpc_world.h"

namespace treaty::test {
namespace {

// What a call holds goes on the lane's thread alone: its channel, and whatever waits for its end.
TEST(GrpcEnd, TheLibrarysThreadsLetGoOfACallBeforeItsEndIsTold) {
  GrpcServer server;
  GrpcWorld world;
  std::atomic<int> gone = 0;
  std::atomic<int> gone_elsewhere = 0;
  const auto here = std::this_thread::get_id();
  constexpr int kCalls = 3'000;
  constexpr int kAtATime = 20;
  int begun = 0;
  int ended = 0;
  while (ended < kCalls) {
    for (; begun < std::min(kCalls, ended + kAtATime); ++begun) {
      const std::shared_ptr<int> held(new int(0), [&](const int* one) {
        ++gone;
        gone_elsewhere += std::this_thread::get_id() == here ? 0 : 1;
        delete one;
      });
      world.participant().Call(GrpcCallTo(server.url()),
                               [&ended, held](const BranchReply&) { ++ended; });
    }
    world.RunUntil([&, now = ended] { return ended > now; });
  }
  world.RunUntil([&] { return gone == kCalls; });
  EXPECT_EQ(gone_elsewhere, 0);
}

}  // namespace
}  // namespace treaty::test
