// Calls of gRPC participants: real channels to servers that do what the test wants.

#include "participant/grpc/grpc_participant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "participant/connections.h"
#include "participant/grpc/grpc_result.h"
#include "participant/grpc_server.h"
#include "participant/grpc_world.h"
#include "participant/identity.h"
#include "wire/grpc/messages.h"

namespace treaty::test {
namespace {

using grpc::StatusCode;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using Steady = std::chrono::steady_clock;

std::string Sole(const GrpcCall& call, const std::string& key) {
  EXPECT_EQ(call.metadata.count(key), 1u) << key;
  const auto found = call.metadata.find(key);
  return found == call.metadata.end() ? "" : found->second;
}

TEST(GrpcParticipant, SendsThePayloadUntouchedWithItsMetadata) {
  GrpcServer server;
  GrpcWorld world;
  const std::string payload("\0\xff\x08", 3);
  EXPECT_EQ(world.Ask(GrpcCallTo(server.url("bank.Bank/Out"), payload)).outcome, Outcome::kSuccess);
  const auto calls = server.calls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].method, "/bank.Bank/Out");
  EXPECT_EQ(calls[0].message, payload);
  EXPECT_EQ(Sole(calls[0], "dtm-gid"), "g-1");
  EXPECT_EQ(Sole(calls[0], "dtm-trans_type"), "saga");
  EXPECT_EQ(Sole(calls[0], "dtm-branch_id"), "01");
  EXPECT_EQ(Sole(calls[0], "dtm-op"), "action");
  EXPECT_EQ(Sole(calls[0], "dtm-dtm"), "");
}

TEST(GrpcParticipant, SendsHeadersWithKeysInLowerCase) {
  GrpcServer server;
  GrpcWorld world;
  BranchCall call = GrpcCallTo(server.url());
  auto terms = std::make_shared<Terms>();
  terms->branch_headers = {{"X-Mine", "1"}, {"raw-bin", std::string("\0\xff", 2)}};
  terms->passed_headers = {{"X-Trace", "t"}};
  call.terms = terms;
  EXPECT_EQ(world.Ask(call).outcome, Outcome::kSuccess);
  const auto calls = server.calls();
  EXPECT_EQ(Sole(calls.at(0), "x-mine"), "1");
  EXPECT_EQ(Sole(calls.at(0), "raw-bin"), std::string("\0\xff", 2));
  EXPECT_EQ(Sole(calls.at(0), "x-trace"), "t");
}

// The library would end the process. The door refuses what it knows will be called by gRPC; of what
// it could not know, such headers are left out, and ids are encoded.
TEST(GrpcParticipant, WhatCannotBeMetadataIsNotSent) {
  GrpcServer server;
  GrpcWorld world;
  BranchCall call = GrpcCallTo(server.url());
  auto terms = std::make_shared<Terms>();
  terms->branch_headers = {{"a b", "1"},
                           {"", "1"},
                           {"x", "\xff"},
                           {"y", "a\r\nb"},
                           {"grpc-status", "0"},
                           {"DTM-gid", "other"},
                           {"Content-Type", "text/plain"},
                           {"fine", "1"}};
  call.terms = terms;
  auto body = std::make_shared<Body>(*call.body);
  body->gid = "\xc3\xa4%1";
  call.body = body;
  EXPECT_EQ(world.Ask(call).outcome, Outcome::kSuccess);
  const auto calls = server.calls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(Sole(calls[0], "dtm-gid"), "%C3%A4%251");
  EXPECT_EQ(Sole(calls[0], "fine"), "1");
  for (const char* key : {"x", "y", "a b", "content-type"}) {
    EXPECT_EQ(calls[0].metadata.count(key), 0u) << key;
  }
}

