// The HTTP server under what clients really send, byte by byte.

#include "api/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <string>

#include "api/http/response.h"
#include "api/http/server_state.h"
#include "api/raw_client.h"
#include "api/server_rig.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr char kVersion[] = "GET /api/dtmsvr/version HTTP/1.1\r\nHost: t\r\n\r\n";
constexpr char kVersionReply[] = R"({"version":"1.2.3"})";

std::string Saga(const std::string& gid, bool wait) {
  return R"({"gid":")" + gid + R"(","trans_type":"saga","steps":[{"action":"http://a/x"}],)" +
         R"("payloads":["{}"],"wait_result":)" + (wait ? "true" : "false") + "}";
}

std::string Post(const std::string& body, const std::string& more = "") {
  return "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: t\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

constexpr char kSuccess[] = R"({"dtm_result":"SUCCESS"})";

TEST(HttpServer, KeepsTheConnectionBetweenRequests) {
  ServerRig rig;
  RawClient client(rig.port);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.Send(kVersion));
    const RawReply reply = client.Read();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, kVersionReply);
    EXPECT_THAT(reply.head, HasSubstr("Content-Type: application/json; charset=utf-8\r\n"));
  }
}

TEST(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
  ServerRig rig;
  RawClient client(rig.port);
  ASSERT_TRUE(client.Send(Post(Saga("g1", true)) + kVersion + Post(Saga("g2", false)) +
                          "GET /nowhere HTTP/1.1\r\nHost: t\r\n\r\n" + kVersion));
  EXPECT_EQ(client.Read().body, kSuccess);
  EXPECT_EQ(client.Read().body, kVersionReply);
  EXPECT_EQ(client.Read().body, kSuccess);
  EXPECT_EQ(client.Read().status, 404);
  EXPECT_EQ(client.Read().body, kVersionReply);
}

TEST(HttpServer, OverlooksEmptyLinesAheadOfARequest) {
  ServerRig rig;
  RawClient client(rig.port);
  ASSERT_TRUE(client.Send(Post(Saga("g", true)) + "\r\n\r\n" + kVersion));
  EXPECT_EQ(client.Read().body, kSuccess);
  EXPECT_EQ(client.Read().body, kVersionReply);
  for (const char c : "\r\n" + std::string(kVersion)) ASSERT_TRUE(client.Send({&c, 1}));
  EXPECT_EQ(client.Read().body, kVersionReply);
}

TEST(HttpServer, EndsAStreamOfEmptyLines) {
  ServerRig rig;
  RawClient client(rig.port);
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += "\r\n";
  client.Send(lines);
  EXPECT_EQ(client.Read().status, 400);
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServer, TakesTheTargetAsProxiesAreSentIt) {
  ServerRig rig;
  RawClient client(rig.port);
  ASSERT_TRUE(client.Send("GET http://t:1/api/dtmsvr/version HTTP/1.1\r\nHost: t\r\n\r\n"));
  EXPECT_EQ(client.Read().body, kVersionReply);
}

TEST(HttpServer, TakesARequestThatArrivesByteByByte) {
  ServerRig rig;
  RawClient client(rig.port);
  for (const char c : Post(Saga("g", true))) ASSERT_TRUE(client.Send({&c, 1}));
  EXPECT_EQ(client.Read().body, kSuccess);
}

TEST(HttpServer, TakesChunkedBodies) {
  ServerRig rig;
  RawClient client(rig.port);
  const std::string body = Saga("g", true);
  ASSERT_TRUE(
      client.Send("POST /api/dtmsvr/submit HTTP/1.1\r\nHost: t\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n5\r\n" +
                  body.substr(0, 5) + "\r\n"));
  char size[16];
  std::snprintf(size, sizeof(size), "%zX;x=y\r\n", body.size() - 5);
  ASSERT_TRUE(client.Send(size + body.substr(5) + "\r\n0\r\nTrailer: x\r\n\r\n" + kVersion));
  EXPECT_EQ(client.Read().body, kSuccess);
  EXPECT_EQ(client.Read().body, kVersionReply);
}

