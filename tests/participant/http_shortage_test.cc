// What this machine lacks is no fault of the participant: such calls were not sent.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
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

bool IsShortageFor(const char* address, int error) {
  const boost::asio::ip::tcp::endpoint to(boost::asio::ip::make_address(address), 9);
  return IsShortage(error, to.data(), static_cast<socklen_t>(to.size()));
}

TEST(Shortage, IsWhatAMachineRunsOutOf) {
  for (const int error : {EMFILE, ENFILE, EADDRNOTAVAIL, ENOBUFS, ENOMEM}) {
    EXPECT_TRUE(IsShortageFor("127.0.0.1", error)) << error;
  }
  for (const int error : {0, ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ECONNRESET, ECANCELED}) {
    EXPECT_FALSE(IsShortageFor("127.0.0.1", error)) << error;
  }
  const NoMeans none(EMFILE);
  EXPECT_TRUE(IsShortageFor("127.0.0.1", EADDRNOTAVAIL)) << "nothing says otherwise";
}

// As IPv6 where the system has it switched off: no port is wanting.
TEST(Shortage, AnAddressThatNothingHereCouldBeConnectedToIsNone) {
  const NoMeans none(0, EADDRNOTAVAIL, NoMeans::Of::kAll);
  for (const char* address : {"::1", "2001:db8::1", "127.0.0.1"}) {
    EXPECT_FALSE(IsShortageFor(address, EADDRNOTAVAIL)) << address;
    EXPECT_TRUE(IsShortageFor(address, EMFILE)) << address;
  }
}

TEST(HttpShortage, AnAddressThatNothingHereCouldBeConnectedToIsItsTransactionsFault) {
  World world;
  const NoMeans none(0, EADDRNOTAVAIL, NoMeans::Of::kAll);
  for (const char* url : {"http://[::1]:9/", "http://127.0.0.1:9/"}) {
    EXPECT_EQ(world.Ask(CallTo(url)).outcome, Outcome::kUnknown) << url;
  }
}

// --- Closed, or noisy, before anything was sent -------------------------------------------------

// A server whose every step a test takes itself, between two of the participant's.
class Stepwise {
 public:
  Stepwise() : acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}) {
    acceptor_.non_blocking(true);
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
  }

  // False: nobody has connected.
  bool Accept() {
    boost::system::error_code error;
    peer_ = acceptor_.accept(error);
    return !error;
  }
  void Say(const std::string& text) { boost::asio::write(peer_, boost::asio::buffer(text)); }
  // Takes it, if it has come.
  bool HasRequest() {
    if (peer_.available() == 0) return false;
    char request[4'096];
    return peer_.read_some(boost::asio::buffer(request)) > 0;
  }
  void Close() { peer_.close(); }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::socket peer_{io_};
};

TEST(HttpShortage, WhoClosesOrSpeaksBeforeItIsAskedWasNotAsked) {
  for (const char* said : {"", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "SSH-2.0-x\r\n"}) {
    for (const bool closes : {true, false}) {
      if (!closes && *said == '\0') continue;
      Stepwise server;
      World world;
      std::optional<BranchReply> got;
      world.participant().Call(CallTo(server.url()),
                               [&](const BranchReply& reply) { got = reply; });
      ASSERT_TRUE(server.Accept());
      server.Say(said);
      if (closes) server.Close();
      world.RunUntil([&] { return got.has_value(); });
      EXPECT_EQ(got->outcome, Outcome::kNotSent) << said;
      EXPECT_EQ(got->text, "closed, or said something, before it was asked");
    }
  }
}

// Its first connection took the request.
TEST(HttpShortage, NorDoesThatUndoWhatWasSentBefore) {
  Stepwise server;
  World world;
  std::optional<BranchReply> got;
  const auto call = [&] {
    got.reset();
    world.participant().Call(CallTo(server.url()), [&](const BranchReply& reply) { got = reply; });
  };
  call();
  ASSERT_TRUE(server.Accept());
  world.RunUntil([&] { return server.HasRequest(); });
  server.Say(HttpReply(200, ""));
  world.RunUntil([&] { return got.has_value(); });
  ASSERT_EQ(got->outcome, Outcome::kSuccess);
  call();  // On the connection that was kept.
  ASSERT_TRUE(server.HasRequest());
  server.Close();
  world.RunUntil([&] { return server.Accept(); });
  server.Close();
  world.RunUntil([&] { return got.has_value(); });
  EXPECT_EQ(got->outcome, Outcome::kUnknown);
}

TEST(HttpShortage, ANameThatDoesNotResolveWasNotCalled) {
  World world;
  const auto reply = world.Ask(CallTo("http://no-such-host.invalid/", "{}", milliseconds(2'000)));
  EXPECT_EQ(reply.outcome, Outcome::kNotSent);
}

}  // namespace
}  // namespace treaty::test
