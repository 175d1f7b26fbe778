// Destinations and names that leave calls waiting, whose callers would wait for an hour: what is
// left to the others.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "participant/world.h"
#include "support/raw_server.h"

namespace treaty::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds kMoment{1};

// Their callers are ready to wait for an hour: that is no reason to let others wait. Half of them
// were known to answer.
TEST(HttpPatience, LongTimeOutsTakeNoRoomFromOthers) {
  std::vector<std::unique_ptr<RawServer>> hung;
  for (int i = 0; i < 8; ++i) {
    hung.push_back(std::make_unique<RawServer>(
        [first = std::make_shared<std::atomic<bool>>(i % 2 == 0)](RawPeer& peer) {
          if (first->exchange(false) && !peer.ReadRequest().empty()) peer.Write(HttpReply(200, ""));
          peer.WaitForEnd();
        }));
  }
  RawServer good(Always(HttpReply(200, "")));
  HttpParticipantConfig config = LocalConfig();
  config.calls_in_flight = 16;
  config.connections_per_destination = 8;
  config.patience = milliseconds(300);
  World world(config);
  std::size_t ended = 0;
  for (int i = 0; i < 8; i += 2) {
    EXPECT_EQ(world.Ask(CallTo(hung[static_cast<std::size_t>(i)]->url("/"))).outcome,
              Outcome::kSuccess);
  }
  for (int i = 0; i < 64; ++i) {
    world.participant().Call(
        CallTo(hung[static_cast<std::size_t>(i % 8)]->url("/"), "{}", hours(1)),
        [&](const BranchReply&) { ++ended; });
  }
  const auto start = Steady::now();
  for (int i = 0; i < 20; ++i) {
    const BranchReply reply = world.Ask(CallTo(good.url("/"), "{}", seconds(10)));
    if (reply.outcome == Outcome::kSuccess) break;  // Nobody could know it in the first moment.
    EXPECT_EQ(reply.outcome, Outcome::kNotSent);
  }
  EXPECT_LT(Steady::now() - start, seconds(2));
  const auto known = Steady::now();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(world.Ask(CallTo(good.url("/"), "{}", seconds(10))).outcome, Outcome::kSuccess);
  }
  EXPECT_LT(Steady::now() - known, seconds(2));
  world.participant().CancelAll();
  world.RunUntil([&] { return ended == 64; });
}

// Nothing else wants its place: it has all the time that its caller gives it.
TEST(HttpPatience, AServiceThatIsSlowIsWaitedFor) {
  RawServer slow([](RawPeer& peer) {
    while (!peer.ReadRequest().empty()) {
      const auto end = Steady::now() + milliseconds(600);
      while (!peer.stopping() && Steady::now() < end) std::this_thread::sleep_for(kMoment);
      peer.Write(HttpReply(200, ""));
    }
  });
  RawServer good(Always(HttpReply(200, "")));
  HttpParticipantConfig config = LocalConfig();
  config.calls_in_flight = 4;
  config.connections_per_destination = 2;
  config.patience = milliseconds(100);
  World world(config);
  std::vector<BranchCall> calls;
  for (int i = 0; i < 2; ++i) calls.push_back(CallTo(slow.url("/"), "{}", seconds(10)));
  for (int i = 0; i < 40; ++i) calls.push_back(CallTo(good.url("/"), "{}", seconds(10)));
  for (const BranchReply& reply : world.AskAll(std::move(calls))) {
    EXPECT_EQ(reply.outcome, Outcome::kSuccess) << reply.text;
  }
}

TEST(HttpPatience, NoTimeOutMakesAQueueLonger) {
  RawServer hung([](RawPeer& peer) { peer.WaitForEnd(); });
  HttpParticipantConfig config = LocalConfig();
  config.connections_per_destination = 1;
  config.patience = milliseconds(200);
  World world(config);
  std::vector<BranchCall> calls;
  calls.push_back(CallTo(hung.url("/"), "{}", milliseconds(800)));
  calls.push_back(CallTo(hung.url("/"), "{}", hours(1)));
  const auto replies = world.AskAll(std::move(calls));
  EXPECT_EQ(replies[0].outcome, Outcome::kUnknown);
  EXPECT_EQ(replies[1].outcome, Outcome::kNotSent);
}

// However long their callers are ready to wait.
TEST(HttpPatience, NamesThatHangDelayNobodyElse) {
  struct Hold {
    std::mutex mutex;
    std::condition_variable ended;
    bool end = false;
  };
  const auto hold = std::make_shared<Hold>();  // Nobody joins the threads.
  RawServer good(Always(HttpReply(200, "")));
  HttpParticipantConfig config = LocalConfig();
  config.patience = milliseconds(200);
  config.calls_in_flight = 64;
  config.lookup = [hold](const std::string& name) -> Result<Addresses> {
    std::unique_lock lock(hold->mutex);
    hold->ended.wait(lock, [&] { return hold->end || name == "good.test"; });
    return Addresses{boost::asio::ip::make_address("127.0.0.1")};
  };
  World world(config);
  std::size_t ended = 0;
  for (int i = 0; i < 200; ++i) {
    world.participant().Call(CallTo("http://hangs" + std::to_string(i) + ".test/", "{}", hours(1)),
                             [&](const BranchReply& reply) {
                               EXPECT_NE(reply.outcome, Outcome::kSuccess);
                               ++ended;
                             });
  }
  const std::string url = "http://good.test:" + std::to_string(good.port()) + "/";
  const auto start = Steady::now();
  BranchReply reply;
  while (Steady::now() - start < seconds(5) && reply.outcome != Outcome::kSuccess) {
    reply = world.Ask(CallTo(url));
  }
  EXPECT_EQ(reply.outcome, Outcome::kSuccess) << reply.text;
  world.RunUntil([&] { return ended == 200; });
  const std::lock_guard lock(hold->mutex);
  hold->end = true;
  hold->ended.notify_all();
}

// Whatever is done about a time-out is done at once: the compensation of a step, for one.
TEST(HttpPatience, ACallThatFollowsATimeOutWaitsForNothing) {
  RawServer silent([](RawPeer& peer) { peer.WaitForEnd(); });
  RawServer fine(Always(HttpReply(200, "")));
  World world;
  std::optional<BranchReply> second;
  world.participant().Call(CallTo(silent.url("/"), "{}", milliseconds(100)), [&](const auto&) {
    world.participant().Call(CallTo(fine.url("/"), "{}", milliseconds(1'000)),
                             [&](BranchReply reply) { second = std::move(reply); });
  });
  world.RunUntil([&] { return second.has_value(); });
  EXPECT_EQ(second->outcome, Outcome::kSuccess) << second->text;
}

}  // namespace
}  // namespace treaty::test
