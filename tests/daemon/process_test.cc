// treatyd as its users meet it: what it prints, how it exits, how it stops.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "api/raw_http2.h"
#include "daemon/child.h"
#include "daemon/exit_codes.h"
#include "daemon/process_fixture.h"
#include "support/raw_server.h"

namespace treaty::daemon {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;
using ::testing::StartsWith;
using SteadyClock = std::chrono::steady_clock;

TEST_F(ProcessTest, VersionAndHelpExitWithZero) {
  const Ended version = Run({"-v"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.said, HasSubstr("treaty version: 0."));

  const Ended help = Run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.said, HasSubstr("--store-path"));
  EXPECT_THAT(help.said, HasSubstr("RETRY_INTERVAL"));
  EXPECT_THAT(help.said, HasSubstr("Http.MaxBodyBytes"));
}

TEST_F(ProcessTest, UnknownFlagsAreRefused) {
  const Ended ended = Run({"--frobnicate"});
  EXPECT_EQ(ended.exit_code, kExitConfig);
  EXPECT_THAT(ended.said, HasSubstr("--frobnicate"));
}

TEST_F(ProcessTest, CheckConfigAcceptsAGoodFileAndTouchesNothing) {
  const std::string file = Write("c.yaml", "RetryInterval: 5\nTransCronInterval: 3\n");
  const Ended ended = Run({"-c", file, "--check-config"});

  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.said, HasSubstr("valid"));
  EXPECT_THAT(ended.said, HasSubstr("c.yaml:2: TransCronInterval has no effect"));
  EXPECT_FALSE(std::filesystem::exists(Path("treaty.db")));
}

TEST_F(ProcessTest, BadConfigurationsStopTheStart) {
  const std::string file = Write("c.yaml", "RetryInterval: soon\nColour: red\n");
  for (const bool check : {true, false}) {
    std::vector<std::string> arguments = {"-c", file};
    if (check) arguments.emplace_back("--check-config");
    const Ended ended = Run(arguments);

    EXPECT_EQ(ended.exit_code, kExitConfig);
    EXPECT_THAT(ended.said, HasSubstr("config error: " + file + ":1: RetryInterval is 'soon'"));
    EXPECT_THAT(ended.said, HasSubstr("config error: " + file + ":2: unknown key 'Colour'"));
  }
  EXPECT_EQ(Run({"-c", Path("missing.yaml")}).exit_code, kExitConfig);
}

TEST_F(ProcessTest, FlagsBeatTheEnvironmentWhichBeatsTheFile) {
  const std::string file = Write("c.yaml", "HttpPort: 1\nRequestTimeout: 11\nRetryInterval: 21\n");
  const Ended ended = Run({"-c", file, "--print-config", "--http-port", "3"},
                          {"HTTP_PORT=2", "REQUEST_TIMEOUT=12"});

  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.said, HasSubstr("HttpPort: 3  # flag --http-port"));
  EXPECT_THAT(ended.said, HasSubstr("RequestTimeout: 12  # environment REQUEST_TIMEOUT"));
  EXPECT_THAT(ended.said, HasSubstr("RetryInterval: 21  # " + file + ":3"));
  EXPECT_THAT(ended.said, HasSubstr("TimeoutToFail: 35  # default"));
}

TEST_F(ProcessTest, PrintsAFileOfDefaultsThatIsAValidConfiguration) {
  const Ended file = Run({"--print-default-config"}, {"HTTP_PORT=none"});
  EXPECT_EQ(file.exit_code, 0);
  EXPECT_THAT(file.said, StartsWith("# treatyd's configuration"));
  EXPECT_EQ(Run({"-c", Write("all.yaml", file.said), "--check-config"}).exit_code, 0);

  const Ended page = Run({"--print-reference"});
  EXPECT_EQ(page.exit_code, 0);
  EXPECT_THAT(page.said, StartsWith("# Configuration\n"));
}

