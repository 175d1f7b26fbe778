// What counts as the answer to a call: nothing that was said before it, and whatever is said while
// it is being sent.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <iterator>
#include <list>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "participant/identity.h"
#include "participant/tls_server.h"
#include "participant/world.h"
#include "support/raw_server.h"

namespace treaty::test {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

// What a server may say to a connection that it is about to close, or to nobody in particular.
const std::vector<std::string>& Unasked() {
  static const std::vector<std::string> all = {
      HttpReply(408, "", "Connection: close\r\n"),
      HttpReply(200, R"({"dtm_result":"SUCCESS"})"),
      HttpReply(409, "no"),
      HttpReply(503, "", "Connection: close\r\n"),
      "HTTP/1.1 100 Continue\r\n\r\n",
      "H",
      "\r\n",
  };
  return all;
}

// The server answers 425, and after its first answer says something that nobody asked for.
template <typename Server>
void ExpectASecondConnection(const HttpParticipantConfig& config, const Server& server,
                             const std::string& url, const std::atomic<int>& said) {
  World world(config);
  EXPECT_EQ(world.Ask(CallTo(url)).outcome, Outcome::kOngoing);
  // Lets the loop run until the peer's bytes are here.
  world.RunUntil([&] { return said > 0; });
  const auto start = Steady::now();
  world.RunUntil([&] { return Steady::now() - start > milliseconds(10); });
  EXPECT_EQ(world.Ask(CallTo(url)).outcome, Outcome::kOngoing);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpKept, WhatWasSaidBeforeTheRequestIsNoAnswer) {
  for (const std::string& unasked : Unasked()) {
    SCOPED_TRACE(unasked);
    std::atomic<int> said = 0;
    RawServer server([&](RawPeer& peer) {
      if (peer.ReadRequest().empty()) return;
      peer.Write(HttpReply(425, ""));
      if (peer.number() > 0) return peer.WaitForEnd();
      peer.Write(unasked);
      ++said;
      peer.WaitForEnd();
    });
    ExpectASecondConnection(LocalConfig(), server, server.url("/"), said);
  }
}

TEST(HttpKept, NorIsItWithTls) {
  const Identity identity("IP:127.0.0.1");
  const CaFile ca(identity);
  HttpParticipantConfig config = LocalConfig();
  config.ca_file = ca.path();
  for (const std::string& unasked : Unasked()) {
    SCOPED_TRACE(unasked);
    std::atomic<int> said = 0;
    TlsServer server(identity, [&](TlsServer::Stream& peer, int number) {
      if (!TlsServer::ReadRequest(peer)) return;
      TlsServer::Write(peer, HttpReply(425, ""));
      if (number > 0) return;
      TlsServer::Write(peer, unasked);
      ++said;
      TlsServer::ReadRequest(peer);
    });
    ExpectASecondConnection(config, server, server.url("127.0.0.1"), said);
  }
}

// Tickets for later sessions are nothing that was said.
TEST(HttpKept, AKeptConnectionWithTlsIsUsedAgain) {
  const Identity identity("IP:127.0.0.1");
  const CaFile ca(identity);
  HttpParticipantConfig config = LocalConfig();
  config.ca_file = ca.path();
  TlsServer server(identity);
  World world(config);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(world.Ask(CallTo(server.url("127.0.0.1"))).text, "over TLS");
  }
  EXPECT_EQ(server.connections(), 1);
}

// It said 408 while the request was on its way.
TEST(HttpKept, ARequestTimeOutOnAKeptConnectionIsNoAnswer) {
  std::atomic<int> requests = 0;
  RawServer server([&](RawPeer& peer) {
    while (!peer.ReadRequest().empty()) {
      const bool tired = peer.number() == 0 && requests > 0;
      ++requests;
      peer.Write(HttpReply(tired ? 408 : 409, "no"));
      if (tired) return;
    }
  });
  World world;
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kFailure);
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kFailure);
  EXPECT_EQ(requests, 3);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpKept, ARequestTimeOutOnANewConnectionIsOne) {
  std::atomic<int> requests = 0;
  RawServer server([&](RawPeer& peer) {
    while (!peer.ReadRequest().empty()) peer.Write(HttpReply(++requests == 1 ? 200 : 408, ""));
  });
  World world;
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess);
  const auto reply = world.Ask(CallTo(server.url("/")));
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
  EXPECT_EQ(reply.text, "status 408");
  EXPECT_EQ(requests, 3) << "once more, and no oftener";
}

TEST(HttpKept, AnInterimReplyAndTheEndAreNoReply) {
  for (const char* interim : {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 X\r\nA: b\r\n\r\n",
                              "HTTP/1.1 000 X\r\n\r\n"}) {
    RawServer server([&](RawPeer& peer) {
      peer.ReadRequest();
      peer.Write(interim);
    });
    World world;
    EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kUnknown) << interim;
  }
}

// --- How many ---------------------------------------------------------------------------------