TEST(GrpcParticipant, ResumesAWorkflowWithAMessageOfItsInput) {
  GrpcServer server;
  GrpcWorld world;
  BranchCall call = GrpcCallTo(server.url());
  auto body = std::make_shared<Body>();
  body->gid = "w";
  body->model = Model::kWorkflow;
  body->protocol = "grpc";
  body->query_prepared = server.url("workflow.Workflow/Execute");
  auto terms = std::make_shared<Terms>();
  terms->workflow_name = "transfer";
  terms->workflow_input = std::string("in\0", 3);
  call.body = body;
  call.terms = terms;
  call.step = nullptr;
  call.op = Op::kQuery;
  call.branch = kNoBranch;
  EXPECT_EQ(world.Ask(call).outcome, Outcome::kSuccess);
  const auto calls = server.calls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].method, "/workflow.Workflow/Execute");
  EXPECT_EQ(calls[0].message, wire::WriteWorkflowData(std::string("in\0", 3)));
  EXPECT_EQ(Sole(calls[0], "dtm-op"), "transfer");
  EXPECT_EQ(Sole(calls[0], "dtm-branch_id"), "00");
}

struct Line {
  int code;
  const char* message;
  Outcome outcome;
  const char* text;
};

const Line kTable[] = {
    {0, "FAILURE", Outcome::kSuccess, ""},
    {10, "no money", Outcome::kFailure, "no money"},
    {10, "", Outcome::kFailure, "gRPC status 10"},
    {10, "ONGOING", Outcome::kOngoing, "gRPC status 10"},
    {10, "still ONGOING", Outcome::kFailure, "still ONGOING"},
    {9, "later", Outcome::kOngoing, "gRPC status 9"},
    {409, "no", Outcome::kFailure, "no"},
    {425, "", Outcome::kOngoing, "gRPC status 425"},
    {13, "FAILURE", Outcome::kUnknown, "gRPC status 13"},
    {2, "ONGOING", Outcome::kUnknown, "gRPC status 2"},
    {4, "", Outcome::kUnknown, "gRPC status 4"},
    {14, "", Outcome::kUnknown, "gRPC status 14"},
    {99, "", Outcome::kUnknown, "gRPC status 99"},
};

TEST(GrpcResult, EveryLineOfTheTable) {
  for (const Line& line : kTable) {
    const BranchReply reply = MapGrpcStatus(line.code, line.message);
    EXPECT_EQ(reply.outcome, line.outcome) << line.code << line.message;
    EXPECT_EQ(reply.text, line.text) << line.code << line.message;
  }
}

// Statuses of HTTP come over the wire as some frameworks send them.
TEST(GrpcParticipant, MapsTheStatusThatWasSent) {
  for (const Line& line : kTable) {
    if (line.code == 0) continue;
    GrpcServer server([&line](const GrpcCall&) {
      return grpc::Status(static_cast<StatusCode>(line.code), line.message);
    });
    GrpcWorld world;
    EXPECT_EQ(world.Ask(GrpcCallTo(server.url())).outcome, line.outcome) << line.code;
  }
}

TEST(GrpcParticipant, ACallThatIsNotAnsweredEndsAtItsTimeOut) {
  GrpcServer server(GrpcServer::Hold);
  GrpcWorld world;
  const auto begun = Steady::now();
  EXPECT_EQ(world.Ask(GrpcCallTo(server.url(), "p", milliseconds(200))).outcome, Outcome::kUnknown);
  EXPECT_GE(Steady::now() - begun, milliseconds(190));
  EXPECT_LT(Steady::now() - begun, seconds(5));
}

// Protocol §19, 10: not after the channel's own back-off.
TEST(GrpcParticipant, AParticipantThatCameBackIsCalledAtOnce) {
  auto server = std::make_unique<GrpcServer>();
  const std::string url = server->url();
  const std::string endpoint = url.substr(0, url.find('/'));
  GrpcWorld world;
  EXPECT_EQ(world.Ask(GrpcCallTo(url)).outcome, Outcome::kSuccess);
  server.reset();
  const auto failing = Steady::now();
  for (int i = 0; i < 20; ++i) {  // Each failure would double the library's own back-off.
    EXPECT_EQ(world.Ask(GrpcCallTo(url)).outcome, Outcome::kUnknown);
  }
  EXPECT_LT(Steady::now() - failing, seconds(10)) << "a refusal is known at once";
  server = std::make_unique<GrpcServer>(GrpcServer::Fine, endpoint);
  const auto begun = Steady::now();
  EXPECT_EQ(world.Ask(GrpcCallTo(url)).outcome, Outcome::kSuccess);
  EXPECT_LT(Steady::now() - begun, seconds(5));  // The library's back-off would be ten by now.
}

