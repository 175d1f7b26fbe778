// Starts that fail, or nearly: one line says what to change.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "daemon/exit_codes.h"
#include "daemon/process_fixture.h"
#include "store/sqlite/sqlite_store.h"

namespace treaty::daemon {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;
using ::testing::StartsWith;
using StartTest = ProcessTest;

// A sanitizer needs some descriptors itself: without them it takes sound objects for broken ones.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TREATY_TEST_IS_SANITIZED
#endif
#endif
#ifdef TREATY_TEST_IS_SANITIZED
constexpr unsigned kFewest = 12;
#else
constexpr unsigned kFewest = 5;
#endif

TEST_F(StartTest, TooFewDescriptorsAreOneLineThatSaysWhatToRaise) {
  for (const unsigned files : {kFewest, 12U, 20U, 30U, 45U, 64U}) {
    Child child(folder_, {"--http-port", "0"}, {"GRPC_PORT=0"}, files);
    EXPECT_THAT(child.Wait(), Optional(kExitFailed)) << files << child.Said();
    const std::string said = child.Said();
    EXPECT_THAT(said, AllOf(HasSubstr("allows " + std::to_string(files) + " open files"),
                            HasSubstr("ulimit -n"), Not(HasSubstr("terminate"))));
    EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
  }
}

TEST_F(StartTest, TheFewestDescriptorsThatAreTakenAreEnough) {
  Child child(folder_, {"--http-port", "0", "--lanes", "1"}, {}, 68);
  EXPECT_THAT(Http(child.Port(), "/readyz"), StartsWith("HTTP/1.1 200")) << child.Said();
}

// A connection of this machine, with the port that the kernel has given to its own end.
class Outgoing {
 public:
  Outgoing() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, any, size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, any, &size), 0);
    EXPECT_EQ(connect(connection_, any, size), 0);
    EXPECT_EQ(getsockname(connection_, any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Outgoing() {
    close(connection_);
    close(listener_);
  }
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;
  std::string port() const { return std::to_string(port_); }

 private:
  const int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int connection_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
};

TEST_F(StartTest, APortTakenByAConnectionIsToldFromOneWhereSomebodyListens) {
  const Outgoing outgoing;
  const auto listening = Start();
  const std::string taken = std::to_string(listening->Port());
  const auto said = [this](const std::string& flag, const std::string& port) {
    std::vector<std::string> arguments = {"--store-path", "other.db", flag, port};
    if (flag != "--http-port") arguments.insert(arguments.end(), {"--http-port", "0"});
    const Ended ended = Run(std::move(arguments));
    EXPECT_EQ(ended.exit_code, kExitFailed);
    EXPECT_THAT(ended.said, HasSubstr("Address already in use"));
    return ended.said;
  };
  for (const auto& [flag, key] : {std::pair("--http-port", "HttpPort"),
                                  {"--json-rpc-port", "JsonRpcPort"},
                                  {"--grpc-port", "GrpcPort"}}) {
    EXPECT_THAT(said(flag, outgoing.port()),
                AllOf(HasSubstr("nobody listens there"),
                      HasSubstr("add " + outgoing.port() + " to net.ipv4.ip_local_reserved_ports"),
                      HasSubstr("ip_local_port_range"), HasSubstr("another " + std::string(key))));
    EXPECT_THAT(said(flag, taken), AllOf(HasSubstr("see Host and " + std::string(key)),
                                         Not(HasSubstr("reserved_ports"))));
  }
}

TEST_F(StartTest, GrpcSaysWhyItCannotListen) {
  const Ended ended =
      Run({"--http-port", "0", "--host", "192.0.2.1", "--insecure", "--grpc-port", "36790"});
  EXPECT_EQ(ended.exit_code, kExitFailed);
  EXPECT_THAT(ended.said, HasSubstr("Cannot assign requested address"));
}

// As with a store on a server and a working directory that cannot be written to.
TEST_F(StartTest, NoPlaceForCrashNotesIsAWarning) {
  std::filesystem::create_directory(Path("treaty.db.crash"));
  const auto child = Start();
  EXPECT_THAT(Http(child->Port(), "/readyz"), StartsWith("HTTP/1.1 200"));
  const std::string said = child->Said();
  EXPECT_THAT(said, HasSubstr("warn"));
  EXPECT_THAT(said, HasSubstr("crashes are not noted"));
  EXPECT_EQ(said.find("crashes are not noted"), said.rfind("crashes are not noted")) << said;
  child->Signal(SIGTERM);
  EXPECT_THAT(child->Wait(), Optional(0));
}

// The machine's clock is 60 years ahead of a store with one transaction that has ended.
TEST_F(StartTest, AClockYearsAheadIsRefusedBeforeAnythingIsDeleted) {
  {
    const auto child = Start();
    ASSERT_THAT(Http(child->Port(), "/api/dtmsvr/prepare", R"({"gid":"g1","trans_type":"tcc"})"),
                HasSubstr("SUCCESS"));
    ASSERT_THAT(Http(child->Port(), "/api/dtmsvr/abort", R"({"gid":"g1","trans_type":"tcc"})"),
                HasSubstr("SUCCESS"));
    child->Signal(SIGTERM);
    ASSERT_THAT(child->Wait(), Optional(0)) << child->Said();
  }
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(Path("treaty.db").c_str(), &database), SQLITE_OK);
  const auto run = [&](const char* sql) {
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
  };
  run("UPDATE txn SET created = created / 9, updated = updated / 9, finished = finished / 9");
  run("UPDATE clock SET last = last / 9");
  sqlite3_close(database);

  for (int i = 0; i < 2; ++i) {
    const Ended ended = Run({"--http-port", "0"});
    EXPECT_EQ(ended.exit_code, kExitFailed);
    EXPECT_THAT(ended.said, AllOf(HasSubstr("the wall clock shows 20"), HasSubstr(" days ahead of"),
                                  HasSubstr("nothing has been deleted"),
                                  HasSubstr("--store-max-clock-jump 0")));
  }
  const auto child = Start({"--store-max-clock-jump", "0", "--store-data-expire", "315360000"});
  EXPECT_NE(child->Port(), 0) << child->Said();
  EXPECT_THAT(child->Said(), HasSubstr("what has expired since is deleted"));
}

TEST_F(StartTest, AnErasedLogOfTheDatabaseEndsTheProcess) {
  for (const char* suffix : {"-wal", "-shm"}) {
    const auto child = Start();
    ASSERT_NE(child->Port(), 0) << child->Said();
    ASSERT_THAT(Http(child->Port(), "/api/dtmsvr/prepare",
                     R"({"gid":"x)" + std::string(suffix) + R"(","trans_type":"tcc"})"),
                HasSubstr("SUCCESS"));
    std::filesystem::remove(Path("treaty.db" + std::string(suffix)));

    EXPECT_THAT(Http(child->Port(), "/readyz"), Not(HasSubstr("200 OK")));
    EXPECT_THAT(child->Wait(), Optional(kExitStoreFailed)) << child->Said();
    EXPECT_THAT(child->Said(), HasSubstr("treaty.db" + std::string(suffix) + " was deleted"));
  }
}

}  // namespace
}  // namespace treaty::daemon