TEST_F(ProcessTest, OpenAddressesNeedInsecure) {
  const Ended ended = Run({"--host", "0.0.0.0"});
  EXPECT_EQ(ended.exit_code, kExitConfig);
  EXPECT_THAT(ended.said, HasSubstr("Insecure: true"));

  Child child(folder_, {"--host", "0.0.0.0", "--http-port", "0", "--insecure"});
  EXPECT_TRUE(child.Says("trusted network")) << child.Said();
}

TEST_F(ProcessTest, AnswersSoonAfterItsStart) {
  const auto before = SteadyClock::now();
  const auto child = Start();
  const int port = child->Port();
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - before);

  ASSERT_NE(port, 0) << child->Said();
  EXPECT_THAT(Http(port, "/readyz"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Http(port, "/livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Http(port, "/api/ping"), StartsWith("HTTP/1.1 200"));
  RecordProperty("start_to_ready_ms", static_cast<int>(took.count()));
  // The promise is 200 ms on an idle machine; sanitizers and busy machines get more.
  EXPECT_LT(took, std::chrono::seconds(5));
}

TEST_F(ProcessTest, TheDatabaseIsItsOwnersAlone) {
  const auto child = Start();
  ASSERT_NE(child->Port(), 0) << child->Said();
  struct stat info{};
  ASSERT_EQ(::stat(Path("treaty.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(ProcessTest, StopsOrderlyOnBothSignals) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const auto child = Start();
    ASSERT_NE(child->Port(), 0) << child->Said();
    const auto before = SteadyClock::now();

    child->Signal(signal);

    EXPECT_THAT(child->Wait(), Optional(0)) << child->Said();
    EXPECT_LT(SteadyClock::now() - before, std::chrono::seconds(3));
    EXPECT_THAT(child->Said(), HasSubstr("stopped"));
  }
}

// A saga whose only call will never be answered.
std::string Hanging(const SilentParticipant& participant) {
  return R"({"gid":"hangs","trans_type":"saga","steps":[{"action":")" + participant.url() +
         R"("}],"payloads":["{}"]})";
}

TEST_F(ProcessTest, AHangingCallIsCutAtTheRequestTimeoutAndItsTransactionKept) {
  const SilentParticipant participant;
  auto child = Start({"--request-timeout", "1"});
  ASSERT_THAT(Http(child->Port(), "/api/dtmsvr/submit", Hanging(participant)),
              HasSubstr("SUCCESS"));
  ASSERT_TRUE(participant.WaitForCall());
  const auto before = SteadyClock::now();

  child->Signal(SIGTERM);

  EXPECT_THAT(child->Wait(), Optional(0)) << child->Said();
  EXPECT_LT(SteadyClock::now() - before, std::chrono::seconds(4));  // 2 on an idle machine.
  child = Start();
  EXPECT_THAT(Http(child->Port(), "/api/dtmsvr/query?gid=hangs"),
              HasSubstr(R"("status":"submitted")"));
}

TEST_F(ProcessTest, ASecondSignalEndsAtOnce) {
  const SilentParticipant participant;
  const auto child = Start({"--request-timeout", "60", "--timeout-to-fail", "60"});
  ASSERT_THAT(Http(child->Port(), "/api/dtmsvr/submit", Hanging(participant)),
              HasSubstr("SUCCESS"));
  ASSERT_TRUE(participant.WaitForCall());
  child->Signal(SIGTERM);
  ASSERT_TRUE(child->Says("stopping"));

  // Within a second it counts as the first one again.
  const auto deadline = SteadyClock::now() + std::chrono::seconds(20);
  std::optional<int> ended;
  while (!ended && SteadyClock::now() < deadline) {
    child->Signal(SIGTERM);
    ended = child->Wait(std::chrono::milliseconds(50));
  }

  EXPECT_THAT(ended, Optional(kExitFailed)) << child->Said();
  EXPECT_THAT(child->Said(), HasSubstr("second signal"));
}

