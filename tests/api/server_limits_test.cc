// What one client can do to the server and to its other clients: it fills nothing without a bound,
// and shuts nobody out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "api/http/address_key.h"
#include "api/http/server_state.h"
#include "api/raw_client.h"
#include "api/server_rig.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kSuccess[] = R"({"dtm_result":"SUCCESS"})";

std::string Get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: t\r\n\r\n";
}

std::string Submit(const std::string& gid, const std::string& payload, bool wait = false) {
  const std::string body = R"({"gid":")" + gid + R"(","trans_type":"saga","steps":[{"action":)" +
                           R"("http://127.0.0.1:9/a"}],"payloads":[")" + payload + R"("])" +
                           (wait ? R"(,"wait_result":true})" : "}");
  return "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: t\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Its sweeps are frequent.
api::HttpServerConfig Watchful() {
  api::HttpServerConfig config;
  config.header_timeout = seconds(20);
  config.idle_timeout = milliseconds(1'000'000);
  config.body_timeout = seconds(20);
  config.write_timeout = milliseconds(200);
  return config;
}

// --- Replies that nobody reads ---------------------------------------------------------------

// Of a record of a megabyte the reply has nearly nine: every one of its characters is escaped.
constexpr std::size_t kRecord = 1'000'000;
constexpr std::size_t kReply = 8'600'000;

class UnreadReplies : public ::testing::Test {
 protected:
  static api::HttpServerConfig Config(const std::shared_ptr<MemoryBudget>& memory) {
    api::HttpServerConfig config = Watchful();
    config.write_timeout = seconds(60);
    config.memory = memory;
    return config;
  }

  void SetUp() override {
    RawClient client(rig.port);
    client.Send(Submit("large", std::string(kRecord, '<'), true));
    ASSERT_EQ(client.Read().body, kSuccess);
    client.Send(Submit("small", "x", true));
    ASSERT_EQ(client.Read().body, kSuccess);
  }

  // Asks in ways that differ, never reading; returns how many got the record.
  std::size_t AskInVain(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      clients.emplace_back(rig.port, 4'096).Send(Get("/api/dtmsvr/query?gid=large"));
    }
    std::size_t served = 0;
    for (RawClient& client : clients) {
      const int status = client.PeekStatus();
      EXPECT_TRUE(status == 200 || status == 503) << status;
      served += status == 200 ? 1 : 0;
    }
    return served;
  }

  const std::shared_ptr<MemoryBudget> memory = std::make_shared<MemoryBudget>(20 << 20);
  ServerRig rig{Config(memory)};
  std::deque<RawClient> clients;
};

TEST_F(UnreadReplies, TakeNoMoreThanTheBudget) {
  EXPECT_EQ(AskInVain(12), 2u);
  EXPECT_LE(memory->taken(), memory->most());
  EXPECT_GE(memory->taken(), 2 * kReply);
}

TEST_F(UnreadReplies, LeaveRoomForProbesAndOperators) {
  AskInVain(12);
  RawClient other(rig.port);
  for (const char* target : {"/livez", "/readyz", "/api/dtmsvr/query?gid=small",
                             "/api/dtmsvr/all?limit=10", "/api/dtmsvr/newGid"}) {
    other.Send(Get(target));
    EXPECT_EQ(other.Read().status, 200) << target;
  }
  other.Send(Submit("other", std::string(100'000, 'x'), true));
  EXPECT_EQ(other.Read().body, kSuccess);
}

TEST_F(UnreadReplies, AreGivenBackWithTheirConnections) {
  AskInVain(4);
  clients.clear();
  ASSERT_TRUE(ServerRig::Eventually([&] { return memory->taken() == 0; }));
  for (int i = 0; i < 3; ++i) {
    RawClient client(rig.port);
    client.Send(Get("/api/dtmsvr/query?gid=large"));
    const RawReply reply = client.Read();
    EXPECT_EQ(reply.status, 200);
    EXPECT_GE(reply.body.size(), kReply);
    EXPECT_THAT(reply.body, StartsWith(R"({"branches":[{"id":0,)"));
    EXPECT_TRUE(reply.body.ends_with("}}"));
  }
}

TEST_F(UnreadReplies, AreNotSentToHead) {
  RawClient client(rig.port);
  client.Send("HEAD /api/dtmsvr/query?gid=large HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_TRUE(client.ReadUntil("\r\n\r\n"));
  EXPECT_TRUE(ServerRig::Eventually([&] { return memory->taken() == 0; }));
}

TEST(HttpServerLimits, CutsOffWhoTakesNothingOfItsReply) {
  api::HttpServerConfig config = Watchful();
  config.memory = std::make_shared<MemoryBudget>(20 << 20);
  ServerRig rig(config);
  RawClient client(rig.port);
  client.Send(Submit("large", std::string(kRecord, '<'), true));
  ASSERT_EQ(client.Read().body, kSuccess);
  RawClient idle(rig.port, 4'096);
  idle.Send(Get("/api/dtmsvr/query?gid=large"));
  ASSERT_EQ(idle.PeekStatus(), 200);
  EXPECT_TRUE(ServerRig::Eventually([&] { return config.memory->taken() == 0; }));
  EXPECT_TRUE(ServerRig::Eventually([&] { return rig.server->connections() == 1; }));
}

TEST(HttpServerLimits, CutsOffWhoTakesItsReplyTooSlowly) {
  api::HttpServerConfig config = Watchful();
  config.min_reply_rate = 1'000'000'000;
  config.memory = std::make_shared<MemoryBudget>(20 << 20);
  ServerRig rig(config);
  RawClient client(rig.port);
  client.Send(Submit("large", std::string(kRecord, '<'), true));
  ASSERT_EQ(client.Read().body, kSuccess);
  RawClient slow(rig.port, 4'096);
  slow.Send(Get("/api/dtmsvr/query?gid=large"));
  std::size_t read = 0;
  ASSERT_TRUE(ServerRig::Eventually([&] {
    if (slow.ReadSome() > 0) ++read;
    return config.memory->taken() == 0;
  }));
  EXPECT_GT(read, 1u);  // It did take some of it all the time.
}

// --- The head, to the byte -------------------------------------------------------------------

std::string HeadOf(std::size_t bytes, const std::string& target) {
  const std::string begin = "GET " + target + " HTTP/1.1\r\nHost: t\r\nX: ";
  return begin + std::string(bytes - begin.size() - 4, 'x') + "\r\n\r\n";
}

TEST(HttpServerLimits, AHeadMayBeAsLongAsTheLimitAndNoLonger) {
  constexpr std::size_t kLimit = 2'048;
  ServerRig rig({.max_header_bytes = kLimit});
  for (const std::string& target : {std::string("/livez"), "/livez?" + std::string(1'500, 'q')}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
      for (const std::size_t size : {kLimit - 1, kLimit, kLimit + 1, kLimit + 2, 2 * kLimit}) {
        RawClient client(rig.port);
        const std::string head = HeadOf(size, target);
        for (std::size_t i = 0; i < head.size() && client.Send(head.substr(i, piece)); i += piece) {
        }
        EXPECT_EQ(client.Read().status, size <= kLimit ? 200 : 431) << size << " by " << piece;
      }
    }
  }
}

TEST(HttpServerLimits, AHeadHasOnlySoManyFields) {
  ServerRig rig;
  const auto ask = [&rig](int fields) {
    std::string request = "GET /api/dtmsvr/version HTTP/1.1\r\nHost: t\r\n";
    for (int i = 1; i < fields; ++i) request += "a:\r\n";
    RawClient client(rig.port);
    client.Send(request + "\r\n");
    return client.Read().status;
  };
  EXPECT_EQ(ask(127), 200);
  EXPECT_EQ(ask(128), 200);
  EXPECT_EQ(ask(130), 431);
  EXPECT_EQ(ask(3'000), 431);
}

// What a proxy takes out of a head must not come in behind it.
TEST(HttpServerLimits, ATrailerIsNoHeader) {
  ServerRig rig;
  for (const char* trailer : {"Content-Encoding: gzip", "Origin: http://evil.example",
                              "Sec-Fetch-Site: cross-site", "Host: other"}) {
    const std::string head =
        "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string body = "2\r\n{}\r\n0\r\n" + std::string(trailer) + "\r\n\r\n";
    RawClient at_once(rig.port);
    at_once.Send(head + body);
    EXPECT_THAT(at_once.Read().body, HasSubstr("gid is missing")) << trailer;
    RawClient in_pieces(rig.port);
    for (const char c : head + body) in_pieces.Send(std::string(1, c));
    EXPECT_THAT(in_pieces.Read().body, HasSubstr("gid is missing")) << trailer;
  }
}

TEST(HttpServerLimits, TheHeadsOfPipelinedRequestsAndTheirBodiesCountEachForItself) {
  constexpr std::size_t kLimit = 2'048;
  ServerRig rig({.max_header_bytes = kLimit});
  RawClient client(rig.port);
  const std::string body =
      "POST /api/dtmsvr/abort HTTP/1.1\r\nHost: t\r\nContent-Length: 9000\r\n\r\n" +
      std::string(9'000, ' ');
  client.Send(HeadOf(kLimit, "/livez") + body + HeadOf(kLimit, "/livez") +
              HeadOf(kLimit + 1, "/livez"));
  for (const int status : {200, 400, 200, 431}) EXPECT_EQ(client.Read().status, status);
}

// --- Clients that have gone ------------------------------------------------------------------

class GoneClients : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override { rig.participant.Hold(); }
  void TearDown() override { rig.participant.Release(); }
  void Wait(RawClient& client, const std::string& gid, const std::string& more = "") {
    const std::size_t before = rig.participant.held();
    client.Send(Submit(gid, "x", true) + more);
    ASSERT_TRUE(ServerRig::Eventually([&] { return rig.participant.held() == before + 1; }));
  }
  bool LeavesNobody() {
    return ServerRig::Eventually([&] { return rig.server->connections() == 0; });
  }

  ServerRig rig{Watchful()};
};

TEST_P(GoneClients, GiveTheirPlacesWhileTheirTransactionsGoOn) {
  {
    std::deque<RawClient> clients;
    for (int i = 0; i < 5; ++i) {
      Wait(clients.emplace_back(rig.port), "gone" + std::to_string(i));
      if (GetParam()) clients.back().Reset();
    }
  }
  EXPECT_TRUE(LeavesNobody());
  rig.participant.Release();
  for (int i = 0; i < 5; ++i) {
    RawClient other(rig.port);
    other.Send(Submit("gone" + std::to_string(i), "x", true));
    EXPECT_EQ(other.Read().body, kSuccess);
  }
}

TEST_P(GoneClients, AreNoticedBehindWhatTheyHavePipelined) {
  {
    RawClient client(rig.port);
    Wait(client, "piped", Get("/livez") + std::string(50'000, ' '));
    if (GetParam()) client.Reset();
  }
  EXPECT_TRUE(LeavesNobody());
}

INSTANTIATE_TEST_SUITE_P(EndedOrReset, GoneClients, ::testing::Bool());

TEST_F(GoneClients, OneThatOnlySendsNoMoreIsAnsweredAllTheSame) {
  RawClient client(rig.port);
  Wait(client, "half");
  client.FinishSending();
  ASSERT_TRUE(client.ReadUntil("HTTP/1.1 100 Continue\r\n\r\n"));  // Asked whether it is there.
  rig.participant.Release();
  RawReply reply = client.Read();
  while (reply.status == 100) reply = client.Read();
  EXPECT_EQ(reply.body, kSuccess);
}

// --- Whose connections, and how many ---------------------------------------------------------

std::string KeyOf(const std::string& address) {
  return api::AddressKey(boost::asio::ip::make_address(address)).text;
}

TEST(AddressKey, TakesANetworkOfIpv6ForOneClientAndAMappedAddressForWhatItIs) {
  EXPECT_EQ(KeyOf("2001:db8:1:2::1"), KeyOf("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_EQ(KeyOf("2001:db8:1:2::1"), KeyOf("2001:db8:1:2:8000::"));
  EXPECT_NE(KeyOf("2001:db8:1:2::1"), KeyOf("2001:db8:1:3::1"));
  EXPECT_EQ(KeyOf("fe80::1%1"), KeyOf("fe80::2%2"));
  EXPECT_EQ(KeyOf("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(KeyOf("192.0.2.1"), "192.0.2.1");
  EXPECT_NE(KeyOf("::ffff:192.0.2.1"), KeyOf("::ffff:192.0.2.2"));
  for (const char* loopback : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(api::AddressKey(boost::asio::ip::make_address(loopback)).loopback) << loopback;
  }
  for (const char* other : {"192.0.2.1", "::2", "::ffff:10.0.0.1", "fe80::1"}) {
    EXPECT_FALSE(api::AddressKey(boost::asio::ip::make_address(other)).loopback) << other;
  }
}

TEST(AddressKey, KnowsTheSiteOfANetworkOfIpv6) {
  const auto site = [](const char* address) {
    return api::AddressKey(boost::asio::ip::make_address(address)).site;
  };
  EXPECT_EQ(site("2001:db8:1:2::1"), site("2001:db8:1:ffff::1"));
  EXPECT_NE(site("2001:db8:1:2::1"), site("2001:db8:2:2::1"));
  EXPECT_EQ(site("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_NE(site("192.0.2.1"), site("192.0.2.2"));
}

api::HttpServerConfig WithReserve() {
  api::HttpServerConfig config = Watchful();
  config.max_connections = 3;
  config.reserved_connections = 4;
  return config;
}

TEST(HttpServerLimits, ProbesAndOperatorsGetInWhereEveryPlaceIsTaken) {
  ServerRig rig(WithReserve());
  rig.participant.Hold();
  std::deque<RawClient> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.emplace_back(rig.port).Send(Submit("w" + std::to_string(i), "x", true));
  }
  ASSERT_TRUE(ServerRig::Eventually([&] { return rig.participant.held() == 3; }));
  for (int i = 0; i < 10; ++i) {
    for (const char* target : {"/livez", "/readyz", "/api/dtmsvr/query?gid=w1"}) {
      RawClient probe(rig.port);
      probe.Send(Get(target));
      const RawReply reply = probe.Read();
      EXPECT_EQ(reply.status, 200) << target;
      EXPECT_THAT(reply.head, HasSubstr("Connection: close"));
    }
  }
  RawClient client(rig.port);
  client.Send(Submit("more", "x", true));
  EXPECT_EQ(client.Read().status, 503);
  rig.participant.Release();
}

TEST(HttpServerLimits, TheReserveIsNotKeptByWhoSendsNothing) {
  ServerRig rig(WithReserve());
  std::deque<RawClient> silent;
  for (int i = 0; i < 7; ++i) silent.emplace_back(rig.port);
  ASSERT_TRUE(ServerRig::Eventually([&] { return rig.server->connections() == 7; }));
  EXPECT_EQ(RawClient(rig.port).Read().status, 503);
  ASSERT_TRUE(ServerRig::Eventually([&] { return rig.server->connections() == 3; }));
  RawClient probe(rig.port);
  probe.Send(Get("/livez"));
  EXPECT_EQ(probe.Read().status, 200);
}

// Each step alone is quick enough; with new time for each the whole would last for five seconds.
TEST(HttpServerLimits, TheReserveIsNotKeptByWhoSendsItsRequestBitByBit) {
  const api::HttpServerConfig config = WithReserve();
  ServerRig rig(config);
  std::deque<RawClient> silent;
  for (int i = 0; i < 3; ++i) silent.emplace_back(rig.port);
  ASSERT_TRUE(ServerRig::Eventually([&] { return rig.server->connections() == 3; }));
  const auto begun = std::chrono::steady_clock::now();
  RawClient slow(rig.port);
  const std::vector<std::string> steps = {"POST /api/dtmsvr/forceStop HTTP/1.1\r\n",
                                          "Host: t\r\nContent-Length: 9\r\n\r\n{"};
  std::size_t sent = 0;
  EXPECT_TRUE(ServerRig::Eventually([&] {
    const auto due = begun + milliseconds(1'500) * static_cast<int>(sent + 1);
    if (sent < steps.size() && std::chrono::steady_clock::now() >= due) slow.Send(steps[sent++]);
    return config.meters->refused.Of(408).count() == 1;
  }));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(4'500));
}

TEST(HttpServerLimits, TheReserveIsNotKeptByWhoReadsSlowly) {
  api::HttpServerConfig config = WithReserve();
  config.write_timeout = seconds(60);
  ServerRig rig(config);
  {
    RawClient client(rig.port);
    client.Send(Submit("large", std::string(kRecord, '<'), true));
    ASSERT_EQ(client.Read().body, kSuccess);
  }
  ASSERT_TRUE(ServerRig::Eventually([&] { return rig.server->connections() == 0; }));
  std::deque<RawClient> silent;
  for (int i = 0; i < 3; ++i) silent.emplace_back(rig.port);
  ASSERT_TRUE(ServerRig::Eventually([&] { return rig.server->connections() == 3; }));
  RawClient slow(rig.port, 64 << 10);
  slow.Send(Get("/api/dtmsvr/query?gid=large"));
  ASSERT_EQ(slow.PeekStatus(), 200);
  // One byte a microsecond is no reason to be cut off elsewhere, and takes each piece in time. What
  // the system buffers leaves four seconds of that.
  const auto begun = std::chrono::steady_clock::now();
  std::size_t taken = 0;
  EXPECT_TRUE(ServerRig::Eventually([&] {
    const auto elapsed = std::chrono::steady_clock::now() - begun;
    if (std::chrono::microseconds(taken) < elapsed) taken += slow.ReadSome();
    return rig.server->connections() == 3;
  }));
  EXPECT_LT(taken, 3'500'000u);
  RawClient probe(rig.port);
  probe.Send(Get("/livez"));
  EXPECT_EQ(probe.Read().status, 200);
}

TEST(HttpServerLimits, AnAddressGetsAPartOfTheReserveOnly) {
  ServerRig rig;
  SilentLog log;
  api::ServerState state({.reserved_connections = 8}, rig.handlers(), log);
  EXPECT_TRUE(state.EnterReserve("192.0.2.1", false));
  EXPECT_TRUE(state.EnterReserve("192.0.2.1", false));
  EXPECT_FALSE(state.EnterReserve("192.0.2.1", false));
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(state.EnterReserve("127.0.0.1", true));
  EXPECT_FALSE(state.EnterReserve("192.0.2.2", false));
  state.LeaveReserve("127.0.0.1");
  EXPECT_TRUE(state.EnterReserve("192.0.2.2", false));
}

// --- File descriptors ------------------------------------------------------------------------

TEST(Descriptors, AreShortForAWhileOnceOneOfTheReserveWasHandedOut) {
  Descriptors descriptors(1'000);
  EXPECT_TRUE(descriptors.MayKeep(3));
  EXPECT_TRUE(descriptors.MayKeep(935));
  EXPECT_FALSE(descriptors.AreShort());
  EXPECT_FALSE(descriptors.MayKeep(936));
  EXPECT_TRUE(descriptors.AreShort());
  EXPECT_FALSE(descriptors.MayKeep(-1));
  EXPECT_FALSE(Descriptors(20).MayKeep(15));  // Never all of them.
  EXPECT_TRUE(Descriptors(20).MayKeep(14));
}

TEST(HttpServerLimits, KeepsTheLastDescriptorsForOthers) {
  api::HttpServerConfig config = WithReserve();
  config.max_connections = 1'000;
  config.descriptors = std::make_shared<Descriptors>(120);
  ServerRig rig(config);
  std::deque<RawClient> clients;  // Each takes two here: its own end and the server's.
  bool refused = false;
  for (int i = 0; i < 100 && !refused; ++i) {
    RawClient& client = clients.emplace_back(rig.port);
    client.Send(Get("/api/dtmsvr/newGid"));
    refused = client.Read().status == 503;
  }
  EXPECT_TRUE(refused);
  EXPECT_TRUE(config.descriptors->AreShort());
  EXPECT_LT(clients.size(), 60u);
  RawClient probe(rig.port);
  probe.Send(Get("/livez"));
  EXPECT_EQ(probe.Read().status, 200);
}

}  // namespace
}  // namespace treaty::testing
