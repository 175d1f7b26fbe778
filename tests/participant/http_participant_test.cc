// Calls over real sockets to a server that does whatever the test wants.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "participant/packed.h"
#include "participant/world.h"
#include "support/raw_server.h"

namespace treaty::test {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

BranchReply AskOnce(const std::string& reply) {
  RawServer server(Always(reply));
  World world;
  return world.Ask(CallTo(server.url("/x")));
}

// Holds every connection without a word.
RawServer::Script BlackHole() {
  return [](RawPeer& peer) { peer.WaitForEnd(); };
}

void Hesitate(const RawPeer& peer, milliseconds time) {
  const auto until = Steady::now() + time;
  while (!peer.stopping() && Steady::now() < until) std::this_thread::sleep_for(milliseconds(1));
}

TEST(HttpParticipant, SendsThePayloadUntouchedAndReportsTheOutcome) {
  std::string request;
  RawServer server([&request](RawPeer& peer) {
    request = peer.ReadRequest();
    peer.Write(HttpReply(200, ""));
    peer.WaitForEnd();
  });
  World world;
  const std::string payload("\0\xff{\r\n\r\n", 7);
  EXPECT_EQ(world.Ask(CallTo(server.url("/out?a=1"), payload)).outcome, Outcome::kSuccess);
  EXPECT_TRUE(request.starts_with(
      "POST /out?a=1&branch_id=01&gid=g-1&op=action&trans_type=saga HTTP/1.1\r\n"))
      << request;
  EXPECT_TRUE(request.ends_with("Content-Length: 7\r\n\r\n" + payload)) << request;
}

TEST(HttpParticipant, SendsPayloadsLargerThanTheSocketTakesAtOnce) {
  std::atomic<bool> whole = false;
  std::string payload(8 * 1024 * 1024, 'x');
  for (std::size_t i = 0; i < payload.size(); i += 1'000) payload[i] = static_cast<char>(i / 1'000);
  RawServer server([&](RawPeer& peer) {
    whole = peer.ReadRequest().ends_with("\r\n\r\n" + payload);
    peer.Write(HttpReply(200, ""));
    peer.WaitForEnd();
  });
  World world;
  EXPECT_EQ(world.Ask(CallTo(server.url("/"), payload)).outcome, Outcome::kSuccess);
  EXPECT_TRUE(whole);
}

TEST(HttpParticipant, MapsStatusAndWords) {
  EXPECT_EQ(AskOnce(HttpReply(409, "no money")).text, "no money");
  EXPECT_EQ(AskOnce(HttpReply(409, "no money")).outcome, Outcome::kFailure);
  EXPECT_EQ(AskOnce(HttpReply(425, "")).outcome, Outcome::kOngoing);
  EXPECT_EQ(AskOnce(HttpReply(200, "{\"dtm_result\":\"FAILURE\"}")).outcome, Outcome::kFailure);
  EXPECT_EQ(AskOnce(HttpReply(500, "oops")).text, "status 500");
  EXPECT_EQ(AskOnce("HTTP/1.1 204 No Content\r\n\r\n").outcome, Outcome::kUnknown);
}

TEST(HttpParticipant, ReadsEveryFormOfBody) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(AskOnce(ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nFAI\r\n4;x=y\r\nLURE\r\n0\r\n\r\n")
                .outcome,
            Outcome::kFailure);
  RawServer until_end([&](RawPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.0 200 OK\r\n\r\nFAILURE");
  });
  World world;
  EXPECT_EQ(world.Ask(CallTo(until_end.url("/"))).outcome, Outcome::kFailure);
  EXPECT_EQ(world.Ask(CallTo(until_end.url("/"))).outcome, Outcome::kFailure);
  EXPECT_EQ(until_end.connections(), 2);
}

TEST(HttpParticipant, SkipsInterimReplies) {
  EXPECT_EQ(AskOnce("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
                    HttpReply(409, ""))
                .outcome,
            Outcome::kFailure);
}

TEST(HttpParticipant, UnpacksGzip) {
  const std::string header = "Content-Encoding: gzip\r\n";
  EXPECT_EQ(AskOnce(HttpReply(200, Gzip("FAILURE"), header)).outcome, Outcome::kFailure);
  EXPECT_EQ(AskOnce(HttpReply(200, "", header)).outcome, Outcome::kSuccess);
  const std::string bomb = Gzip(std::string(10'000'000, ' '));
  ASSERT_LT(bomb.size(), 60'000U);
  EXPECT_EQ(AskOnce(HttpReply(200, bomb, header)).outcome, Outcome::kSuccess);
  EXPECT_EQ(AskOnce(HttpReply(200, "no gzip", header)).outcome, Outcome::kUnknown);
  EXPECT_EQ(AskOnce(HttpReply(200, Gzip("FAILURE").substr(0, 12), header)).outcome,
            Outcome::kUnknown);
}

TEST(HttpParticipant, NeverFollowsARedirect) {
  RawServer other(Always(HttpReply(200, "")));
  for (const int status : {301, 302, 303, 307, 308}) {
    EXPECT_EQ(AskOnce(HttpReply(status, "", "Location: " + other.url("/") + "\r\n")).outcome,
              Outcome::kUnknown);
  }
  EXPECT_EQ(other.connections(), 0);
}

TEST(HttpParticipant, CutsALongReplyAndCountsItsStatus) {
  RawServer server([](RawPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
    const std::string piece(64 * 1024, 'x');
    for (int i = 0; i < 1'600 && peer.Write(piece); ++i) {
    }
    peer.WaitForEnd();
  });
  World world;
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess);
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess);
  EXPECT_EQ(server.connections(), 2) << "the connection cannot be used again";
}

