// What is let pass although it is no good, and how the log tells of it.

#include "api/leniency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/api_world.h"

namespace treaty::testing {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using Lines = std::vector<std::string>;

// Keeps lines with their level and gid: "warn g: text".
class KeptLog final : public Log {
 public:
  bool Enabled(LogLevel) const override { return true; }
  void Write(LogLevel level, std::string_view gid, std::string_view message) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back((level == LogLevel::kWarn ? "warn " : "other ") + std::string(gid) + ": " +
                     std::string(message));
  }
  Lines Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  Lines lines_;
};

std::string Txn(const std::string& gid, const std::string& type, const std::string& more = "") {
  return R"({"gid":")" + gid + R"(","trans_type":")" + type + "\"" +
         (more.empty() ? "" : "," + more) + "}";
}

constexpr char kLeftOver[] =
    R"("steps":[{"action":"ftp://nowhere","compensate":7}],"payloads":["{}","x"])";
constexpr char kFlow[] = R"("custom_data":"{\"name\":\"n\"}")";

class LeniencyTest : public ::testing::Test {
 protected:
  LeniencyTest() : api_(Config()) {}

  api::HandlerConfig Config() {
    auto config = ApiWorld::DefaultConfig();
    config.leniency = std::make_shared<api::LeniencyLog>(log_, [this] { return now_; });
    return config;
  }

  // Posts, and returns what was logged.
  Lines Post(int status, const std::string& path, const std::string& body) {
    const auto reply = api_.Post(path, body);
    EXPECT_EQ(reply.status, status) << path << " " << body << " " << reply.body;
    return log_.Take();
  }
  Lines Rpc(const std::string& method, const std::string& params) {
    const auto reply = api_.Call(
        {"POST",
         "/api/json-rpc",
         {},
         R"({"jsonrpc":"2.0","id":"1","method":")" + method + R"(","params":)" + params + "}"});
    EXPECT_THAT(reply.body, HasSubstr(R"("error":null)")) << params;
    return log_.Take();
  }
  // So that the next of each kind is written about again.
  void PassAMinute() { now_ += seconds(60); }

  KeptLog log_;
  api::LeniencyLog::Steady::time_point now_{};
  ApiWorld api_;
};

