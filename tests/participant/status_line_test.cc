// Replies whose status line ends after its number.

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "participant/world.h"
#include "support/raw_server.h"

namespace treaty::test {
namespace {

BranchReply AskOnce(const std::string& reply) {
  RawServer server(Always(reply));
  World world;
  return world.Ask(CallTo(server.url("/x")));
}

// Some servers leave out the blank that should stand before a reason that they do not give.
TEST(StatusLine, WithoutAReasonCounts) {
  const std::string rest = "\r\nContent-Length: 2\r\n\r\n{}";
  EXPECT_EQ(AskOnce("HTTP/1.1 200" + rest).outcome, Outcome::kSuccess);
  EXPECT_EQ(AskOnce("HTTP/1.1 200 " + rest).outcome, Outcome::kSuccess);
  EXPECT_EQ(AskOnce("HTTP/1.0 409" + rest).outcome, Outcome::kFailure);
  EXPECT_EQ(AskOnce("HTTP/1.1 425" + rest).outcome, Outcome::kOngoing);
  EXPECT_EQ(AskOnce("HTTP/1.1 500" + rest).text, "status 500");
  EXPECT_EQ(
      AskOnce("HTTP/1.1 100\r\n\r\nHTTP/1.1 103\r\nLink: x\r\n\r\nHTTP/1.1 409" + rest).outcome,
      Outcome::kFailure);
  for (const char* odd : {"HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 abc", "HTTP/1.1 ", "HTTP/1.1",
                          "HTTP/2.0 200", "HTTP/1.1\t200"}) {
    EXPECT_EQ(AskOnce(odd + rest).outcome, Outcome::kUnknown) << odd;
  }
}

TEST(StatusLine, WithoutAReasonMayComeInPieces) {
  const std::string reply = "HTTP/1.1 409\r\nContent-Length: 2\r\n\r\n{}";
  for (std::size_t cut = 1; cut < reply.size(); ++cut) {
    RawServer server([&](RawPeer& peer) {
      while (!peer.ReadRequest().empty()) {
        peer.Write(reply.substr(0, cut));
        std::this_thread::yield();
        peer.Write(reply.substr(cut));
      }
    });
    World world;
    EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kFailure) << cut;
    EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kFailure) << cut;
  }
}

}  // namespace
}  // namespace treaty::test