// Whatever is cut off where: the server has looked at one piece before the next is sent, because it
// has answered somebody else on each of its loops in between.
TEST(HttpServer, TakesChunksInAnyPieces) {
  ServerRig rig;
  RawClient others[] = {RawClient(rig.port), RawClient(rig.port)};
  const std::string body = Saga("g", true);
  char size[16];
  std::snprintf(size, sizeof(size), "%zX\r\n", body.size());
  for (const std::string& chunks : {std::string("0\r\n\r\n"), std::string("0;x=y\r\nA: b\r\n\r\n"),
                                    size + body + "\r\n0\r\n\r\n"}) {
    RawClient client(rig.port);
    std::string_view left = chunks;
    ASSERT_TRUE(
        client.Send("POST /api/dtmsvr/submit HTTP/1.1\r\nHost: t\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n"));
    for (; !left.empty(); left.remove_prefix(1)) {
      ASSERT_TRUE(client.Send(left.substr(0, 1)));
      for (RawClient& other : others) {
        ASSERT_TRUE(other.Send(kVersion));
        ASSERT_EQ(other.Read().body, kVersionReply);
      }
    }
    EXPECT_EQ(client.Read().status, chunks.find(body) == std::string::npos ? 400 : 200) << chunks;
  }
}

// The parser waits for the end of such a line, which never comes.
TEST(HttpServer, RefusesEndlessChunkExtensionsAndTrailers) {
  const std::string head =
      "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* endless : {"1;x=", "1\r\n{\r\n0\r\nTrailer: "}) {
    ServerRig rig;
    RawClient client(rig.port);
    ASSERT_TRUE(client.Send(head + endless + std::string(200'000, 'x')));
    EXPECT_EQ(client.Read().status, 431) << endless;
    EXPECT_TRUE(client.AtEnd()) << endless;
  }
}

// Each extension is short; a body of small chunks could carry any number of them.
TEST(HttpServer, RefusesChunkExtensionsThatAreTooLargeTogether) {
  ServerRig rig;
  const std::string body = Saga("g", true);
  for (const auto& [size, status] : {std::pair(10U, 200), std::pair(400U, 431)}) {
    RawClient client(rig.port);
    std::string request =
        "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const char c : body) request += "1;x=" + std::string(size, 'x') + "\r\n" + c + "\r\n";
    ASSERT_TRUE(client.Send(request + "0\r\n\r\n"));
    const RawReply reply = client.Read();
    EXPECT_EQ(reply.status, status) << size;
    EXPECT_THAT(reply.body, HasSubstr(status == 431 ? "extensions of chunks" : "SUCCESS"));
  }
}

TEST(HttpServer, RefusesEndlessTrailerLines) {
  ServerRig rig;
  RawClient client(rig.port);
  std::string lines = "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  for (int i = 0; i < 10'000; ++i) lines += "Trailer-" + std::to_string(i) + ": some value\r\n";
  ASSERT_TRUE(client.Send(lines));
  EXPECT_EQ(client.Read().status, 431);
}

// What has not been parsed counts against the memory of all requests too.
TEST(HttpServer, CountsTheUnparsedAgainstTheMemory) {
  ServerRig rig({.max_memory_bytes = 10'000});
  RawClient client(rig.port);
  ASSERT_TRUE(client.Send("GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(12'000, 'x')));
  EXPECT_EQ(client.Read().status, 503);
}

TEST(HttpServer, AsksForTheBodyOfAClientThatWaitsToBeAsked) {
  ServerRig rig;
  RawClient client(rig.port);
  const std::string request = Post(Saga("g", true), "Expect: 100-continue\r\n");
  const std::size_t head = request.find("\r\n\r\n") + 4;
  ASSERT_TRUE(client.Send(request.substr(0, head)));
  EXPECT_EQ(client.Read().status, 100);
  ASSERT_TRUE(client.Send(request.substr(head)));
  EXPECT_EQ(client.Read().body, kSuccess);
}

TEST(HttpServer, RefusesABodyThatIsTooLargeBeforeItIsSent) {
  ServerRig rig({.max_body_bytes = 1'000});
  RawClient client(rig.port);
  ASSERT_TRUE(
      client.Send("POST /api/dtmsvr/submit HTTP/1.1\r\nHost: t\r\n"
                  "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n"));
  const RawReply reply = client.Read();
  EXPECT_EQ(reply.status, 413);
  EXPECT_THAT(reply.body, HasSubstr("at most 1000 bytes"));
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServer, RefusesAChunkedBodyThatGrowsTooLargeWithAReplyThatArrives) {
  ServerRig rig({.max_body_bytes = 1'000});
  RawClient client(rig.port);
  client.Send("POST /api/dtmsvr/submit HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 200; ++i) client.Send("400\r\n" + std::string(1'024, 'x') + "\r\n");
  EXPECT_EQ(client.Read().status, 413);
}

TEST(HttpServer, TakesABodyOfExactlyTheLimit) {
  ServerRig rig;
  RawClient client(rig.port);
  std::string body = Saga("g", true);
  body.resize(4 << 20, ' ');
  ASSERT_TRUE(client.Send(Post(body)));
  EXPECT_EQ(client.Read().body, kSuccess);
}

TEST(HttpServer, RefusesLargeHeaders) {
  ServerRig rig;
  RawClient client(rig.port);
  client.Send("GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(client.Read().status, 431);
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServer, SpeaksHttp10) {
  ServerRig rig;
  RawClient once(rig.port);
  ASSERT_TRUE(once.Send("GET /api/dtmsvr/version HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(once.Read().body, kVersionReply);
  EXPECT_TRUE(once.AtEnd());
  RawClient kept(rig.port);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(kept.Send("GET /api/dtmsvr/version HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_THAT(kept.Read().head, HasSubstr("Connection: keep-alive\r\n"));
  }
}

TEST(HttpServer, ClosesWhenAskedTo) {
  ServerRig rig;
  RawClient client(rig.port);
  client.Send("GET /api/dtmsvr/version HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.Read().head, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServer, AnswersAClientThatHasFinishedSending) {
  ServerRig rig;
  RawClient client(rig.port);
  client.Send(Post(Saga("g", true)));
  client.FinishSending();
  EXPECT_EQ(client.Read().body, kSuccess);
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServer, SendsNoBodyToHead) {
  ServerRig rig;
  RawClient client(rig.port);
  client.Send("HEAD /nowhere HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.Read().status, 0) << "a body followed";
  RawClient known(rig.port);
  known.Send("HEAD /api/dtmsvr/version HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_TRUE(known.ReadUntil("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(known.ReadUntil("Content-Length: " + std::to_string(sizeof(kVersionReply) - 1)));
  known.Send("GET /nowhere HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(known.ReadUntil("\r\n\r\nHTTP/1.1 404 "));
}

TEST(HttpServer, SaysWhichMethodIsAllowedInstead) {
  ServerRig rig;
  RawClient client(rig.port);
  client.Send("HEAD /api/dtmsvr/resetCronTime HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_TRUE(client.ReadUntil("\r\n\r\n"));
  client.Send("GET /livez HTTP/1.1\r\nHost: t\r\n\r\n");
  const RawReply both = client.Read();
  EXPECT_THAT(both.head, HasSubstr("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(both.head, HasSubstr("\r\nAllow: GET\r\n"));
}

// By hand, through nc or printf, where lines end as the terminal ends them.
TEST(HttpServer, SaysWhatIsWrongWithLinesThatEndInABareLineFeed) {
  ServerRig rig({.header_timeout = std::chrono::seconds(600)});
  for (const char* request :
       {"GET /livez HTTP/1.0\n\n", "GET /livez HTTP/1.0\n", "GET /livez HTTP/1.1\nHost: t\n\n",
        "GET /livez HTTP/1.1\r\nHost: t\n\n", "GET /livez HTTP/1.1\r\nHost: t\nX: y\r\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: t\r\nX: y\n", "GET /livez HTTP/1.1\r\nHost: t\r\n\n", "\n",
        "\nGET /livez HTTP/1.1\r\nHost: t\r\n\r\n", "GET /livez\n",
        "POST /api/dtmsvr/submit HTTP/1.0\nContent-Length: 2\n\n{}"}) {
    SCOPED_TRACE(request);
    for (const bool in_pieces : {false, true}) {
      RawClient client(rig.port);
      const std::string text = request;
      if (in_pieces) client.Send(text.substr(0, text.size() / 2));
      client.Send(in_pieces ? text.substr(text.size() / 2) : text);
      const RawReply reply = client.Read();
      EXPECT_EQ(reply.status, 400);
      EXPECT_THAT(reply.body, HasSubstr("bare line feed"));
      EXPECT_TRUE(client.AtEnd());
    }
  }
  RawClient tls(rig.port);
  tls.Send("\x16\x03\x01\x02\n\x01 a TLS greeting");
  EXPECT_THAT(tls.Read().body, ::testing::Not(HasSubstr("line feed")));
  RawClient body(rig.port);
  body.Send("POST /api/ping HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\n\n\n\n\n");
  EXPECT_EQ(body.Read().status, 200);
}

TEST(HttpServer, NamesEveryStatusThatItSends) {
  ServerRig rig;
  const std::string begin = "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n";
  RawClient client(rig.port);
  client.Send(begin + "Content-Encoding: gzip\r\n\r\n{}");
  EXPECT_THAT(client.Read().head, HasSubstr("HTTP/1.1 415 Unsupported Media Type\r\n"));
  client.Send(begin + "\r\n{}");
  EXPECT_THAT(client.Read().head, HasSubstr("HTTP/1.1 400 Bad Request\r\n"));
  std::string out;
  api::FormatResponse({412, "{}", std::nullopt}, {}, out);
  EXPECT_THAT(out, HasSubstr("HTTP/1.1 412 Precondition Failed\r\n"));
}

TEST(HttpServer, RefusesRequestsThatTwoPartiesCouldReadDifferently) {
  ServerRig rig;
  const std::string line = "POST /api/dtmsvr/submit HTTP/1.1\r\nHost: t\r\n";
  const std::string bad[] = {
      line + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      line + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
      line + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
      line + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
      line + "Content-Length: 2, 2\r\n\r\n{}",
      line + "Content-Length: +2\r\n\r\n{}",
      line + "Content-Length: 0x2\r\n\r\n{}",
      line + "Content-Length: -1\r\n\r\n{}",
      line + "Content-Length: 99999999999999999999999\r\n\r\n{}",
      line + "Content-Length : 2\r\n\r\n{}",
      line + "Transfer-Encoding: gzip\r\n\r\n{}",
      line + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      line + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      line + "Transfer-Encoding: identity\r\n\r\n{}",
      line + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      line + "Transfer-Encoding: chunked\r\n\r\nx\r\n",
      line + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
      line + "Host: u\r\nContent-Length: 0\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "GET /\r\n\r\n",
      "GET / HTTP/1.1\nHost: t\n\n",
      "GET  / HTTP/1.1\r\nHost: t\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: t\r\nNo colon\r\n\r\n",
      "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 a TLS greeting",
      "nonsense\r\n\r\n",
  };
  for (const std::string& request : bad) {
    SCOPED_TRACE(request);
    RawClient client(rig.port);
    client.Send(request);
    const RawReply reply = client.Read();
    EXPECT_THAT(reply.status, ::testing::AnyOf(400, 505));
    EXPECT_THAT(reply.head, HasSubstr("application/json"));
    EXPECT_TRUE(client.AtEnd());
  }
  EXPECT_EQ(rig.store->size(), 0u);
}

TEST(HttpServer, RefusesAnUnknownExpectation) {
  ServerRig rig;
  RawClient client(rig.port);
  client.Send("POST / HTTP/1.1\r\nHost: t\r\nExpect: miracles\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.Read().status, 417);
}

TEST(HttpServer, EndsRequestsWhoseHeaderNeverEnds) {
  ServerRig rig({.header_timeout = milliseconds(40)});
  RawClient client(rig.port);
  client.Send("GET / HTTP/1.1\r\n");
  EXPECT_EQ(client.Read().status, 408);
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServer, CountsWhatNoHandlerSaw) {
  const auto meters = std::make_shared<api::ApiMeters>();
  ServerRig rig({.max_body_bytes = 10, .max_connections = 2, .meters = meters});
  RawClient large(rig.port);
  large.Send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 11\r\n\r\n");
  EXPECT_EQ(large.Read().status, 413);
  RawClient malformed(rig.port);
  malformed.Send("nonsense\r\n\r\n");
  EXPECT_EQ(malformed.Read().status, 400);
  EXPECT_EQ(RawClient(rig.port).Read().status, 503);
  EXPECT_EQ(meters->refused.Of(413).count(), 1u);
  EXPECT_EQ(meters->refused.Of(400).count(), 1u);
  EXPECT_EQ(meters->refused.Of(503).count(), 1u);
}

TEST(HttpServer, EndsRequestsWhoseBodyNeverEnds) {
  ServerRig rig({.header_timeout = std::chrono::seconds(60), .body_timeout = milliseconds(40)});
  RawClient client(rig.port);
  client.Send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n12345");
  EXPECT_EQ(client.Read().status, 408);
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServer, EndsRequestsWhoseBodyTrickles) {
  ServerRig rig({.header_timeout = milliseconds(40)});
  RawClient client(rig.port);
  client.Send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(client.Read().status, 408);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

// Of two clients with half a body each one rate cuts off both, the other only him who sends
// nothing at all.
TEST(HttpServer, TheConfiguredRateDecidesWhichBodyIsTooSlow) {
  const std::string request = Post(std::string(2'000, 'x'));
  const std::string half = request.substr(0, request.size() - 1'000);
  {
    ServerRig rig({.header_timeout = milliseconds(40), .min_body_rate = 1'000'000});
    RawClient client(rig.port);
    ASSERT_TRUE(client.Send(half));
    EXPECT_EQ(client.Read().status, 408);
  }
  ServerRig rig({.header_timeout = milliseconds(40), .min_body_rate = 1});
  RawClient client(rig.port);
  ASSERT_TRUE(client.Send(half));
  RawClient nothing(rig.port);
  ASSERT_TRUE(nothing.Send(request.substr(0, request.size() - 2'000)));
  EXPECT_EQ(nothing.Read().status, 408);
  client.Send(request.substr(request.size() - 1'000));
  EXPECT_EQ(client.Read().status, 400) << "all of it has come; it is no saga";
}

TEST(HttpServer, ClosesIdleConnections) {
  ServerRig rig({.idle_timeout = milliseconds(40)});
  RawClient fresh(rig.port);
  EXPECT_TRUE(fresh.AtEnd());
  RawClient used(rig.port);
  used.Send(kVersion);
  EXPECT_EQ(used.Read().status, 200);
  EXPECT_TRUE(used.AtEnd());
}

TEST(HttpServer, CountsConnectionsPerAddressButForLoopback) {
  ServerRig rig;
  SilentLog log;
  api::ServerState state({.max_connections = 10, .max_connections_per_address = 2}, rig.handlers(),
                         log);
  EXPECT_TRUE(state.Enter("192.0.2.1", false));
  EXPECT_TRUE(state.Enter("192.0.2.1", false));
  EXPECT_FALSE(state.Enter("192.0.2.1", false));
  EXPECT_TRUE(state.Enter("192.0.2.2", false));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(state.Enter("127.0.0.1", true));
  state.Leave("192.0.2.1");
  EXPECT_TRUE(state.Enter("192.0.2.1", false));
  EXPECT_EQ(state.connections(), 7u);
}

TEST(HttpServer, AnswersBeyondItsConnectionsThatThereAreTooMany) {
  ServerRig rig({.max_connections = 2});
  std::deque<RawClient> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back(rig.port).Send(kVersion);
    EXPECT_EQ(clients.back().Read().status, 200);
  }
  RawClient third(rig.port);
  const RawReply reply = third.Read();
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.head, HasSubstr("Retry-After: 1\r\n"));
  clients.clear();
  ASSERT_TRUE(ServerRig::Eventually([&] { return rig.server->connections() == 0; }));
  RawClient fourth(rig.port);
  fourth.Send(kVersion);
  EXPECT_EQ(fourth.Read().status, 200);
}

TEST(HttpServer, RefusesBodiesBeyondItsMemoryAndTakesThemAfterwards) {
  ServerRig rig({.max_memory_bytes = 100'000});
  RawClient greedy(rig.port);
  greedy.Send(Post(std::string(200'000, 'x')));
  const RawReply reply = greedy.Read();
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.head, HasSubstr("Retry-After: "));
  for (int i = 0; i < 5; ++i) {
    RawClient modest(rig.port);
    modest.Send(Post(std::string(90'000, 'x')));
    EXPECT_EQ(modest.Read().status, 400);
  }
}

TEST(HttpServer, SurvivesAWaitingClientThatLeaves) {
  ServerRig rig;
  rig.participant.Hold();
  {
    RawClient client(rig.port);
    client.Send(Post(Saga("left", true)));
    ASSERT_TRUE(ServerRig::Eventually([&] { return rig.participant.held() == 1; }));
  }
  rig.participant.Release();
  RawClient other(rig.port);
  other.Send(Post(Saga("left", true)));
  EXPECT_EQ(other.Read().body, kSuccess);
  EXPECT_TRUE(ServerRig::Eventually([&] { return rig.server->connections() == 1; }));
}

TEST(HttpServer, ClosesAfterTheRepliesUnderWay) {
  ServerRig rig;
  rig.participant.Hold();
  RawClient waiting(rig.port);
  waiting.Send(Post(Saga("g", true)));
  ASSERT_TRUE(ServerRig::Eventually([&] { return rig.participant.held() == 1; }));
  RawClient idle(rig.port);
  idle.Send(kVersion);
  EXPECT_EQ(idle.Read().status, 200);
  std::promise<void> done;
  rig.server->Close(std::chrono::seconds(60), [&done] { done.set_value(); });
  EXPECT_TRUE(idle.AtEnd());
  rig.participant.Release();
  const RawReply reply = waiting.Read();
  EXPECT_EQ(reply.body, kSuccess);
  EXPECT_THAT(reply.head, HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

// A load balancer that has not heard of the end yet may send one more request on it.
TEST(HttpServer, AnIdleConnectionIsAnsweredOnceMoreBeforeItIsClosed) {
  ServerRig rig({.idle_grace = std::chrono::seconds(30)});
  RawClient idle(rig.port);
  idle.Send(kVersion);
  EXPECT_EQ(idle.Read().status, 200);
  std::promise<void> done;
  rig.server->Close(std::chrono::seconds(60), [&done] { done.set_value(); });
  RawReply reply;
  EXPECT_TRUE(ServerRig::Eventually([&] {
    EXPECT_TRUE(idle.Send(kVersion));
    reply = idle.Read();
    EXPECT_EQ(reply.status, 200);
    return reply.status != 200 || reply.head.find("Connection: close\r\n") != std::string::npos;
  }));
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(HttpServer, CutsWhatIsLeftAfterTheGrace) {
  ServerRig rig;
  rig.participant.Hold();
  RawClient waiting(rig.port);
  waiting.Send(Post(Saga("g", true)));
  ASSERT_TRUE(ServerRig::Eventually([&] { return rig.participant.held() == 1; }));
  std::promise<void> done;
  rig.server->Close(milliseconds(20), [&done] { done.set_value(); });
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_TRUE(waiting.AtEnd());
  rig.participant.Release();
}

TEST(HttpServer, CannotListenWhereAnotherListens) {
  ServerRig rig;
  EXPECT_NE(rig.port, 0);
  AsioLoop loop;
  SilentLog log;
  World world;
  Counter random(9);
  api::Handlers handlers({}, *world.engine, world.clock, random);
  api::HttpServer second({.port = rig.port}, handlers, log, {&loop});
  const auto port = second.Listen();
  ASSERT_FALSE(port.ok());
  EXPECT_THAT(port.status().message(), HasSubstr("cannot listen on 127.0.0.1 port"));
  api::HttpServer nowhere({.address = "not an address"}, handlers, log, {&loop});
  EXPECT_EQ(nowhere.Listen().status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace treaty::testing