TEST_F(LeniencyTest, ATimeOutOfACallAboveTheLimitIsCutToIt) {
  for (const char* number : {"3601", "30000", "9223372036854775807", "18446744073709551615"}) {
    const std::string gid = std::string("g") + number;
    const std::string more = R"("request_timeout":)" + std::string(number);
    EXPECT_THAT(Post(200, "submit", Txn(gid, "saga", more)),
                ElementsAre(AllOf(StartsWith("warn " + gid + ": let pass: request_timeout"),
                                  Not(HasSubstr("before it")))));
    EXPECT_EQ(api_.world.Stored(gid).txn.terms->request_timeout, seconds(3'600));
    PassAMinute();
  }
  EXPECT_THAT(Post(200, "submit", Txn("most", "saga", R"("request_timeout":3600)")), IsEmpty());
  EXPECT_EQ(Rpc("prepare", Txn("r", "tcc", R"("request_timeout":99999)")).size(), 1u);
  EXPECT_EQ(api_.world.Stored("r").txn.terms->request_timeout, seconds(3'600));
  // The other numbers say what is to happen, so none is made up for them.
  for (const char* other : {"timeout_to_fail", "retry_interval", "retry_limit"}) {
    const std::string more = "\"" + std::string(other) + R"(":999999999999)";
    EXPECT_THAT(Post(400, "submit", Txn("x", "saga", more)), IsEmpty());
  }
}

TEST_F(LeniencyTest, StepsThatAreLeftOverFromAnotherTransactionAreIgnored) {
  for (const std::string type : {"tcc", "xa"}) {
    for (const char* path : {"prepare", "submit"}) {
      EXPECT_THAT(Post(200, path, Txn(type, type, kLeftOver)),
                  ElementsAre(StartsWith("warn " + type + ": let pass: steps")));
      PassAMinute();
    }
    EXPECT_THAT(api_.world.Stored(type).txn.body->steps, IsEmpty());
    EXPECT_EQ(api_.world.Status(type), TxnStatus::kSucceed);
  }
  const std::string flow = Txn("w", "workflow", std::string(kFlow) + "," + kLeftOver);
  EXPECT_EQ(Post(200, "prepareWorkflow", flow).size(), 1u);
  PassAMinute();
  const std::string end = std::string(R"("req_extra":{"status":"succeed"},)") + kLeftOver;
  EXPECT_EQ(Rpc("submit", Txn("w", "workflow", end)).size(), 1u);
  EXPECT_EQ(api_.world.Status("w"), TxnStatus::kSucceed);
  EXPECT_TRUE(api_.world.participant.calls.empty());
}

TEST_F(LeniencyTest, StepsThatAreNoneAreNoNews) {
  for (const char* none : {R"("steps":null,"payloads":null)", R"("steps":[],"payloads":[])", ""}) {
    const std::string gid = "g" + std::to_string(std::string(none).size());
    EXPECT_THAT(Post(200, "prepare", Txn(gid, "tcc", none)), IsEmpty());
    EXPECT_THAT(Post(200, "submit", Txn(gid, "tcc", none)), IsEmpty());
  }
}

TEST_F(LeniencyTest, ACompensationOfAMessageIsIgnoredWhateverItIs) {
  const std::string with =
      R"("payloads":["{}"],"steps":[{"action":"http://a/m","compensate":"ftp://nowhere"}])";
  const std::string without = R"("payloads":["{}"],"steps":[{"action":"http://a/m"}])";
  const std::string asks = R"("query_prepared":"http://a/q",)";
  EXPECT_THAT(Post(200, "prepare", Txn("m", "msg", asks + with)),
              ElementsAre(StartsWith("warn m: let pass: compensate")));
  EXPECT_THAT(Post(200, "prepare", Txn("m", "msg", asks + without)), IsEmpty());
  PassAMinute();
  EXPECT_EQ(Rpc("submit", Txn("m", "msg", with)).size(), 1u);
  EXPECT_EQ(api_.world.Stored("m").txn.body->steps.at(0).compensate, "");
  EXPECT_EQ(api_.world.participant.Count("01/action"), 1u);
  EXPECT_EQ(api_.world.Status("m"), TxnStatus::kSucceed);
}

TEST_F(LeniencyTest, AnAbortWithoutATypeGoesByTheStoredOne) {
  for (const std::string type : {"tcc", "xa", "msg"}) {
    const std::string more = type == "msg" ? R"("query_prepared":"http://a/q")" : "";
    for (const char* of_type : {"", R"("trans_type":"",)", R"("trans_type":null,)"}) {
      const std::string gid = type + std::to_string(std::string(of_type).size());
      Post(200, "prepare", Txn(gid, type, more));
      const std::string abort = "{" + std::string(of_type) + R"("gid":")" + gid + "\"}";
      EXPECT_THAT(Post(200, "abort", abort),
                  ElementsAre(StartsWith("warn " + gid + ": let pass: abort")));
      EXPECT_EQ(api_.world.Status(gid), TxnStatus::kFailed);
      PassAMinute();
      EXPECT_EQ(Rpc("abort", abort).size(), 1u);
      PassAMinute();
    }
  }
  // What no abort may do, this one may not either.
  Post(200, "submit", Txn("s", "saga"));
  Post(200, "prepareWorkflow", Txn("w", "workflow", kFlow));
  Post(200, "prepare", Txn("t", "tcc"));
  Post(200, "submit", Txn("t", "tcc"));
  for (const char* gid : {"s", "w", "t"})
    Post(409, "abort", R"({"gid":")" + std::string(gid) + "\"}");
  Post(404, "abort", R"({"gid":"nobody"})");
}

TEST_F(LeniencyTest, EachKindIsWrittenAboutOnceAMinuteAndTheRestCounted) {
  const auto cut = [this](int i) {
    return Post(200, "submit", Txn("g" + std::to_string(i), "saga", R"("request_timeout":9999)"));
  };
  EXPECT_EQ(cut(0).size(), 1u);
  for (int i = 1; i < 100; ++i) EXPECT_THAT(cut(i), IsEmpty());
  // Another kind does not wait for this one.
  EXPECT_EQ(Post(200, "prepare", Txn("t", "tcc", kLeftOver)).size(), 1u);
  now_ += seconds(59);
  EXPECT_THAT(cut(100), IsEmpty());
  now_ += seconds(1);
  EXPECT_THAT(cut(101), ElementsAre(HasSubstr("(and 100 before it that were not logged)")));
  PassAMinute();
  EXPECT_THAT(cut(102), ElementsAre(Not(HasSubstr("before it"))));
}

TEST_F(LeniencyTest, OneRequestMayHaveSeveralKinds) {
  EXPECT_EQ(
      Post(200, "prepare", Txn("t", "tcc", std::string(R"("request_timeout":9999,)") + kLeftOver))
          .size(),
      2u);
}

TEST_F(LeniencyTest, NothingIsSaidOfARequestThatIsRefused) {
  EXPECT_THAT(Post(400, "submit", Txn("", "saga", R"("request_timeout":9999)")), IsEmpty());
  EXPECT_THAT(Post(400, "submit", Txn("g", "saga", R"("request_timeout":9999,"retry_limit":-1)")),
              IsEmpty());
}

TEST(LeniencyLogTest, WritesOneLineHoweverManyCallAtOnce) {
  KeptLog log;
  api::LeniencyLog leniency(log);
  AbortRequest request{"g", std::nullopt, "", false};
  Note(request.leniencies, Leniency::kAbortWithoutModel);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 1'000; ++k) leniency.Note(request);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(log.Take().size(), 1u);
}

}  // namespace
}  // namespace treaty::testing