// As npm and timeout(1) send them.
TEST_F(ProcessTest, TwoSignalsWithinASecondAreOne) {
  for (const auto& [first, second] :
       {std::pair(SIGTERM, SIGTERM), std::pair(SIGINT, SIGTERM), std::pair(SIGINT, SIGINT)}) {
    const SilentParticipant participant;
    const auto child = Start({"--request-timeout", "1"});
    ASSERT_THAT(Http(child->Port(), "/api/dtmsvr/submit", Hanging(participant)),
                HasSubstr("SUCCESS"));
    ASSERT_TRUE(participant.WaitForCall());

    child->Signal(first);
    ASSERT_TRUE(child->Says("stopping"));
    child->Signal(second);

    EXPECT_THAT(child->Wait(), Optional(0)) << child->Said();
    EXPECT_THAT(child->Said(), Not(HasSubstr("ending at once")));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }
}

TEST_F(ProcessTest, AStoreThatTakesNoWritesDoesNotKeepItFromEnding) {
  const SilentParticipant participant;
  const auto child = Start({"--request-timeout", "1"});
  ASSERT_THAT(Http(child->Port(), "/api/dtmsvr/submit", Hanging(participant)),
              HasSubstr("SUCCESS"));
  ASSERT_TRUE(participant.WaitForCall());
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(Path("treaty.db").c_str(), &other), SQLITE_OK);
  sqlite3_busy_timeout(other, 5'000);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);

  child->Signal(SIGTERM);

  EXPECT_THAT(child->Wait(), Optional(kExitFailed)) << child->Said();
  EXPECT_THAT(child->Said(), HasSubstr("does the store take writes?"));
  sqlite3_close(other);
}

