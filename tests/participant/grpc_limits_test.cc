// Long answers of gRPC participants, and what this machine lacks.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <thread>

#include "participant/grpc/grpc_result.h"
#include "participant/grpc_server.h"
#include "participant/grpc_world.h"
#include "participant/identity.h"
#include "participant/no_means.h"
#include "participant/reason_text.h"

namespace treaty::test {
namespace {

using grpc::StatusCode;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

std::string Times(const std::string& text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

BranchReply AskOnce(const GrpcServer::Script& script) {
  GrpcServer server(script);
  GrpcWorld world;
  return world.Ask(GrpcCallTo(server.url()));
}

// Their text is sent with every byte that is not ASCII as three.
TEST(GrpcLimits, ALongRefusalIsARefusal) {
  for (const std::string& text :
       {std::string(100, 'x'), std::string(9'000, 'x'), Times("\xe9\x92\xb1", 1'000),
        Times("\xe9\x92\xb1", 10'000), std::string(900'000, 'x')}) {
    const auto reply =
        AskOnce([&text](const GrpcCall&) { return grpc::Status(StatusCode::ABORTED, text); });
    EXPECT_EQ(reply.outcome, Outcome::kFailure) << text.size() << " " << reply.text;
    EXPECT_EQ(reply.text, ReasonText(text));
  }
}

TEST(GrpcLimits, ALongTextIsUnderstoodWithEveryStatus) {
  const std::string text(9'000, 'x');
  const auto ask = [&text](StatusCode code) {
    return AskOnce([&](const GrpcCall&) { return grpc::Status(code, text); });
  };
  EXPECT_EQ(ask(StatusCode::FAILED_PRECONDITION).outcome, Outcome::kOngoing);
  EXPECT_EQ(ask(StatusCode::INTERNAL).text, "gRPC status 13");
}

TEST(GrpcLimits, MuchMetadataDoesNotHideAnAnswer) {
  for (const auto& [status, outcome] :
       {std::pair(grpc::Status::OK, Outcome::kSuccess),
        std::pair(grpc::Status(StatusCode::ABORTED, "no"), Outcome::kFailure)}) {
    GrpcServer server([answer = status](const GrpcCall&) { return answer; });
    for (int i = 0; i < 90; ++i) {
      server.trailers.emplace("x-filler-" + std::to_string(i), std::string(1'000, 'x'));
    }
    GrpcWorld world;
    const auto reply = world.Ask(GrpcCallTo(server.url()));
    EXPECT_EQ(reply.outcome, outcome) << reply.text;
  }
}

TEST(GrpcLimits, WhatIsBeyondTheLimitIsSaidInWords) {
  const auto reply = AskOnce([](const GrpcCall&) {
    return grpc::Status(StatusCode::ABORTED, std::string(2'000'000, 'x'));
  });
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
  EXPECT_EQ(reply.text, "gRPC status 8: the reply's text or metadata is longer than 1 MiB");
  GrpcServer server;
  GrpcParticipantConfig config = GrpcConfig();
  config.max_reply_bytes = 4;
  GrpcWorld world(config);
  EXPECT_EQ(world.Ask(GrpcCallTo(server.url())).text,
            "gRPC status 8: the reply is longer than Calls.MaxGrpcReplyBytes");
  EXPECT_EQ(AskOnce([](const GrpcCall&) {
              return grpc::Status(StatusCode::RESOURCE_EXHAUSTED, "secret");
            }).text,
            "gRPC status 8");
}

TEST(GrpcLimits, ABusyParticipantSaysWhenItWantsToBeCalledAgain) {
  const auto ask = [](const std::string& text) {
    GrpcServer server(
        [](const GrpcCall&) { return grpc::Status(StatusCode::UNAVAILABLE, "busy"); });
    server.trailers = {{"grpc-retry-pushback-ms", text}};
    GrpcWorld world;
    return world.Ask(GrpcCallTo(server.url())).retry_after;
  };
  EXPECT_EQ(ask("7000"), milliseconds(7'000));
  EXPECT_EQ(ask("0"), milliseconds(0));
  EXPECT_EQ(ask("-1"), milliseconds(0));
}

TEST(GrpcLimits, APushbackIsANumber) {
  const auto read = [](const char* text) {
    return PushbackOf({{grpc::string_ref("grpc-retry-pushback-ms"), grpc::string_ref(text)}});
  };
  EXPECT_EQ(read("1500"), milliseconds(1'500));
  for (const char* text : {"", "-1", "x", "1s", "99999999999999"}) {
    EXPECT_EQ(read(text), milliseconds(0)) << text;
  }
  EXPECT_EQ(PushbackOf({}), milliseconds(0));
}

// --- What this machine lacks -----------------------------------------------------------------

TEST(GrpcShortage, WithoutDescriptorsNothingIsSent) {
  GrpcServer server;
  GrpcWorld world;
  for (const int error : {EMFILE, ENFILE, ENOMEM}) {
    const NoMeans none(error);
    const auto reply = world.Ask(GrpcCallTo(server.url()));
    EXPECT_EQ(reply.outcome, Outcome::kNotSent);
    EXPECT_EQ(reply.text, "cannot connect: " + std::generic_category().message(error));
  }
  EXPECT_EQ(world.Ask(GrpcCallTo(server.url())).outcome, Outcome::kSuccess);
}

// Nobody can tell before it is tried.
TEST(GrpcShortage, WhatOnlyConnectingShowsCountsToo) {
  GrpcServer server;
  GrpcWorld world;
  for (const int error : {EADDRNOTAVAIL, ENOBUFS, ENOMEM}) {
    const NoMeans none(0, error);
    const auto reply = world.Ask(GrpcCallTo(server.url()));
    EXPECT_EQ(reply.outcome, Outcome::kNotSent);
    EXPECT_EQ(reply.text, "cannot connect: " + std::generic_category().message(error));
  }
  EXPECT_EQ(world.Ask(GrpcCallTo(server.url())).outcome, Outcome::kSuccess);
}

TEST(GrpcShortage, AnAddressThatNothingHereCouldBeConnectedToIsItsTransactionsFault) {
  GrpcWorld world;
  const NoMeans none(0, EADDRNOTAVAIL, NoMeans::Of::kAll);
  for (const char* url : {"[::1]:9/b.B/M", "127.0.0.1:9/b.B/M"}) {
    EXPECT_EQ(world.Ask(GrpcCallTo(url)).outcome, Outcome::kUnknown) << url;
  }
}

TEST(GrpcShortage, FindingOutWhyTakesNoneOfTheLastDescriptors) {
  GrpcParticipantConfig config = GrpcConfig();
  config.descriptors = std::make_shared<Descriptors>(4);  // This program has more open already.
  GrpcWorld world(config);
  EXPECT_EQ(world.Ask(GrpcCallTo("127.0.0.9:1/b.B/M")).outcome, Outcome::kNotSent);
  EXPECT_TRUE(config.descriptors->AreShort());
}

TEST(GrpcShortage, ARefusedConnectionIsUnknownAllTheSame) {
  GrpcWorld world;
  const auto reply = world.Ask(GrpcCallTo("127.0.0.9:1/b.B/M"));
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
}

TEST(GrpcShortage, ANameWithoutAnAddressWasNotCalled) {
  GrpcParticipantConfig config = GrpcConfig();
  config.lookup = [](const std::string&) -> Result<Addresses> {
    return Status(Code::kUnavailable, "resolve: Host not found");
  };
  GrpcWorld world(config);
  const auto reply = world.Ask(GrpcCallTo("bank.example:1/b.B/M"));
  EXPECT_EQ(reply.outcome, Outcome::kNotSent);
  EXPECT_EQ(reply.text, "resolve: Host not found");
}

TEST(GrpcShortage, ANameThatIsNotFoundInTimeWasNotCalled) {
  const auto over = std::make_shared<std::atomic<bool>>(false);  // The look-up outlives the test.
  GrpcParticipantConfig config = GrpcConfig();
  config.lookup = [over](const std::string&) -> Result<Addresses> {
    while (!*over) std::this_thread::yield();
    return Status(Code::kUnavailable, "late");
  };
  GrpcWorld world(config);
  EXPECT_EQ(world.Ask(GrpcCallTo("bank.example:1/b.B/M", "p", milliseconds(100))).outcome,
            Outcome::kNotSent);
  Outcome outcome = Outcome::kSuccess;
  world.participant().Call(GrpcCallTo("bank.example:1/b.B/M"),
                           [&](const BranchReply& reply) { outcome = reply.outcome; });
  world.participant().CancelAll();
  EXPECT_EQ(outcome, Outcome::kNotSent);
  *over = true;
}

TEST(GrpcShortage, CertificatesThatCannotBeReadAreOurFault) {
  GrpcParticipantConfig config = GrpcConfig();
  config.ca_file = "/nonexistent/ca.pem";
  GrpcWorld world(config);
  const auto reply = world.Ask(CallTo("grpcs://127.0.0.1:1/b.B/M"));
  EXPECT_EQ(reply.outcome, Outcome::kNotSent);
  EXPECT_THAT(reply.text, HasSubstr("/nonexistent/ca.pem"));
}

TEST(GrpcLimits, AServiceConfigurationIsChecked) {
  EXPECT_TRUE(CheckServiceConfig(kRoundRobin).ok());
  EXPECT_FALSE(CheckServiceConfig("{").ok());
  EXPECT_FALSE(CheckServiceConfig(R"({"loadBalancingConfig":1})").ok());
}

}  // namespace
}  // namespace treaty::test