TEST(GrpcParticipant, ThoseWhoDoNotAnswerDelayNobodyElse) {
  GrpcServer dead(GrpcServer::Hold);
  GrpcServer alive;
  GrpcParticipantConfig config = GrpcConfig();
  config.calls_in_flight = 8;
  config.calls_per_destination = 8;
  GrpcWorld world(config);
  std::size_t dead_answers = 0;
  const auto call_dead = [&](Duration timeout) {
    world.participant().Call(GrpcCallTo(dead.url(), "p", timeout),
                             [&](const BranchReply&) { ++dead_answers; });
  };
  for (int i = 0; i < 3; ++i) call_dead(milliseconds(50));  // From then on it is suspect.
  world.RunUntil([&] { return dead_answers == 3; });
  for (int i = 0; i < 100; ++i) call_dead(seconds(10));
  const auto begun = Steady::now();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(world.Ask(GrpcCallTo(alive.url())).outcome, Outcome::kSuccess);
  }
  EXPECT_LT(Steady::now() - begun, seconds(5));
  world.participant().CancelAll();
  EXPECT_EQ(dead_answers, 103u);
}

// Their callers are ready to wait for an hour: that is no reason to let others wait.
TEST(GrpcParticipant, LongTimeOutsTakeNoRoomFromOthers) {
  GrpcServer hung(GrpcServer::Hold);
  GrpcServer good;
  GrpcParticipantConfig config = GrpcConfig();
  config.calls_in_flight = 16;
  config.calls_per_destination = 16;
  config.patience = milliseconds(300);
  GrpcWorld world(config);
  std::size_t ended = 0;
  // As many destinations as there are names of this machine.
  const auto call_hung = [&](int host) {
    const std::string url = "127.0.0." + std::to_string(host) + ":" + std::to_string(hung.port());
    world.participant().Call(GrpcCallTo(url + "/b.B/M", "p", std::chrono::hours(1)),
                             [&](const BranchReply&) { ++ended; });
  };
  for (int i = 0; i < 128; ++i) call_hung(1 + i % 8);
  const auto start = Steady::now();
  for (int i = 0; i < 20; ++i) {
    const BranchReply reply = world.Ask(GrpcCallTo(good.url()));
    if (reply.outcome == Outcome::kSuccess) break;  // Nobody could know it in the first moment.
    EXPECT_EQ(reply.outcome, Outcome::kNotSent);
  }
  EXPECT_LT(Steady::now() - start, seconds(3));
  const auto known = Steady::now();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(world.Ask(GrpcCallTo(good.url())).outcome, Outcome::kSuccess);
  }
  EXPECT_LT(Steady::now() - known, seconds(3));
  world.participant().CancelAll();
  world.RunUntil([&] { return ended == 128; });
}

TEST(GrpcParticipant, NoTimeOutMakesAQueueLonger) {
  GrpcServer hung(GrpcServer::Hold);
  GrpcParticipantConfig config = GrpcConfig();
  config.calls_per_destination = 1;
  config.patience = milliseconds(200);
  GrpcWorld world(config);
  std::vector<BranchCall> calls;
  calls.push_back(GrpcCallTo(hung.url(), "p", seconds(2)));
  calls.push_back(GrpcCallTo(hung.url(), "p", std::chrono::hours(1)));
  const auto replies = world.AskAll(std::move(calls));
  EXPECT_EQ(replies[0].outcome, Outcome::kUnknown);
  EXPECT_EQ(replies[1].outcome, Outcome::kNotSent);
}