// As if the process had crashed while at work on it, three times in a row.
TEST_F(ProcessTest, WhatThreeCrashesWereNotedForIsQuarantined) {
  const SilentParticipant participant;
  const std::vector<std::string> patient = {"--request-timeout", "60", "--timeout-to-fail", "60"};
  auto child = Start(patient);
  ASSERT_THAT(Http(child->Port(), "/api/dtmsvr/submit", Hanging(participant)),
              HasSubstr("SUCCESS"));
  for (int i = 0; i < 3; ++i) {
    const std::string shown = Http(child->Port(), "/api/dtmsvr/query?gid=hangs");
    EXPECT_THAT(shown, Not(HasSubstr("quarantined")));
    child->Signal(SIGKILL);
    child->Wait();
    Write("treaty.db.crash", "hangs\n");
    child = Start(patient);
    ASSERT_NE(child->Port(), 0);
    const auto counted = [&] { return std::filesystem::file_size(Path("treaty.db.crash")) == 0; };
    for (int asked = 0; asked < 1'000 && !counted(); ++asked) Http(child->Port(), "/livez");
  }
  EXPECT_TRUE(child->Says("quarantined"));
  EXPECT_THAT(Http(child->Port(), "/api/dtmsvr/query?gid=hangs"),
              HasSubstr("\"quarantined\":true"));
  EXPECT_EQ(std::filesystem::file_size(Path("treaty.db.crash")), 0u);
}

// To come again would not help: so no 503. All other transactions go on.
TEST_F(ProcessTest, ADamagedRecordIsToldFromABusyStore) {
  const SilentParticipant participant;
  auto child = Start({"--request-timeout", "1"});
  const std::string saga = Hanging(participant);
  ASSERT_THAT(Http(child->Port(), "/api/dtmsvr/submit", saga), HasSubstr("SUCCESS"));
  child->Signal(SIGTERM);
  ASSERT_THAT(child->Wait(), Optional(0));
  sqlite3* file = nullptr;
  ASSERT_EQ(sqlite3_open(Path("treaty.db").c_str(), &file), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(file, "UPDATE txn SET state = x'ffff'", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(file);

  child = Start();

  const std::string gid = R"({"gid":"hangs"})";
  EXPECT_THAT(Http(child->Port(), "/api/dtmsvr/submit", saga), StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(Http(child->Port(), "/api/dtmsvr/forceStop", gid), HasSubstr("damaged"));
  EXPECT_THAT(Http(child->Port(), "/api/dtmsvr/query?gid=hangs"), StartsWith("HTTP/1.1 500"));
  const std::string other = R"({"gid":"other","trans_type":"saga","wait_result":true})";
  EXPECT_THAT(Http(child->Port(), "/api/dtmsvr/submit", other), HasSubstr("SUCCESS"));
}

TEST_F(ProcessTest, ASecondDaemonOnTheSameFileIsRefused) {
  const auto first = Start();
  ASSERT_NE(first->Port(), 0) << first->Said();

  const Ended second = Run({"--http-port", "0"});

  EXPECT_EQ(second.exit_code, kExitFailed);
  EXPECT_THAT(second.said, HasSubstr("treaty.db"));
  EXPECT_THAT(Http(first->Port(), "/readyz"), StartsWith("HTTP/1.1 200"));
}

TEST_F(ProcessTest, ATakenPortIsNamed) {
  const auto first = Start();
  const std::string port = std::to_string(first->Port());

  const Ended second = Run({"--http-port", port, "--store-path", "other.db"});

  EXPECT_EQ(second.exit_code, kExitFailed);
  EXPECT_THAT(second.said, HasSubstr("127.0.0.1 port " + port));
  EXPECT_THAT(second.said, HasSubstr("HttpPort"));
  EXPECT_THAT(second.said, HasSubstr("in use"));
}

// A port that was free a moment ago.
int FreePort() {
  const std::string url = SilentParticipant().url();
  return std::atoi(url.c_str() + url.rfind(':') + 1);
}

TEST_F(ProcessTest, JsonRpcHasAPortOfItsOwnWhereAskedFor) {
  const int port = FreePort();
  const auto child = Start({"--json-rpc-port", std::to_string(port)});
  const int http_port = child->Port();
  ASSERT_NE(http_port, 0) << child->Said();
  EXPECT_THAT(child->Said(), HasSubstr("JSON-RPC has a port of its own: http://127.0.0.1:" +
                                       std::to_string(port)));
  const std::string request = R"({"jsonrpc":"2.0","id":7,"method":"newGid"})";
  for (const auto& [where, path] :
       {std::pair(port, "/api/json-rpc"), {port, "/"}, {http_port, "/api/json-rpc"}}) {
    EXPECT_THAT(Http(where, path, request),
                HasSubstr(R"("id":7,"jsonrpc":"2.0","result":{"gid":)"));
  }
  EXPECT_THAT(Http(port, "/api/dtmsvr/newGid"), StartsWith("HTTP/1.1 404"));

  const std::string itself = Http(
      http_port, "/api/dtmsvr/submit",
      R"({"gid":"g","trans_type":"saga","payloads":["{}"],"steps":[{"action":"http://127.0.0.1:)" +
          std::to_string(port) + R"(/x"}]})");
  EXPECT_THAT(itself, StartsWith("HTTP/1.1 400")) << "its own listeners are no targets";

  const Ended second = Run(
      {"--http-port", "0", "--store-path", "other.db", "--json-rpc-port", std::to_string(port)});
  EXPECT_EQ(second.exit_code, kExitFailed);
  EXPECT_THAT(second.said, HasSubstr("JsonRpcPort"));

  child->Signal(SIGTERM);
  EXPECT_THAT(child->Wait(), Optional(0)) << child->Said();
}

// An HTTP/2 server greets with its settings as soon as somebody connects.
TEST_F(ProcessTest, GrpcIsServedOnItsPortAndNowhereWithoutOne) {
  const int port = FreePort();
  const auto child = Start({"--grpc-port", std::to_string(port)});
  const int http_port = child->Port();
  ASSERT_NE(http_port, 0) << child->Said();
  EXPECT_THAT(child->Said(), HasSubstr("gRPC is served on port " + std::to_string(port)));
  EXPECT_THAT(Http(port, "/"), Not(HasSubstr("HTTP/1.1 200")));

  const std::string itself = Http(
      http_port, "/api/dtmsvr/submit",
      R"({"gid":"g","trans_type":"saga","payloads":["{}"],"steps":[{"action":"grpc://127.0.0.1:)" +
          std::to_string(port) + R"(/a.B/C"}]})");
  EXPECT_THAT(itself, StartsWith("HTTP/1.1 400")) << "its own listeners are no targets";

  const Ended second =
      Run({"--http-port", "0", "--store-path", "other.db", "--grpc-port", std::to_string(port)});
  EXPECT_EQ(second.exit_code, kExitFailed);
  EXPECT_THAT(second.said, HasSubstr("GrpcPort"));

  child->Signal(SIGTERM);
  EXPECT_THAT(child->Wait(), Optional(0)) << child->Said();

  const auto without = Start({"--grpc-port", "0", "--store-path", "third.db"});
  ASSERT_NE(without->Port(), 0) << without->Said();
  EXPECT_THAT(without->Said(), Not(HasSubstr("gRPC is served")));
}

