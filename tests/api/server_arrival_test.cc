// What a request takes of the server while it arrives, or does not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <chrono>
#include <deque>
#include <future>
#include <memory>
#include <string>

#include "api/http/arriving_body.h"
#include "api/raw_client.h"
#include "api/server_rig.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

std::string HeadOfBody(std::size_t length, const std::string& more = "") {
  return "POST /api/dtmsvr/abort HTTP/1.1\r\nHost: t\r\n" + more +
         "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

constexpr char kResetAll[] = "/api/dtmsvr/resetCronTime";

std::string Get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: t\r\n\r\n";
}

api::HttpServerConfig Patient(const std::shared_ptr<MemoryBudget>& memory) {
  api::HttpServerConfig config;
  config.header_timeout = config.body_timeout = seconds(20);
  config.memory = memory;
  return config;
}

// --- Bodies ----------------------------------------------------------------------------------

class Arriving {
 public:
  explicit Arriving(const std::string& head) {
    parser_.eager(true);
    parser_.body_limit(1 << 30);
    Put(head);
  }
  void Put(std::string_view bytes) {
    left_ += bytes;
    for (std::size_t used = 1; used > 0 && !left_.empty(); left_.erase(0, used)) {
      boost::system::error_code error;
      used = parser_.put(boost::asio::buffer(left_), error);
      EXPECT_TRUE(!error || error == boost::beast::http::error::need_more) << error.message();
    }
  }
  std::size_t room() const { return parser_.get().body().capacity(); }
  const std::string& body() const { return parser_.get().body(); }
  bool done() const { return parser_.is_done(); }

 private:
  boost::beast::http::request_parser<api::ArrivingBody> parser_;
  std::string left_;  // What the parser has not taken yet.
};