TEST(GrpcParticipant, CallsBeyondTheLimitOfADestinationWaitTheirTurn) {
  std::atomic<int> open{0};
  std::atomic<int> most{0};
  GrpcServer server([&](const GrpcCall&) {
    most = std::max<int>(most, ++open);
    --open;
    return grpc::Status::OK;
  });
  GrpcParticipantConfig config = GrpcConfig();
  config.calls_per_destination = 2;
  config.queued_per_destination = 50;
  GrpcWorld world(config);
  std::vector<BranchCall> calls;
  for (int i = 0; i < 60; ++i) calls.push_back(GrpcCallTo(server.url()));
  std::size_t sent = 0;
  std::size_t refused = 0;
  for (const BranchReply& reply : world.AskAll(std::move(calls))) {
    sent += reply.outcome == Outcome::kSuccess ? 1 : 0;
    refused += reply.outcome == Outcome::kNotSent ? 1 : 0;
  }
  EXPECT_EQ(sent, 52u);  // Two at once, fifty behind them.
  EXPECT_EQ(refused, 8u);
  EXPECT_EQ(server.calls().size(), 52u);
}

TEST(GrpcParticipant, AQueuedCallThatIsNotSentInTimeWasNotSent) {
  GrpcServer server(GrpcServer::Hold);
  GrpcParticipantConfig config = GrpcConfig();
  config.calls_per_destination = 1;
  GrpcWorld world(config);
  std::vector<BranchCall> calls;
  calls.push_back(GrpcCallTo(server.url(), "p", seconds(1)));
  calls.push_back(GrpcCallTo(server.url(), "p", milliseconds(100)));
  const auto replies = world.AskAll(std::move(calls));
  EXPECT_EQ(replies[0].outcome, Outcome::kUnknown);
  EXPECT_EQ(replies[1].outcome, Outcome::kNotSent);
}

// Whoever hears of an end may call again at once, and others than before.
TEST(GrpcParticipant, CallsMayBeginWhileOthersEnd) {
  GrpcServer server(GrpcServer::Hold);
  GrpcServer fine;
  GrpcParticipantConfig config = GrpcConfig();
  config.calls_per_destination = 1;
  GrpcWorld world(config);
  std::size_t ended = 0;
  std::size_t again = 0;
  const auto call_again = [&](const BranchReply&) {
    ++ended;
    for (int i = 1; i <= 40; ++i) {
      const std::string host = "127.0.0." + std::to_string(ended * 40 + static_cast<unsigned>(i));
      world.participant().Call(GrpcCallTo(host + ":1/b.B/M"), [&](const BranchReply&) { ++again; });
    }
  };
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    const std::string url = host + ":" + std::to_string(server.port()) + "/b.B/M";
    world.participant().Call(GrpcCallTo(url), [](const BranchReply&) {});
    world.participant().Call(GrpcCallTo(url, "p", milliseconds(50)), call_again);
  }
  world.RunUntil([&] { return ended == 2 && again == 80; });

  const std::string url = "127.0.0.1:" + std::to_string(server.port()) + "/b.B/M";
  world.participant().Call(GrpcCallTo(url), call_again);
  world.participant().CancelAll();
  world.RunUntil([&] { return ended == 3 && again == 120; });
  EXPECT_EQ(world.Ask(GrpcCallTo(fine.url())).outcome, Outcome::kSuccess);
}

TEST(GrpcParticipant, NothingIsSentWhileTheProcessMayNot) {
  GrpcServer server;
  std::atomic<bool> may{false};
  GrpcParticipantConfig config = GrpcConfig();
  config.may_send = [&] { return may.load(); };
  GrpcWorld world(config);
  EXPECT_EQ(world.Ask(GrpcCallTo(server.url(), "p", milliseconds(200))).outcome, Outcome::kNotSent);
  may = true;
  EXPECT_EQ(world.Ask(GrpcCallTo(server.url())).outcome, Outcome::kSuccess);
  EXPECT_EQ(server.calls().size(), 1u);
}