// A client that begins a call and never sends its message does not hold up the stop.
TEST_F(ProcessTest, AStopCutsGrpcCallsThatNeverCame) {
  const int port = FreePort();
  const auto child = Start({"--grpc-port", std::to_string(port), "--request-timeout", "1"});
  ASSERT_NE(child->Port(), 0) << child->Said();
  testing::RawClient client(static_cast<std::uint16_t>(port));
  client.Send(testing::Preface() + testing::GrpcHead(1, "/dtmgimp.Dtm/Submit", {}));
  ASSERT_TRUE(client.ReadUntil(testing::Frame(4, 1, 0, "")));  // Our settings have been taken.

  child->Signal(SIGTERM);
  EXPECT_THAT(child->Wait(), Optional(0)) << child->Said();
}

TEST_F(ProcessTest, ABadServiceConfigurationIsNamedAtTheStart) {
  const Ended ended = Run({"--http-port", "0", "--grpc-service-config", "{"});
  EXPECT_EQ(ended.exit_code, kExitFailed);
  EXPECT_THAT(ended.said, HasSubstr("GrpcServiceConfig"));
}

TEST_F(ProcessTest, ACaFileThatCannotBeReadIsNamedAtTheStart) {
  const Ended ended = Run({"--http-port", "0", "--ca-file", Path("missing.pem")});

  EXPECT_EQ(ended.exit_code, kExitFailed);
  EXPECT_THAT(ended.said, HasSubstr("CaFile"));
  EXPECT_THAT(ended.said, HasSubstr("missing.pem"));
}

