// https: the certificate and the name in it are verified.

#include <gtest/gtest.h>

#include <string>

#include "participant/identity.h"
#include "participant/tls_server.h"
#include "participant/world.h"
#include "support/raw_server.h"

namespace treaty::test {
namespace {

HttpParticipantConfig Trusting(const CaFile& file) {
  HttpParticipantConfig config = LocalConfig();
  config.ca_file = file.path();
  return config;
}

TEST(HttpParticipantTls, AVerifiedParticipantIsCalled) {
  const Identity identity("DNS:localhost,IP:127.0.0.1");
  const CaFile ca(identity);
  TlsServer server(identity);
  {
    World world(Trusting(ca));
    EXPECT_EQ(world.Ask(CallTo(server.url("localhost"))).text, "over TLS");
    EXPECT_EQ(world.Ask(CallTo(server.url("localhost"))).text, "over TLS") << "reused";
  }
  World world(Trusting(ca));
  EXPECT_EQ(world.Ask(CallTo(server.url("127.0.0.1"))).text, "over TLS");
}

TEST(HttpParticipantTls, AWrongNameIsRefused) {
  const Identity identity("DNS:other.example,IP:127.0.0.2");
  const CaFile ca(identity);
  TlsServer server(identity);
  World world(Trusting(ca));
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto reply = world.Ask(CallTo(server.url(host)));
    EXPECT_EQ(reply.outcome, Outcome::kUnknown);
    EXPECT_TRUE(reply.text.starts_with("TLS: ")) << reply.text;
  }
}

TEST(HttpParticipantTls, AnUntrustedCertificateIsRefused) {
  const Identity identity("DNS:localhost");
  const Identity stranger("DNS:localhost");
  const CaFile ca(stranger);
  TlsServer server(identity);
  World trusts_another(Trusting(ca));
  EXPECT_EQ(trusts_another.Ask(CallTo(server.url("localhost"))).outcome, Outcome::kUnknown);
  World trusts_the_system;
  EXPECT_EQ(trusts_the_system.Ask(CallTo(server.url("localhost"))).outcome, Outcome::kUnknown);
}

TEST(HttpParticipantTls, TheReasonIsSaidInWords) {
  const Identity sound("DNS:localhost,IP:127.0.0.1");
  const Identity expired("DNS:localhost", -7'200, -3'600);
  const Identity early("DNS:localhost", 3'600, 7'200);
  const Identity misnamed("DNS:other.example");
  const struct {
    const Identity& server;
    const Identity& trusted;
    const char* words;
  } cases[] = {{expired, expired, "TLS: certificate expired"},
               {early, early, "TLS: certificate not yet valid"},
               {misnamed, misnamed, "TLS: certificate is for another host name"},
               {sound, misnamed, "TLS: certificate of an unknown authority"}};
  for (const auto& one : cases) {
    const CaFile ca(one.trusted);
    TlsServer server(one.server);
    World world(Trusting(ca));
    EXPECT_EQ(world.Ask(CallTo(server.url("localhost"))).text, one.words);
  }
}

TEST(HttpParticipantTls, PlainTextIsNoTls) {
  RawServer plain(Always(HttpReply(200, "")));
  World world;
  const auto url = "https://127.0.0.1:" + std::to_string(plain.port()) + "/";
  EXPECT_EQ(world.Ask(CallTo(url, "{}", std::chrono::milliseconds(500))).outcome,
            Outcome::kUnknown);
}

TEST(HttpParticipantTls, AMissingCaFileIsReportedWithEachCall) {
  HttpParticipantConfig config = LocalConfig();
  config.ca_file = "/nonexistent/ca.pem";
  World world(config);
  EXPECT_NE(world.Ask(CallTo("https://127.0.0.1:1/")).text.find("/nonexistent/ca.pem"),
            std::string::npos);
}

}  // namespace
}  // namespace treaty::test