TEST(GrpcParticipant, SpreadsCallsOverTheAddressesOfAName) {
  GrpcServer one(GrpcServer::Fine, "127.0.0.1:0");
  GrpcServer two(GrpcServer::Fine, "127.0.0.2:" + std::to_string(one.port()));
  GrpcParticipantConfig config = GrpcConfig();
  config.lookup = [](const std::string&) -> Result<Addresses> {
    return Addresses{boost::asio::ip::make_address("127.0.0.1"),
                     boost::asio::ip::make_address("127.0.0.2")};
  };
  GrpcWorld world(config);
  const std::string url = "bank.example:" + std::to_string(one.port()) + "/bank.Bank/Out";
  const auto both = [&] { return !one.calls().empty() && !two.calls().empty(); };
  for (int i = 0; i < 200 && !both(); ++i) {
    EXPECT_EQ(world.Ask(GrpcCallTo(url)).outcome, Outcome::kSuccess);
  }
  EXPECT_TRUE(both());
}

// A name may have addresses of both families, and be served on one of them only.
TEST(GrpcParticipant, TriesTheOtherFamilyOfAddresses) {
  GrpcServer server(GrpcServer::Fine, "[::1]:0");
  GrpcParticipantConfig config = GrpcConfig();
  config.lookup = [](const std::string&) -> Result<Addresses> {
    return Addresses{boost::asio::ip::make_address("127.0.0.9"),
                     boost::asio::ip::make_address("::1")};
  };
  GrpcWorld world(config);
  const std::string url = "bank.example:" + std::to_string(server.port()) + "/b.B/M";
  EXPECT_EQ(world.Ask(GrpcCallTo(url)).outcome, Outcome::kUnknown);
  EXPECT_EQ(world.Ask(GrpcCallTo(url)).outcome, Outcome::kSuccess);
  EXPECT_EQ(world.Ask(GrpcCallTo(url)).outcome, Outcome::kSuccess);
}

// Where nobody listens the name may have moved: the next call asks anew, long before its time.
TEST(GrpcParticipant, ANameWhoseAddressRefusesIsAskedForAgain) {
  GrpcServer server;
  const auto asked = std::make_shared<std::atomic<int>>(0);
  GrpcParticipantConfig config = GrpcConfig();
  config.lookup = [asked](const std::string&) -> Result<Addresses> {
    return Addresses{boost::asio::ip::make_address(++*asked == 1 ? "127.0.0.9" : "127.0.0.1")};
  };
  GrpcWorld world(config);
  const std::string url = "bank.example:" + std::to_string(server.port()) + "/b.B/M";
  EXPECT_EQ(world.Ask(GrpcCallTo(url)).outcome, Outcome::kUnknown);
  EXPECT_EQ(world.Ask(GrpcCallTo(url)).outcome, Outcome::kSuccess);
}

// Proven by what is dialled: nothing arrives.
TEST(GrpcParticipant, NeverDialsAnAddressOutsideThePolicy) {
  GrpcServer server;
  GrpcParticipantConfig config = GrpcConfig();
  config.targets.allow_loopback = false;
  config.lookup = [](const std::string&) -> Result<Addresses> {
    return Addresses{boost::asio::ip::make_address("127.0.0.1")};
  };
  GrpcWorld world(config);
  const std::string port = std::to_string(server.port());
  EXPECT_THAT(world.Ask(GrpcCallTo("bank.example:" + port + "/b.B/M")).text, HasSubstr("loopback"));
  EXPECT_THAT(world.Ask(GrpcCallTo(server.url())).text, HasSubstr("loopback"));
  EXPECT_EQ(server.calls().size(), 0u);
}

TEST(GrpcParticipant, ANameThatHangsEndsWithItsCall) {
  const auto over = std::make_shared<std::atomic<bool>>(false);  // The look-up outlives the test.
  GrpcParticipantConfig config = GrpcConfig();
  config.lookup = [over](const std::string&) -> Result<Addresses> {
    while (!*over) std::this_thread::yield();
    return Status(Code::kUnavailable, "late");
  };
  GrpcWorld world(config);
  EXPECT_THAT(world.Ask(GrpcCallTo("bank.example:1/b.B/M", "p", milliseconds(150))).text,
              HasSubstr("looking up the name"));
  *over = true;
}