TEST_F(ProcessTest, HangUpOpensTheLogAgainAndReadsItsLevel) {
  const std::string file =
      Write("c.yaml", "LogLevel: info\nLog:\n  Outputs: treaty.log\nHttpPort: 0\n");
  Child child(folder_, {"-c", file});
  const auto log_says = [&](const std::string& name, const std::string& text) {
    const auto deadline = SteadyClock::now() + std::chrono::seconds(20);
    while (SteadyClock::now() < deadline) {
      std::ifstream log(Path(name));
      const std::string all{std::istreambuf_iterator<char>(log), std::istreambuf_iterator<char>()};
      if (all.find(text) != std::string::npos) return true;
      ::usleep(2'000);
    }
    return false;
  };
  ASSERT_TRUE(log_says("treaty.log", "is ready on"));
  std::filesystem::rename(Path("treaty.log"), Path("treaty.log.1"));
  Write("c.yaml", "LogLevel: debug\nLog:\n  Outputs: treaty.log\nHttpPort: 0\n");

  child.Signal(SIGHUP);

  EXPECT_TRUE(log_says("treaty.log", "LogLevel is debug"));
  EXPECT_FALSE(child.Wait(std::chrono::milliseconds(0)).has_value());
}

TEST_F(ProcessTest, ShowsItsMetricsAsTextForScrapers) {
  const auto child = Start();
  const int port = child->Port();
  ASSERT_NE(port, 0) << child->Said();

  const std::string reply = Http(port, "/api/metrics");

  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(reply, HasSubstr("\r\nContent-Type: text/plain; version=0.0.4\r\n"));
  EXPECT_THAT(reply, HasSubstr("\ntreaty_http_connections 1\n"));
  EXPECT_THAT(reply, HasSubstr("\nprocess_cpu_seconds_total 0."));
}

// One step that nobody answers, and no participant at all.
std::string SagaTo(const std::string& gid, const std::string& url) {
  return R"({"gid":")" + gid + R"(","trans_type":"saga","wait_result":true,"retry_interval":1,)" +
         R"("steps":[{"action":")" + url + R"(","compensate":""}],"payloads":["{}"]})";
}

TEST_F(ProcessTest, AlertsReachTheWebHook) {
  std::mutex mutex;
  std::string alert;
  test::RawServer hook([&](test::RawPeer& peer) {
    const std::string request = peer.ReadRequest();
    peer.Write(test::HttpReply(200, "{}"));
    const std::lock_guard lock(mutex);
    alert = request;
  });
  test::RawServer broken(test::Always(test::HttpReply(500, "secret words")));
  const auto child = Start({"--alert-retry-limit", "1", "--alert-web-hook", hook.url("/alerts")});
  ASSERT_NE(child->Port(), 0) << child->Said();

  Http(child->Port(), "/api/dtmsvr/submit", SagaTo("g1", broken.url("/out")));

  const auto arrived = [&] {
    const std::lock_guard lock(mutex);
    return alert.find("\"gid\":\"g1\"") != std::string::npos;
  };
  const auto deadline = SteadyClock::now() + std::chrono::seconds(20);
  while (!arrived() && SteadyClock::now() < deadline) ::usleep(1'000);
  EXPECT_TRUE(arrived());
  EXPECT_THAT(alert, StartsWith("POST /alerts HTTP/1.1"));
  EXPECT_THAT(alert, HasSubstr("\"error\":\"status 500\""));
}

TEST_F(ProcessTest, AWebHookThatHangsDelaysNoTransactionAndNoStop) {
  const SilentParticipant hook;
  test::RawServer broken(test::Always(test::HttpReply(500, "")));
  const auto child = Start(
      {"--alert-retry-limit", "1", "--alert-web-hook", hook.url(), "--limits-queued-alerts", "5"});
  const int port = child->Port();
  ASSERT_NE(port, 0) << child->Said();
  for (int i = 0; i < 20; ++i) {
    Http(port, "/api/dtmsvr/submit", SagaTo("bad" + std::to_string(i), broken.url("/out")));
  }
  ASSERT_TRUE(hook.WaitForCall());

  const auto begun = SteadyClock::now();
  EXPECT_THAT(Http(port, "/api/dtmsvr/submit", SagaTo("good", "")), StartsWith("HTTP/1.1 200"));
  EXPECT_LT(SteadyClock::now() - begun, std::chrono::seconds(2));
  EXPECT_THAT(Http(port, "/api/metrics"), HasSubstr("treaty_alerts_total{result=\"dropped\"} 15"));
  EXPECT_THAT(Http(port, "/api/metrics"), HasSubstr("\ntreaty_alerts_waiting 5\n"));
  EXPECT_TRUE(child->Says("Limits.QueuedAlerts"));
  child->Signal(SIGTERM);
  EXPECT_THAT(child->Wait(std::chrono::seconds(10)), Optional(kExitOk));
}

TEST_F(ProcessTest, BackupCopiesARunningDaemonsDatabase) {
  const auto child = Start();
  ASSERT_NE(child->Port(), 0) << child->Said();

  const Ended backup = Run({"--backup", Path("copy.db")});

  EXPECT_EQ(backup.exit_code, 0) << backup.said;
  const auto restored = Start({"--store-path", Path("copy.db")});
  EXPECT_NE(restored->Port(), 0) << restored->Said();
  EXPECT_THAT(Run({"--backup", "/nowhere/copy.db"}).exit_code, kExitFailed);
}

}  // namespace
}  // namespace treaty::daemon
