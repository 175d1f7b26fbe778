// Whatever happens in a call by HTTP happens on behalf of its transaction: that is who is blamed
// when it ends the process. Each test is about one of the places that see to it.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "participant/blame.h"
#include "participant/no_means.h"
#include "participant/world.h"
#include "support/raw_server.h"

namespace treaty::test {
namespace {

using std::chrono::milliseconds;

class HttpBlame : public ::testing::Test {
 protected:
  HttpBlame() {
    config_.lookup = LoopbackFor(asked_);
    config_.may_send = asked_->may_send();
  }

  static std::string Named(const RawServer& server, const std::string& name = "bank.example") {
    return "http://" + name + ":" + std::to_string(server.port()) + "/";
  }

  const std::shared_ptr<Asked> asked_ = std::make_shared<Asked>();
  HttpParticipantConfig config_ = LocalConfig();
};

TEST_F(HttpBlame, TheStartOfACallAsksForItsName) {
  RawServer server(Always(HttpReply(200, "")));
  World world(config_);
  EXPECT_EQ(AskBlamed(world, CallTo(Named(server))).outcome, Outcome::kSuccess);
  EXPECT_EQ(asked_->names, 1);
  EXPECT_EQ(asked_->noted_names, 1);
}

TEST_F(HttpBlame, ANameThatIsFoundIsDialled) {
  RawServer server(Always(HttpReply(200, "")));
  World world(config_);
  SocketsOfThisThread() = {};
  AskBlamed(world, CallTo(Named(server)));
  EXPECT_EQ(SocketsOfThisThread().noted, 1);
  EXPECT_EQ(SocketsOfThisThread().of_nobody, 0);
}

TEST_F(HttpBlame, AnAddressThatRefusesIsFollowedByTheNext) {
  config_.lookup = [](const std::string&) -> Result<Addresses> {
    return Addresses{boost::asio::ip::make_address("127.0.0.9"),
                     boost::asio::ip::make_address("127.0.0.10"),
                     boost::asio::ip::address_v4::loopback()};
  };
  RawServer server(Always(HttpReply(200, "")));
  World world(config_);
  SocketsOfThisThread() = {};
  EXPECT_EQ(AskBlamed(world, CallTo(Named(server))).outcome, Outcome::kSuccess);
  EXPECT_EQ(SocketsOfThisThread().noted, 3);
  EXPECT_EQ(SocketsOfThisThread().of_nobody, 0);
}

// Once it is connected, and for whoever is next once it has ended.
TEST_F(HttpBlame, EventsOfItsConnection) {
  RawServer fine(Always(HttpReply(200, "")));
  RawServer gone([](RawPeer& peer) { peer.ReadRequest(); });
  for (const RawServer* server : {&fine, &gone}) {
    asked_->noted_may_send = 0;
    World world(config_);
    AskBlamed(world, CallTo(Named(*server)));
    EXPECT_EQ(asked_->noted_may_send, 2);
  }
  asked_->noted_may_send = 0;
  World world(config_);
  AskBlamed(world, CallTo("http://127.0.0.9:1/"));
  EXPECT_EQ(asked_->noted_may_send, 1) << "it was never connected";
}

TEST_F(HttpBlame, AKeptConnectionThatBrokeIsReplaced) {
  RawServer server([](RawPeer& peer) {
    peer.ReadRequest();
    peer.Write(HttpReply(200, ""));
    if (peer.number() == 0) peer.ReadRequest();
    if (peer.number() > 0) peer.WaitForEnd();
  });
  World world(config_);
  AskBlamed(world, CallTo(Named(server)));
  SocketsOfThisThread() = {};
  EXPECT_EQ(AskBlamed(world, CallTo(Named(server))).outcome, Outcome::kSuccess);
  EXPECT_EQ(SocketsOfThisThread().noted, 1);
  EXPECT_EQ(SocketsOfThisThread().of_nobody, 0);
}

// AskBlamed looks.
TEST_F(HttpBlame, EveryEndIsTold) {
  RawServer silent([](RawPeer& peer) { peer.WaitForEnd(); });
  const auto end = [this](const std::string& url) {
    World world(config_);
    return AskBlamed(world, CallTo(url, "{}", milliseconds(100))).text;
  };
  EXPECT_EQ(end(Named(silent)), "timed out");
  EXPECT_EQ(end("http://hangs.example/"), "looking up the name: timed out");
  EXPECT_NE(end("no url"), "");
  config_.queued_per_destination = 0;
  EXPECT_EQ(end(Named(silent)), "too many calls queued for the destination");
}

TEST_F(HttpBlame, SoAreThoseOfCallsThatWait) {
  RawServer silent([](RawPeer& peer) { peer.WaitForEnd(); });
  config_.connections_per_destination = 1;
  int told = 0;
  World world(config_);
  for (int i = 0; i < 3; ++i) {
    world.participant().Call(CallTo(Named(silent), "{}", milliseconds(i == 1 ? 50 : 5'000)),
                             [&told](const BranchReply&) { told += IsNoted() ? 1 : 0; });
  }
  world.RunUntil([&] { return told == 1; });
  world.participant().CancelAll();
  EXPECT_EQ(told, 3);
}

}  // namespace
}  // namespace treaty::test