TEST(HttpKept, OfTooManyIdleConnectionsThoseThatWaitedLongestAreClosed) {
  std::atomic<int> closed = 0;
  const auto serve = [&closed](RawPeer& peer) {
    while (!peer.ReadRequest().empty()) peer.Write(HttpReply(200, ""));
    if (!peer.stopping()) ++closed;
  };
  HttpParticipantConfig config = LocalConfig();
  config.idle_connections = 8;
  std::list<RawServer> servers;
  World world(config);
  for (int i = 0; i < 40; ++i) {
    servers.emplace_back(serve);
    EXPECT_EQ(world.Ask(CallTo(servers.back().url("/"))).outcome, Outcome::kSuccess);
  }
  world.RunUntil([&] { return closed >= 40 - 8; });
  // The last ones are used again.
  for (auto server = std::prev(servers.end(), 3); server != servers.end(); ++server) {
    EXPECT_EQ(world.Ask(CallTo(server->url("/"))).outcome, Outcome::kSuccess);
    EXPECT_EQ(server->connections(), 1);
  }
  EXPECT_EQ(world.Ask(CallTo(servers.front().url("/"))).outcome, Outcome::kSuccess);
  EXPECT_EQ(servers.front().connections(), 2);
}

TEST(HttpKept, TheSameHoldsForThoseToOneDestination) {
  RawServer server(Always(HttpReply(200, "")));
  HttpParticipantConfig config = LocalConfig();
  config.idle_connections = 4;
  config.connections_per_destination = 16;
  World world(config);
  std::vector<BranchCall> calls;
  for (int i = 0; i < 16; ++i) calls.push_back(CallTo(server.url("/")));
  for (const BranchReply& reply : world.AskAll(calls)) EXPECT_EQ(reply.outcome, Outcome::kSuccess);
  const int before = server.connections();
  for (const BranchReply& reply : world.AskAll(calls)) EXPECT_EQ(reply.outcome, Outcome::kSuccess);
  EXPECT_GE(server.connections(), before + 16 - 4);
}

// --- Answers while the request is being sent --------------------------------------------------

TEST(HttpKept, AFinalStatusEndsACallWhosePayloadIsNotTaken) {
  const std::string payload(32 << 20, 'x');
  for (const auto& [said, outcome] :
       {std::pair(HttpReply(409, "no"), Outcome::kFailure),
        std::pair("HTTP/1.1 100 Continue\r\n\r\n" + HttpReply(425, ""), Outcome::kOngoing),
        std::pair(HttpReply(413, ""), Outcome::kUnknown)}) {
    std::atomic<int> calls = 0;
    RawServer server([&, text = said](RawPeer& peer) {
      if (++calls > 1) return Always(HttpReply(200, ""))(peer);
      if (peer.AwaitHead()) peer.Write(text);
      while (!peer.stopping() && calls < 2) std::this_thread::sleep_for(milliseconds(1));
    });
    World world;
    const auto start = Steady::now();
    EXPECT_EQ(world.Ask(CallTo(server.url("/"), payload)).outcome, outcome);
    EXPECT_LT(Steady::now() - start, std::chrono::seconds(5));
    EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess) << "a new connection";
    EXPECT_EQ(server.connections(), 2);
  }
}

TEST(HttpKept, TheSameHoldsWithTls) {
  const Identity identity("IP:127.0.0.1");
  const CaFile ca(identity);
  HttpParticipantConfig config = LocalConfig();
  config.ca_file = ca.path();
  std::atomic<bool> over = false;
  TlsServer server(identity, [&](TlsServer::Stream& peer, int) {
    if (!TlsServer::ReadRequest(peer)) return;
    TlsServer::Write(peer, HttpReply(409, "no"));
    while (!over) std::this_thread::sleep_for(milliseconds(1));
  });
  World world(config);
  const std::string payload(32 << 20, 'x');
  EXPECT_EQ(world.Ask(CallTo(server.url("127.0.0.1"), payload)).outcome, Outcome::kFailure);
  over = true;
}

TEST(HttpKept, ALargePayloadThatIsTakenLeavesItsConnectionKept) {
  RawServer server(Always(HttpReply(200, "")));
  World world;
  const std::string payload(8 << 20, 'x');
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(world.Ask(CallTo(server.url("/"), payload)).outcome, Outcome::kSuccess);
  }
  EXPECT_EQ(server.connections(), 1);
}

// --- Retry-After ------------------------------------------------------------------------------

TEST(HttpKept, ABusyParticipantSaysWhenItWantsToBeCalledAgain) {
  const auto ask = [](int status, const std::string& headers) {
    RawServer server(Always(HttpReply(status, "", headers)));
    World world;
    return world.Ask(CallTo(server.url("/"))).retry_after;
  };
  EXPECT_EQ(ask(503, "Retry-After: 7\r\n"), std::chrono::seconds(7));
  EXPECT_EQ(ask(429, "Retry-After: 7\r\n"), std::chrono::seconds(7));
  EXPECT_EQ(ask(503,
                "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                "Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n"),
            std::chrono::seconds(60));
  for (const int status : {200, 409, 425, 500, 502}) {
    EXPECT_EQ(ask(status, "Retry-After: 7\r\n"), Duration(0)) << status;
  }
}

}  // namespace
}  // namespace treaty::test
