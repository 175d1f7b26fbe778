// What those who ask for the health may hold: they are served when calls are not, and who does not
// read what it is told is cut off.

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "api/grpc_rig.h"
#include "api/raw_http2.h"

namespace treaty::testing {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using std::chrono::milliseconds;

constexpr const char* kCheckPath = "/grpc.health.v1.Health/Check";
constexpr const char* kWatchPath = "/grpc.health.v1.Health/Watch";
constexpr std::uint32_t kCalls = 30;

GrpcRigOptions Options(Duration write_timeout) {
  GrpcRigOptions options;
  options.health.max_checks = 4;
  options.health.max_watches = 4;
  options.health.write_timeout = write_timeout;
  return options;
}

grpc::Status Check(const GrpcRig& rig) {
  grpc::ClientContext context;
  HealthCheckResponse response;
  return Health::NewStub(rig.channel)->Check(&context, HealthCheckRequest(), &response);
}

// Whether a new watch is told of the health.
bool WatchIsServed(const GrpcRig& rig) {
  grpc::ClientContext context;
  const auto stub = Health::NewStub(rig.channel);
  const auto reader = stub->Watch(&context, HealthCheckRequest());
  HealthCheckResponse response;
  const bool told = reader->Read(&response);
  context.TryCancel();
  (void)reader->Finish();
  return told;
}

// The head of a frame that ends a stream before its time.
std::string Reset(std::uint32_t stream) { return Frame(3, 0, stream, "code").substr(0, 9); }

std::string ManyCalls(const char* path, const std::string& message) {
  std::string calls = PrefaceWithoutWindow();
  for (std::uint32_t i = 0; i < kCalls; ++i) calls += GrpcCall(2 * i + 1, path, {}, message);
  return calls;
}

TEST(GrpcHealthLimits, WhatIsNotTakenIsCancelledInTime) {
  const std::string other =
      "\x0a\x05"
      "other";
  for (const auto& [path, message] :
       {std::pair(kCheckPath, std::string()), std::pair(kWatchPath, std::string()),
        std::pair(kWatchPath, other)}) {
    GrpcRig rig(Options(milliseconds(200)));
    RawClient client(rig.port);
    client.Send(PrefaceWithoutWindow() + GrpcCall(1, path, {}, message));
    EXPECT_TRUE(client.ReadUntil(Reset(1))) << path;
  }
}

TEST(GrpcHealthLimits, ACheckWhoseAnswerIsNotTakenGivesWayToTheNext) {
  GrpcRig rig(Options(std::chrono::hours(1)));
  std::deque<RawClient> clients;
  for (int i = 0; i < 12; ++i) {
    RawClient& client = clients.emplace_back(rig.port);
    client.Send(PrefaceWithoutWindow() + GrpcCall(1, kCheckPath, {}, ""));
    EXPECT_TRUE(client.ReadUntil("application/grpc"));  // The answer's head, which may be sent.
  }
  for (std::size_t i = 0; i < 8; ++i) EXPECT_TRUE(clients[i].ReadUntil(Reset(1))) << i;
  EXPECT_TRUE(Check(rig).ok());
}

TEST(GrpcHealthLimits, WatchesThatDoNotReadGiveTheirPlaces) {
  GrpcRig rig(Options(milliseconds(300)));
  RawClient client(rig.port);
  client.Send(ManyCalls(kWatchPath, ""));
  EXPECT_TRUE(ServerRig::Eventually([&] { return !WatchIsServed(rig); }));
  EXPECT_TRUE(ServerRig::Eventually([&] { return WatchIsServed(rig); }));
}

TEST(GrpcHealthLimits, ChecksAreServedWhenCallsAreAtTheirLimit) {
  GrpcRigOptions options = Options(std::chrono::hours(1));
  options.service.max_calls = 0;
  GrpcRig rig(options);
  EXPECT_EQ(rig.Submit(Saga("s", {"Out"})).error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Check(rig).ok());
}

// Those that wait for the store, say.
TEST(GrpcHealthLimits, ChecksThatWaitAreCountedUntilTheirClientsHaveGone) {
  std::mutex mutex;
  std::vector<std::function<void(Status)>> asked;
  GrpcRigOptions options = Options(std::chrono::hours(1));
  options.health.check_ready = [&](std::function<void(Status)> done) {
    const std::lock_guard lock(mutex);
    if (asked.size() == 4) return done(Status());
    asked.push_back(std::move(done));
  };
  GrpcRig rig(options);
  {
    RawClient client(rig.port);
    client.Send(ManyCalls(kCheckPath, ""));
    EXPECT_TRUE(ServerRig::Eventually(
        [&] { return Check(rig).error_code() == StatusCode::RESOURCE_EXHAUSTED; }));
  }
  EXPECT_TRUE(ServerRig::Eventually([&] { return Check(rig).ok(); }));
  for (const auto& done : asked) done(Status());
  EXPECT_TRUE(Check(rig).ok());
}

}  // namespace
}  // namespace treaty::testing