// Names that hang take no more room than participants that do.
TEST(GrpcParticipant, NamesThatHangDelayNobodyElse) {
  GrpcServer alive;
  const auto over = std::make_shared<std::atomic<bool>>(false);
  GrpcParticipantConfig config = GrpcConfig();
  config.calls_in_flight = 8;
  config.calls_per_destination = 8;
  config.lookup = [over](const std::string& name) -> Result<Addresses> {
    while (name != "127.0.0.1" && !*over) std::this_thread::yield();
    return Addresses{boost::asio::ip::make_address("127.0.0.1")};
  };
  GrpcWorld world(config);
  std::size_t ended = 0;
  const auto call = [&](Duration timeout) {
    world.participant().Call(GrpcCallTo("bank.example:1/b.B/M", "p", timeout),
                             [&](const BranchReply&) { ++ended; });
  };
  for (int i = 0; i < 3; ++i) call(milliseconds(50));
  world.RunUntil([&] { return ended == 3; });
  for (int i = 0; i < 100; ++i) call(seconds(10));
  const auto begun = Steady::now();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(world.Ask(GrpcCallTo(alive.url())).outcome, Outcome::kSuccess);
  }
  EXPECT_LT(Steady::now() - begun, seconds(5));
  world.participant().CancelAll();
  *over = true;
}

// The lease may end while a connection is being made: then nothing goes over it.
TEST(GrpcParticipant, TheProcessIsAskedAgainOnceItIsConnected) {
  GrpcServer server;
  int asked = 0;
  GrpcParticipantConfig config = GrpcConfig();
  config.may_send = [&] { return ++asked == 1; };
  GrpcWorld world(config);
  EXPECT_EQ(world.Ask(GrpcCallTo(server.url())).outcome, Outcome::kNotSent);
  EXPECT_EQ(server.calls().size(), 0u);
}

TEST(GrpcParticipant, AReplyThatIsTooLongIsNoAnswer) {
  GrpcServer server;
  GrpcParticipantConfig config = GrpcConfig();
  config.max_reply_bytes = 4;
  GrpcWorld world(config);
  EXPECT_EQ(world.Ask(GrpcCallTo(server.url())).outcome, Outcome::kUnknown);
}

TEST(GrpcParticipant, AChannelWithoutCallsIsClosed) {
  GrpcServer server;
  GrpcParticipantConfig config = GrpcConfig();
  config.idle_expiry = milliseconds(150);
  GrpcWorld world(config);
  EXPECT_EQ(world.Ask(GrpcCallTo(server.url())).outcome, Outcome::kSuccess);
  EXPECT_GT(CountConnectionsTo(server.port()), 0u);
  world.RunUntil([&] { return CountConnectionsTo(server.port()) == 0; });
  EXPECT_EQ(world.Ask(GrpcCallTo(server.url())).outcome, Outcome::kSuccess);
}

// --- TLS -------------------------------------------------------------------------------------

std::shared_ptr<grpc::ServerCredentials> CredentialsOf(const Identity& identity) {
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({identity.KeyPem(), identity.CertPem()});
  return grpc::SslServerCredentials(options);
}

std::string TlsUrl(const std::string& host, int port) {
  return "grpcs://" + host + ":" + std::to_string(port) + "/bank.Bank/Out";
}

TEST(GrpcParticipantTls, AVerifiedParticipantIsCalledWhateverTheProtocol) {
  const Identity identity("DNS:localhost,IP:127.0.0.1");
  const CaFile ca(identity);
  GrpcServer server(GrpcServer::Fine, "127.0.0.1:0", CredentialsOf(identity));
  GrpcParticipantConfig config = GrpcConfig();
  config.ca_file = ca.path();
  GrpcWorld world(config);
  EXPECT_EQ(world.Ask(CallTo(TlsUrl("127.0.0.1", server.port()))).outcome, Outcome::kSuccess);
  EXPECT_EQ(world.Ask(GrpcCallTo(TlsUrl("localhost", server.port()))).outcome, Outcome::kSuccess);
}

