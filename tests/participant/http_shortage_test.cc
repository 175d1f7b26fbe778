// What this machine lacks is no fault of the participant: such calls were not sent.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "participant/identity.h"
#include "participant/no_means.h"
#include "participant/shortage.h"
#include "participant/tls_server.h"
#include "participant/world.h"
#include "support/raw_server.h"

namespace treaty::test {
namespace {

using std::chrono::milliseconds;

TEST(HttpShortage, WithoutMeansNothingIsSent) {
  RawServer server(Always(HttpReply(200, "")));
  World world;
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    const NoMeans none(error);
    const auto reply = world.Ask(CallTo(server.url("/")));
    EXPECT_EQ(reply.outcome, Outcome::kNotSent) << error;
    EXPECT_EQ(reply.text, "connect: " + std::generic_category().message(error));
  }
  for (const int error : {EADDRNOTAVAIL, ENOBUFS, ENOMEM}) {
    const NoMeans none(0, error);
    EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kNotSent) << error;
  }
  EXPECT_EQ(server.connections(), 0);
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess);
}

TEST(HttpShortage, WhatThePeerOrTheNetworkIsAtFaultForIsUnknown) {
  World world;
  for (const int error : {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT}) {
    const NoMeans none(0, error);
    EXPECT_EQ(world.Ask(CallTo("http://127.0.0.1:1/")).outcome, Outcome::kUnknown) << error;
  }
}

// One of its addresses was reached, and refused.
TEST(HttpShortage, OneAddressOfANameThatCouldBeTriedIsEnough) {
  HttpParticipantConfig config = LocalConfig();
  config.lookup = [](const std::string&) -> Result<Addresses> {
    return Addresses{boost::asio::ip::make_address("127.0.0.9"),
                     boost::asio::ip::make_address("127.0.0.10")};
  };
  World world(config);
  EXPECT_EQ(world.Ask(CallTo("http://bank.example:1/")).outcome, Outcome::kUnknown);
  const NoMeans none(EMFILE);
  EXPECT_EQ(world.Ask(CallTo("http://bank.example:1/")).outcome, Outcome::kNotSent);
}

TEST(HttpShortage, ACallThatMayHaveBeenSeenIsUnknownAllTheSame) {
  std::atomic<int> requests = 0;
  RawServer server([&](RawPeer& peer) {
    peer.ReadRequest();
    ++requests;
    peer.Write(HttpReply(200, ""));
    peer.ReadRequest();  // And is gone, perhaps after it has done what it was asked.
    ++requests;
  });
  World world;
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kSuccess);
  const NoMeans none(EMFILE);
  EXPECT_EQ(world.Ask(CallTo(server.url("/"))).outcome, Outcome::kUnknown);
  EXPECT_EQ(requests, 2);
}

TEST(HttpShortage, ANameThatIsNotFoundInTimeWasNotCalled) {
  const auto over = std::make_shared<std::atomic<bool>>(false);  // The look-up outlives the test.
  HttpParticipantConfig config = LocalConfig();
  config.lookup = [over](const std::string&) -> Result<Addresses> {
    while (!*over) std::this_thread::yield();
    return Status(Code::kUnavailable, "late");
  };
  World world(config);
  const auto reply = world.Ask(CallTo("http://bank.example/", "{}", milliseconds(100)));
  EXPECT_EQ(reply.outcome, Outcome::kNotSent);
  EXPECT_EQ(reply.text, "looking up the name: timed out");
  *over = true;
}

TEST(HttpShortage, ANameWithoutAnAddressWasNotCalled) {
  HttpParticipantConfig config = LocalConfig();
  config.lookup = [](const std::string&) -> Result<Addresses> {
    return Status(Code::kUnavailable, "resolve: Host not found");
  };
  World world(config);
  for (int i = 0; i < 2; ++i) {
    const auto reply = world.Ask(CallTo("http://bank.example/"));
    EXPECT_EQ(reply.outcome, Outcome::kNotSent);
    EXPECT_EQ(reply.text, "resolve: Host not found");
  }
}

TEST(HttpShortage, WhatIsCancelledBeforeItHasAnAddressWasNotSent) {
  const auto over = std::make_shared<std::atomic<bool>>(false);
  HttpParticipantConfig config = LocalConfig();
  config.lookup = [over](const std::string&) -> Result<Addresses> {
    while (!*over) std::this_thread::yield();
    return Status(Code::kUnavailable, "late");
  };
  World world(config);
  Outcome outcome = Outcome::kSuccess;
  world.participant().Call(CallTo("http://bank.example/"),
                           [&](const BranchReply& reply) { outcome = reply.outcome; });
  world.participant().CancelAll();
  EXPECT_EQ(outcome, Outcome::kNotSent);
  *over = true;
}

TEST(HttpShortage, CertificatesThatCannotBeReadAreOurFault) {
  const Identity identity("IP:127.0.0.1");
  TlsServer server(identity);
  HttpParticipantConfig config = LocalConfig();
  {
    const CaFile later(identity);
    config.ca_file = later.path();
  }
  World world(config);
  EXPECT_EQ(world.Ask(CallTo(server.url("127.0.0.1"))).outcome, Outcome::kNotSent);
  const CaFile ca(identity);
  EXPECT_EQ(world.Ask(CallTo(server.url("127.0.0.1"))).text, "over TLS");
}

TEST(Shortage, IsWhatAMachineRunsOutOf) {
  for (const int error : {EMFILE, ENFILE, EADDRNOTAVAIL, ENOBUFS, ENOMEM}) {
    EXPECT_TRUE(IsShortage(error)) << error;
  }
  for (const int error : {0, ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ECONNRESET, ECANCELED}) {
    EXPECT_FALSE(IsShortage(error)) << error;
  }
  EXPECT_EQ(FindShortage(false), 0);
  const NoMeans none(EMFILE);
  EXPECT_EQ(FindShortage(false), EMFILE);
  EXPECT_EQ(FindShortage(true), EMFILE);
}

TEST(HttpShortage, ANameThatDoesNotResolveWasNotCalled) {
  World world;
  const auto reply = world.Ask(CallTo("http://no-such-host.invalid/", "{}", milliseconds(2'000)));
  EXPECT_EQ(reply.outcome, Outcome::kNotSent);
}

}  // namespace
}  // namespace treaty::test