TEST(HttpParticipant, EndsEndlessHeadersAtTheLimit) {
  RawServer server([](RawPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\n");
    while (peer.Write("X-Filler: " + std::string(1'000, 'x') + "\r\n")) {
    }
  });
  World world;
  const auto reply = world.Ask(CallTo(server.url("/")));
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
  EXPECT_NE(reply.text.find("malformed"), std::string::npos) << reply.text;
}

TEST(HttpParticipant, RefusesWhatIsNotHttp) {
  EXPECT_EQ(AskOnce("SSH-2.0-OpenSSH_9\r\n\r\n").outcome, Outcome::kUnknown);
  EXPECT_EQ(AskOnce("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab").outcome,
            Outcome::kUnknown);
}

TEST(HttpParticipant, AReplyThatBreaksOffIsUnknown) {
  RawServer server([](RawPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  });
  World world;
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).text, "closed within the reply");
}

TEST(HttpParticipant, CutsASlowReplyAtTheDeadline) {
  RawServer server([](RawPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (!peer.stopping() && peer.Write("x")) std::this_thread::sleep_for(milliseconds(5));
  });
  World world;
  const auto start = Steady::now();
  const auto reply = world.Ask(CallTo(server.url("/"), "{}", milliseconds(200)));
  const auto took = Steady::now() - start;
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
  EXPECT_EQ(reply.text, "timed out");
  EXPECT_GE(took, milliseconds(150));
  EXPECT_LT(took, milliseconds(1'000));
}

TEST(HttpParticipant, TheTimeOutBeginsAfterTheQueue) {
  RawServer slow([](RawPeer& peer) {
    while (!peer.ReadRequest().empty()) {
      Hesitate(peer, milliseconds(150));
      peer.Write(HttpReply(200, ""));
    }
  });
  HttpParticipantConfig config = LocalConfig();
  config.connections_per_destination = 1;
  World world(config);
  std::vector<BranchCall> calls;
  for (int i = 0; i < 2; ++i) calls.push_back(CallTo(slow.url("/"), "{}", milliseconds(250)));
  for (const BranchReply& reply : world.AskAll(std::move(calls))) {
    EXPECT_EQ(reply.outcome, Outcome::kSuccess) << reply.text;
  }
}

TEST(HttpParticipant, ACallThatNeverLeftTheQueueWasNotSent) {
  RawServer server(BlackHole());
  HttpParticipantConfig config = LocalConfig();
  config.connections_per_destination = 2;
  World world(config);
  std::vector<BranchCall> calls;
  // Those that are called take longer than the others wait.
  for (int i = 0; i < 10; ++i) {
    calls.push_back(CallTo(server.url("/"), "{}", milliseconds(i < 2 ? 800 : 200)));
  }
  const auto start = Steady::now();
  const auto replies = world.AskAll(std::move(calls));
  for (const BranchReply& reply : replies) EXPECT_TRUE(reply.text.ends_with("timed out"));
  EXPECT_EQ(std::ranges::count(replies, Outcome::kUnknown, &BranchReply::outcome), 2);
  EXPECT_EQ(std::ranges::count(replies, Outcome::kNotSent, &BranchReply::outcome), 8);
  EXPECT_LT(Steady::now() - start, milliseconds(3'000));
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpParticipant, ReusesConnectionsWithinTheLimit) {
  RawServer server(Always(HttpReply(200, "")));
  HttpParticipantConfig config = LocalConfig();
  config.connections_per_destination = 3;
  World world(config);
  for (int round = 0; round < 5; ++round) {
    std::vector<BranchCall> calls;
    for (int i = 0; i < 50; ++i) calls.push_back(CallTo(server.url("/" + std::to_string(i))));
    for (const BranchReply& reply : world.AskAll(std::move(calls))) {
      EXPECT_EQ(reply.outcome, Outcome::kSuccess);
    }
  }
  EXPECT_EQ(server.connections(), 3);
}

TEST(HttpParticipant, ConnectionCloseIsHonoured) {
  RawServer server(Always(HttpReply(200, "", "Connection: close\r\n")));
  World world;
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess);
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpParticipant, TriesOnceMoreWhenAKeptConnectionWasClosed) {
  RawServer server([](RawPeer& peer) {
    if (peer.ReadRequest().empty()) return;
    peer.Write(HttpReply(200, ""));
    if (peer.number() > 0) peer.WaitForEnd();
    // The first connection closes without saying so.
  });
  World world;
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess);
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpParticipant, TriesOnceMoreWhenAKeptConnectionDiesUnderTheRequest) {
  RawServer server([](RawPeer& peer) {
    if (peer.ReadRequest().empty()) return;
    peer.Write(HttpReply(200, ""));
    peer.ReadRequest();  // Never answered: closed after the request has arrived.
  });
  World world;
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess) << i;
  }
  EXPECT_EQ(server.connections(), 4);
}