TEST(GrpcParticipantTls, AWrongNameAndAStrangersCertificateAreRefused) {
  const Identity identity("DNS:other.example,IP:127.0.0.2");
  const Identity stranger("DNS:localhost,IP:127.0.0.1");
  GrpcServer misnamed(GrpcServer::Fine, "127.0.0.1:0", CredentialsOf(identity));
  GrpcServer strange(GrpcServer::Fine, "127.0.0.1:0", CredentialsOf(stranger));
  const CaFile ca(identity);
  GrpcParticipantConfig config = GrpcConfig();
  config.ca_file = ca.path();
  GrpcWorld world(config);
  for (const GrpcServer* server : {&misnamed, &strange}) {
    EXPECT_EQ(world.Ask(CallTo(TlsUrl("127.0.0.1", server->port()))).outcome, Outcome::kUnknown);
    EXPECT_EQ(server->calls().size(), 0u);
  }
  GrpcServer plain;
  EXPECT_EQ(world.Ask(CallTo(TlsUrl("127.0.0.1", plain.port()))).outcome, Outcome::kUnknown);
}

TEST(GrpcParticipantTls, TheReasonIsSaidInWords) {
  const Identity sound("DNS:localhost,IP:127.0.0.1");
  const Identity expired("DNS:localhost,IP:127.0.0.1", -7'200, -3'600);
  const Identity misnamed("DNS:other.example");
  const struct {
    const Identity& server;
    const Identity& trusted;
    const char* words;
  } cases[] = {{expired, expired, "cannot connect: TLS: certificate expired"},
               {misnamed, misnamed, "cannot connect: TLS: certificate is for another host name"},
               {sound, misnamed, "cannot connect: TLS: certificate of an unknown authority"}};
  for (const auto& one : cases) {
    GrpcServer server(GrpcServer::Fine, "127.0.0.1:0", CredentialsOf(one.server));
    const CaFile ca(one.trusted);
    GrpcParticipantConfig config = GrpcConfig();
    config.ca_file = ca.path();
    GrpcWorld world(config);
    for (const char* host : {"127.0.0.1", "localhost"}) {
      const BranchReply reply = world.Ask(CallTo(TlsUrl(host, server.port())));
      EXPECT_EQ(reply.outcome, Outcome::kUnknown);
      EXPECT_EQ(reply.text, one.words);
    }
    EXPECT_EQ(server.calls().size(), 0u);
  }
}

TEST(GrpcParticipant, ARefusedConnectionIsSaidInWords) {
  int port = 0;
  {
    GrpcServer gone;
    port = gone.port();
  }
  GrpcWorld world;
  const std::string url = "127.0.0.1:" + std::to_string(port) + "/bank.Bank/Out";
  EXPECT_EQ(world.Ask(GrpcCallTo(url)).text, "cannot connect: connect: Connection refused");
  std::vector<BranchCall> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(GrpcCallTo(url));
  for (const BranchReply& reply : world.AskAll(std::move(calls))) {
    EXPECT_EQ(reply.text, "cannot connect: connect: Connection refused");
  }
}

TEST(GrpcParticipantTls, AMissingCaFileIsNotReplacedByTheSystems) {
  GrpcParticipantConfig config = GrpcConfig();
  config.ca_file = "/nonexistent/ca.pem";
  GrpcWorld world(config);
  EXPECT_THAT(world.Ask(CallTo(TlsUrl("127.0.0.1", 1))).text, HasSubstr("/nonexistent/ca.pem"));
}

TEST(GrpcParticipant, EndsWithCallsUnderWay) {
  GrpcServer server(GrpcServer::Hold);
  std::size_t reported = 0;
  {
    GrpcWorld world;
    for (int i = 0; i < 20; ++i) {
      world.participant().Call(GrpcCallTo(server.url()), [&](const BranchReply&) { ++reported; });
    }
    world.RunUntil([&] { return server.calls().size() == 20; });
  }
  EXPECT_EQ(reported, 0u);
}

}  // namespace
}  // namespace treaty::test