TEST(ArrivingBody, TakesNoMemoryForWhatIsAnnounced) {
  for (const std::size_t length :
       {std::size_t{10'000}, std::size_t{4} << 20, std::size_t{1} << 29}) {
    Arriving arriving(HeadOfBody(length));
    EXPECT_LE(arriving.room(), api::ArrivingBody::kFirstRoom) << length;
    arriving.Put("x");
    EXPECT_LE(arriving.room(), api::ArrivingBody::kFirstRoom) << length;
  }
}

TEST(ArrivingBody, HasRoomForTwiceWhatHasCome) {
  constexpr std::size_t kLength = 1'000'000;
  constexpr std::size_t kPiece = 7'001;
  const std::string piece(kPiece, 'x');
  Arriving arriving(HeadOfBody(kLength));
  std::size_t left = kLength;
  for (; left > 0; left -= std::min(left, kPiece)) {
    arriving.Put(std::string_view(piece).substr(0, std::min(left, kPiece)));
    EXPECT_LE(arriving.room(), 2 * arriving.body().size() + api::ArrivingBody::kFirstRoom);
  }
  EXPECT_TRUE(arriving.done());
  EXPECT_EQ(arriving.body(), std::string(kLength, 'x'));
  EXPECT_EQ(arriving.room(), kLength);
}

TEST(ArrivingBody, TakesChunksToo) {
  Arriving arriving("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 100; ++i) arriving.Put("400\r\n" + std::string(1'024, 'x') + "\r\n");
  arriving.Put("0\r\n\r\n");
  EXPECT_TRUE(arriving.done());
  EXPECT_EQ(arriving.body(), std::string(102'400, 'x'));
  EXPECT_LE(arriving.room(), 2u * 102'400);
}

TEST(ArrivingRequests, AreChargedForWhatHasCome) {
  const auto memory = std::make_shared<MemoryBudget>(8 << 20);
  ServerRig rig(Patient(memory));
  std::deque<RawClient> clients;
  for (int i = 0; i < 20; ++i) clients.emplace_back(rig.port).Send(HeadOfBody(4 << 20));
  for (RawClient& client : clients) client.Send(std::string(100'000, 'x'));
  ASSERT_TRUE(ServerRig::Eventually([&] { return memory->taken() >= 20 * 100'000; }));
  EXPECT_LE(memory->taken(), 20u * 2 * (100'000 + (16 << 10)));
  RawClient other(rig.port);
  other.Send(HeadOfBody(200'000) + std::string(200'000, ' '));
  EXPECT_EQ(other.Read().status, 400);
  clients.clear();
  EXPECT_TRUE(ServerRig::Eventually([&] { return memory->taken() == 0; }));
}

// --- Heads -----------------------------------------------------------------------------------

TEST(ArrivingRequests, AreChargedForTheirHeads) {
  const auto memory = std::make_shared<MemoryBudget>(1 << 20);
  ServerRig rig(Patient(memory));
  const std::string field = "X: " + std::string(1'000, 'x') + "\r\n";
  std::string head = "GET /livez HTTP/1.1\r\nHost: t\r\n";
  for (int i = 0; i < 14; ++i) head += field;
  std::deque<RawClient> clients;
  for (int i = 0; i < 10; ++i) clients.emplace_back(rig.port).Send(head);
  EXPECT_TRUE(ServerRig::Eventually([&] { return memory->taken() >= 10 * 2 * 14'000; }));
  for (int i = 0; i < 40; ++i) clients.emplace_back(rig.port).Send(head);
  EXPECT_EQ(clients.back().Read().status, 503);
  EXPECT_LE(memory->taken(), memory->most());
  RawClient probe(rig.port);  // What is small takes nothing.
  probe.Send(Get("/livez"));
  EXPECT_EQ(probe.Read().status, 200);
  clients.clear();
  EXPECT_TRUE(ServerRig::Eventually([&] { return memory->taken() == 0; }));
}

// Many short ones take more than their bytes.
TEST(ArrivingRequests, AreChargedForEachField) {
  const auto memory = std::make_shared<MemoryBudget>(1 << 20);
  ServerRig rig(Patient(memory));
  std::string head = "GET /livez HTTP/1.1\r\nHost: t\r\n";
  for (int i = 0; i < 100; ++i) head += "a:\r\n";
  RawClient client(rig.port);
  client.Send(head);
  EXPECT_TRUE(ServerRig::Eventually([&] { return memory->taken() >= 10'000; }));
  client.Send("\r\n");
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_TRUE(ServerRig::Eventually([&] { return memory->taken() == 0; }));
}

// --- Clients that send no more ---------------------------------------------------------------

TEST(ArrivingRequests, WhoAskedToBeAskedAndSendsNothingIsToldSo) {
  api::HttpServerConfig config;
  config.header_timeout = milliseconds(200);
  ServerRig rig(config);
  for (const std::size_t sent : {std::size_t{0}, std::size_t{10}}) {
    RawClient client(rig.port);
    client.Send(HeadOfBody(1'000, "Expect: 100-continue\r\n"));
    EXPECT_EQ(client.Read().status, 100);
    client.Send(std::string(sent, 'x'));
    const RawReply reply = client.Read();
    EXPECT_EQ(reply.status, 408);
    EXPECT_THAT(reply.body, HasSubstr("too long to arrive"));
    EXPECT_TRUE(client.AtEnd());
  }
}

// The sockets of this process that are connected to `port` at their own end.
std::size_t CountWithUserTimeout(std::uint16_t port) {
  std::size_t found = 0;
  for (int fd = 0; fd < 1'024; ++fd) {
    sockaddr_in own{};
    socklen_t size = sizeof(own);
    sockaddr_in peer{};
    socklen_t peer_size = sizeof(peer);
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0) continue;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) continue;
    if (own.sin_family != AF_INET || ntohs(own.sin_port) != port) continue;
    unsigned timeout = 0;
    socklen_t length = sizeof(timeout);
    ::getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, &length);
    if (timeout == 120'000) ++found;
  }
  return found;
}

TEST(ArrivingRequests, AreOfPeersWhoseVanishingIsNoticedAlsoWhileSomethingWasSentToThem) {
  ServerRig rig;
  RawClient client(rig.port);
  client.Send(Get("/livez"));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(CountWithUserTimeout(rig.port), 1u);
}

// --- Lists in the reserve --------------------------------------------------------------------

TEST(Reserve, IsNotEatenByLists) {
  api::HttpServerConfig config;
  config.max_connections = 1;
  config.reserved_connections = 8;
  ServerRig rig(config);
  RawClient first(rig.port);
  first.Send(Get("/livez"));
  EXPECT_EQ(first.Read().status, 200);
  std::promise<void> release = rig.HoldStore();
  std::deque<RawClient> lists;
  for (int i = 0; i < 8; ++i) {
    lists.emplace_back(rig.port).Send(Get(i % 2 == 0 ? "/api/dtmsvr/all" : kResetAll));
  }
  Meter& refused = config.meters->refused.Of(503);
  EXPECT_TRUE(ServerRig::Eventually([&] { return refused.count() == 6; })) << refused.count();
  lists.clear();
  EXPECT_TRUE(ServerRig::Eventually([&] { return rig.server->connections() == 1; }));
  release.set_value();
  RawClient again(rig.port);
  again.Send(Get("/api/dtmsvr/all"));
  EXPECT_EQ(again.Read().status, 200);
}

}  // namespace
}  // namespace treaty::testing