TEST(HttpParticipant, AFreshConnectionThatClosesIsUnknownAtOnce) {
  RawServer server([](RawPeer& peer) { peer.ReadRequest(); });
  World world;
  const auto reply = world.Ask(CallTo(server.url("/")));
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpParticipant, ConnectionsExpireWhenIdle) {
  RawServer server(Always(HttpReply(200, "")));
  HttpParticipantConfig config = LocalConfig();
  config.idle_expiry = milliseconds(0);
  World world(config);
  for (int i = 0; i < 3; ++i) world.Ask(CallTo(server.url("/")));
  EXPECT_GE(server.connections(), 1);
  std::atomic<int> closed = 0;
  RawServer watched([&closed](RawPeer& peer) {
    peer.ReadRequest();
    peer.Write(HttpReply(200, ""));
    peer.WaitForEnd();
    ++closed;
  });
  world.Ask(CallTo(watched.url("/")));
  world.RunUntil([&] { return closed == 1; });
}

TEST(HttpParticipant, AHungDestinationDelaysNoOther) {
  RawServer hung(BlackHole());
  RawServer good(Always(HttpReply(200, "")));
  World world;
  std::size_t timed_out = 0;
  for (int i = 0; i < 1'000; ++i) {
    world.participant().Call(CallTo(hung.url("/"), "{}", std::chrono::seconds(15)),
                             [&](const BranchReply&) { ++timed_out; });
  }
  const auto start = Steady::now();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(world.Ask(CallTo(good.url("/"))).outcome, Outcome::kSuccess);
  }
  EXPECT_LT(Steady::now() - start, std::chrono::seconds(5));
  EXPECT_EQ(timed_out, 0U);
  world.participant().CancelAll();
  world.RunUntil([&] { return timed_out == 1'000; });
  EXPECT_LE(hung.connections(), 16);
}

// More hung destinations than the lane has calls: once they are known, the others have room.
TEST(HttpParticipant, ManyHungDestinationsLeaveRoomForTheOthers) {
  std::vector<std::unique_ptr<RawServer>> hung;
  for (int i = 0; i < 8; ++i) hung.push_back(std::make_unique<RawServer>(BlackHole()));
  RawServer good(Always(HttpReply(200, "")));
  HttpParticipantConfig config = LocalConfig();
  config.calls_in_flight = 8;
  config.connections_per_destination = 4;
  World world(config);
  std::size_t open = 0;
  std::function<void(const std::string&)> keep_calling = [&](const std::string& url) {
    ++open;
    world.participant().Call(CallTo(url, "{}", milliseconds(100)), [&, url](const BranchReply&) {
      --open;
      keep_calling(url);
    });
  };
  for (const auto& server : hung) {
    for (int i = 0; i < 8; ++i) keep_calling(server->url("/"));
  }
  const auto start = Steady::now();
  world.RunUntil([&] { return Steady::now() - start > std::chrono::seconds(2); });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(world.Ask(CallTo(good.url("/"), "{}", milliseconds(1'000))).outcome,
              Outcome::kSuccess);
  }
  EXPECT_LT(Steady::now() - start, std::chrono::seconds(4));
  EXPECT_EQ(open, 64U);
}

// Four calls to one URL. Where the others are given less time than the first, they cannot be let
// through by its end: they have left the queue by then.
std::vector<BranchCall> OneAndThree(const std::string& url, milliseconds first,
                                    milliseconds others) {
  std::vector<BranchCall> calls;
  calls.push_back(CallTo(url, "{}", first));
  for (int i = 0; i < 3; ++i) calls.push_back(CallTo(url, "{}", others));
  return calls;
}

// One call at a time finds out that a hung destination is back; then it has its whole share.
TEST(HttpParticipant, ADestinationThatComesBackIsTrustedAgain) {
  std::atomic<bool> back = false;
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  RawServer server([&](RawPeer& peer) {
    while (!peer.ReadRequest().empty()) {
      if (!back) return peer.WaitForEnd();
      const int now = ++at_once;
      most = std::max(most.load(), now);
      Hesitate(peer, milliseconds(50));
      --at_once;
      peer.Write(HttpReply(200, ""));
    }
  });
  World world;
  const auto ask = [&](milliseconds first, milliseconds others) {
    return world.AskAll(OneAndThree(server.url("/"), first, others));
  };
  ask(milliseconds(300), milliseconds(300));
  const int connections = server.connections();
  ask(milliseconds(600), milliseconds(100));
  EXPECT_EQ(server.connections(), connections + 1);
  back = true;
  for (const BranchReply& reply : ask(milliseconds(3'000), milliseconds(3'000))) {
    EXPECT_EQ(reply.outcome, Outcome::kSuccess);
  }
  EXPECT_GT(most, 1);
}

// What it knows of a suspect goes with it: called again, the destination has its whole share.
TEST(HttpParticipant, ADestinationNotCalledForSomeTimeIsForgotten) {
  for (const auto& [forget_after, more] :
       {std::pair(milliseconds(600'000), 1), std::pair(milliseconds(20), 4)}) {
    RawServer hung(BlackHole());
    RawServer other(BlackHole());
    HttpParticipantConfig config = LocalConfig();
    config.forget_after = forget_after;
    World world(config);
    const auto ask = [&](const RawServer& server, milliseconds first, milliseconds others) {
      world.AskAll(OneAndThree(server.url("/"), first, others));
    };
    ask(hung, milliseconds(100), milliseconds(100));
    ask(other, milliseconds(300), milliseconds(300));
    const int before = hung.connections();
    ask(hung, milliseconds(600), milliseconds(100));
    world.RunUntil([&] { return hung.connections() >= before + more; });
    EXPECT_EQ(hung.connections(), before + more);
  }
}

// A process without its lease: what waits is put off as not sent, and what comes later is called.
TEST(HttpParticipant, SendsNothingWhileItMayNot) {
  RawServer server(Always(HttpReply(200, "{}")));
  bool may = false;
  HttpParticipantConfig config = LocalConfig();
  config.may_send = [&may] { return may; };
  World world(config);
  EXPECT_EQ(world.Ask(CallTo(server.url("/"), "{}", milliseconds(100))).outcome, Outcome::kNotSent);
  EXPECT_EQ(server.connections(), 0);
  may = true;
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess);
  may = false;
  EXPECT_EQ(world.Ask(CallTo(server.url("/"), "{}", milliseconds(100))).outcome, Outcome::kNotSent);
  EXPECT_EQ(server.connections(), 1);
}

// It lost the right while it dialled.
TEST(HttpParticipant, AsksOnceMoreWhenAConnectionIsThere) {
  std::atomic<int> requests = 0;
  RawServer server([&requests](test::RawPeer& peer) {
    if (!peer.ReadRequest().empty()) ++requests;
  });
  int asked = 0;
  HttpParticipantConfig config = LocalConfig();
  config.may_send = [&asked] { return ++asked == 1; };
  World world(config);
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kNotSent);
  EXPECT_EQ(requests, 0);
  EXPECT_EQ(asked, 3);  // To start, to send, and for what else waits.
}

TEST(HttpParticipant, RefusesCallsBeyondTheQueue) {
  RawServer hung(BlackHole());
  HttpParticipantConfig config = LocalConfig();
  config.connections_per_destination = 1;
  config.queued_per_destination = 2;
  World world(config);
  std::vector<BranchCall> calls;
  for (int i = 0; i < 5; ++i) calls.push_back(CallTo(hung.url("/"), "{}", milliseconds(300)));
  const auto replies = world.AskAll(std::move(calls));
  EXPECT_EQ(replies[0].outcome, Outcome::kUnknown);
  EXPECT_EQ(replies[2].text, "queued: timed out");
  for (const std::size_t i : {3U, 4U}) {
    EXPECT_EQ(replies[i].outcome, Outcome::kNotSent);
    EXPECT_NE(replies[i].text.find("too many calls queued"), std::string::npos);
  }
}

TEST(HttpParticipant, TheTotalOfALaneIsSharedInTurns) {
  RawServer first(Always(HttpReply(200, "")));
  RawServer second(Always(HttpReply(200, "")));
  HttpParticipantConfig config = LocalConfig();
  config.calls_in_flight = 1;
  World world(config);
  std::vector<int> order;
  const auto call = [&](const RawServer& server, int name) {
    world.participant().Call(CallTo(server.url("/")), [&order, name](const BranchReply& reply) {
      EXPECT_EQ(reply.outcome, Outcome::kSuccess);
      order.push_back(name);
    });
  };
  for (int i = 0; i < 3; ++i) call(first, 1);
  for (int i = 0; i < 3; ++i) call(second, 2);
  world.RunUntil([&] { return order.size() == 6; });
  EXPECT_EQ(order, (std::vector<int>{1, 2, 1, 2, 1, 2}));
}

TEST(HttpParticipant, ARefusedConnectionIsUnknown) {
  std::string url;
  {
    RawServer gone(Always(""));
    url = gone.url("/");
  }
  World world;
  const auto reply = world.Ask(CallTo(url));
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
  EXPECT_TRUE(reply.text.starts_with("connect: ")) << reply.text;
}

TEST(HttpParticipant, ResolvesNamesAndTriesEachAddress) {
  // "localhost" is often ::1 too, where nobody listens.
  RawServer server(Always(HttpReply(200, "")));
  World world;
  const std::string url = "http://localhost:" + std::to_string(server.port()) + "/";
  EXPECT_EQ(world.Ask(CallTo(url)).outcome, Outcome::kSuccess);
  EXPECT_EQ(world.Ask(CallTo(url)).outcome, Outcome::kSuccess);
  EXPECT_EQ(server.connections(), 1);
}

// Every call dials, and so needs the address.
TEST(HttpParticipant, ANameIsLookedUpAgainAfterItsTime) {
  RawServer server(Always(HttpReply(200, "", "Connection: close\r\n")));
  for (const auto& [ttl, times] :
       {std::pair(milliseconds(60'000), 1), std::pair(milliseconds(1), 3)}) {
    const auto asked = std::make_shared<std::atomic<int>>(0);
    HttpParticipantConfig config = LocalConfig();
    config.dns_ttl = ttl;
    config.lookup = [asked](const std::string& name) -> Result<Addresses> {
      EXPECT_EQ(name, "bank.test");
      ++*asked;
      return Addresses{boost::asio::ip::make_address("127.0.0.1")};
    };
    World world(config);
    const std::string url = "http://bank.test:" + std::to_string(server.port()) + "/";
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(world.Ask(CallTo(url)).outcome, Outcome::kSuccess);
      const auto start = Steady::now();
      world.RunUntil([&] { return Steady::now() - start > milliseconds(5); });
    }
    EXPECT_EQ(*asked, times);
  }
}

TEST(HttpParticipant, ThePolicyHoldsForTheAddressDialled) {
  RawServer server(Always(HttpReply(200, "")));
  HttpParticipantConfig config;  // No loopback.
  World closed(config);
  EXPECT_EQ(closed.Ask(CallTo(server.url("/"))).outcome, Outcome::kUnknown);
  EXPECT_EQ(closed.Ask(CallTo("http://localhost:" + std::to_string(server.port()) + "/")).outcome,
            Outcome::kUnknown);
  config.targets.allow_loopback = true;
  config.targets.own_listeners = {{"127.0.0.1", server.port()}};
  World own(config);
  EXPECT_EQ(own.Ask(CallTo(server.url("/"))).outcome, Outcome::kUnknown);
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpParticipant, UnusableUrlsAreUnknown) {
  World world;
  for (const char* url : {"ftp://bank/", "http://0x7f.1/", "http://169.254.169.254/", "nonsense"}) {
    EXPECT_EQ(world.Ask(CallTo(url)).outcome, Outcome::kUnknown) << url;
  }
}

TEST(HttpParticipant, DockerReachesTheHostUnderItsName) {
  HttpParticipantConfig config = LocalConfig();
  config.rewrite_localhost_for_docker = true;
  config.targets.allow = {{"127.0.0.1", 0, false}};  // So that the rewritten name is refused.
  World world(config);
  RawServer server(Always(HttpReply(200, "")));
  EXPECT_NE(world.Ask(CallTo(server.url("/"))).text.find("allow list"), std::string::npos);
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpParticipant, CancelAllEndsWhatIsInFlightAndQueued) {
  RawServer hung(BlackHole());
  HttpParticipantConfig config = LocalConfig();
  config.connections_per_destination = 2;
  World world(config);
  std::vector<std::string> texts;
  for (int i = 0; i < 5; ++i) {
    world.participant().Call(CallTo(hung.url("/")),
                             [&](const BranchReply& reply) { texts.push_back(reply.text); });
  }
  world.RunUntil([&] { return hung.connections() == 2; });
  world.participant().CancelAll();
  world.RunUntil([&] { return texts.size() == 5; });
  EXPECT_EQ(std::ranges::count(texts, "cancelled"), 2);
  EXPECT_EQ(std::ranges::count(texts, "queued: cancelled"), 3);
  EXPECT_EQ(hung.connections(), 2);
}

TEST(HttpParticipant, MayBeDestroyedWithCallsInFlight) {
  RawServer hung(BlackHole());
  World world;
  world.participant().Call(CallTo(hung.url("/")), [](const BranchReply&) { FAIL(); });
  const std::string by_name = "http://localhost:" + std::to_string(hung.port()) + "/";
  world.participant().Call(CallTo(by_name), [](const BranchReply&) { FAIL(); });
  world.RunUntil([&] { return hung.connections() >= 1; });
}

}  // namespace
}  // namespace treaty::test
