// Alerts against a real server whose every byte the test decides.

#include "participant/http/web_hook.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "participant/no_means.h"
#include "support/raw_server.h"

namespace treaty::test {
namespace {

using std::chrono::milliseconds;

// Safe for concurrent use.
class Lines final : public Log {
 public:
  bool Enabled(LogLevel) const override { return true; }
  void Write(LogLevel, std::string_view, std::string_view message) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(message);
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Keeps what it was sent, and answers the nth request with the nth status; the last one stays.
class Recorder {
 public:
  explicit Recorder(std::vector<int> statuses) : statuses_(std::move(statuses)) {}

  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::string url() const { return server_.url("/hook?key=1"); }

 private:
  void Serve(RawPeer& peer) {
    for (std::string request; !(request = peer.ReadRequest()).empty();) {
      peer.Write(HttpReply(Take(std::move(request)), "{}"));
    }
  }
  int Take(std::string request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
    return statuses_[std::min(requests_.size(), statuses_.size()) - 1];
  }

  mutable std::mutex mutex_;
  const std::vector<int> statuses_;
  std::vector<std::string> requests_;
  RawServer server_{[this](RawPeer& peer) { Serve(peer); }};
};

class WebHookTest : public ::testing::Test {
 protected:
  ~WebHookTest() override {
    if (!thread_.joinable()) return;
    loop_.Stop();
    thread_.join();
  }

  WebHook& Hook(const std::string& url, std::size_t queued = 100,
                Duration pause = milliseconds(1)) {
    WebHookConfig config;
    config.url = url;
    config.targets.allow_loopback = true;
    config.queued = queued;
    config.timeout = milliseconds(300);
    config.pause = pause;
    auto made = WebHook::Make(config, loop_, log_);
    TREATY_CHECK(made.ok());
    hook_ = *std::move(made);
    thread_ = std::thread([this] { loop_.Run("alerts"); });
    return *hook_;
  }

  Result<std::unique_ptr<WebHook>> Make(const std::string& url) {
    WebHookConfig config;
    config.url = url;
    return WebHook::Make(config, loop_, log_);
  }

  static Alert Some(const std::string& gid) {
    return {.gid = gid,
            .status = TxnStatus::kAborting,
            .branch = "http://bank.example/undo",
            .error = "status \"500\"",
            .retry_count = 4};
  }

  static bool Eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  AsioLoop loop_;
  Lines log_;
  std::unique_ptr<WebHook> hook_;
  std::thread thread_;
};

TEST_F(WebHookTest, PostsAnAlertAsJsonToTheUrlAsItIs) {
  Recorder recorder({200});
  WebHook& hook = Hook(recorder.url());

  hook.Raise(Some("g1"));

  ASSERT_TRUE(Eventually([&] { return hook.meters().sent.count() == 1; }));
  const std::string request = recorder.requests().at(0);
  EXPECT_TRUE(request.starts_with("POST /hook?key=1 HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  const auto body = nlohmann::json::parse(request.substr(request.find("\r\n\r\n") + 4));
  EXPECT_EQ(body, (nlohmann::json{{"branch", "http://bank.example/undo"},
                                  {"error", "status \"500\""},
                                  {"gid", "g1"},
                                  {"retry_count", 4},
                                  {"status", "aborting"}}));
}

TEST_F(WebHookTest, TellsNoQueryAndNothingThatNobodyWouldSee) {
  Recorder recorder({200});
  WebHook& hook = Hook(recorder.url());
  Alert alert = Some(
      "g\xe2\x80\xae"
      "1");
  alert.branch = "https://bank.example/undo?token=a-secret&x=y";

  hook.Raise(std::move(alert));

  ASSERT_TRUE(Eventually([&] { return hook.meters().sent.count() == 1; }));
  const std::string request = recorder.requests().at(0);
  EXPECT_EQ(request.find("a-secret"), std::string::npos) << request;
  EXPECT_NE(request.find(R"("branch":"https://bank.example/undo")"), std::string::npos) << request;
  EXPECT_NE(request.find(R"("gid":"g\u202e1")"), std::string::npos) << request;
}

TEST_F(WebHookTest, TriesAgainUntilItIsTaken) {
  Recorder recorder({500, 404, 204});
  WebHook& hook = Hook(recorder.url());

  hook.Raise(Some("g1"));

  ASSERT_TRUE(Eventually([&] { return hook.meters().sent.count() == 1; }));
  EXPECT_EQ(recorder.requests().size(), 3U);
  EXPECT_EQ(hook.meters().failed.count(), 0U);
}

TEST_F(WebHookTest, GivesUpAfterAFewTriesAndGoesOnWithTheNext) {
  Recorder recorder({500, 500, 500, 200});
  WebHook& hook = Hook(recorder.url());

  hook.Raise(Some("g1"));
  hook.Raise(Some("g2"));

  ASSERT_TRUE(Eventually([&] { return hook.meters().sent.count() == 1; }));
  EXPECT_EQ(hook.meters().failed.count(), 1U);
  EXPECT_NE(recorder.requests().at(3).find("\"g2\""), std::string::npos);
  ASSERT_EQ(log_.all().size(), 1U);
  EXPECT_EQ(log_.all()[0], "an alert did not reach AlertWebHook: status 500");
}

TEST_F(WebHookTest, ASilentWebHookCostsItsTimeOutOnly) {
  RawServer silent([](RawPeer& peer) { peer.WaitForEnd(); });
  WebHook& hook = Hook(silent.url("/hook"));

  hook.Raise(Some("g1"));

  ASSERT_TRUE(Eventually([&] { return hook.meters().failed.count() == 1; }));
  EXPECT_EQ(silent.connections(), 3);
}

TEST_F(WebHookTest, DropsWhatIsTooMuchAndSaysSoOnce) {
  RawServer silent([](RawPeer& peer) { peer.WaitForEnd(); });
  WebHook& hook = Hook(silent.url("/hook"), 10);

  for (int i = 0; i < 1'000; ++i) hook.Raise(Some("g" + std::to_string(i)));

  EXPECT_EQ(hook.meters().dropped.count(), 990U);
  const auto lines = log_.all();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const std::string& line) {
                            return line.find("Limits.QueuedAlerts") != std::string::npos;
                          }),
            1);
}

TEST_F(WebHookTest, AWebHookWhereNobodyListensIsTriedAndGivenUp) {
  std::string url;
  {
    const RawServer gone([](RawPeer&) {});
    url = gone.url("/hook");
  }
  WebHook& hook = Hook(url);
  hook.Raise(Some("g1"));
  ASSERT_TRUE(Eventually([&] { return hook.meters().failed.count() == 1; }));
}

TEST_F(WebHookTest, AnInterimReplyAndTheEndAreNoReply) {
  RawServer server([](RawPeer& peer) {
    peer.ReadRequest();
    peer.Write(peer.number() < 2 ? "HTTP/1.1 100 Continue\r\n\r\n" : HttpReply(200, ""));
  });
  WebHook& hook = Hook(server.url("/hook"));
  hook.Raise(Some("g1"));
  ASSERT_TRUE(Eventually([&] { return hook.meters().sent.count() == 1; }));
  EXPECT_EQ(server.connections(), 3);
}

// The web hook was never asked: its tries are not used up.
TEST_F(WebHookTest, WhatThisMachineLacksIsNoTry) {
  Recorder recorder({500, 500, 200});
  {
    const NoMeans none(EMFILE);
    WebHook& hook = Hook(recorder.url(), 100, milliseconds(20));
    hook.Raise(Some("g1"));
    // Three tries and their pauses would be over.
    const auto until = std::chrono::steady_clock::now() + milliseconds(150);
    EXPECT_TRUE(Eventually([&] {
      return hook.meters().failed.count() > 0 || std::chrono::steady_clock::now() > until;
    }));
    EXPECT_EQ(hook.meters().failed.count(), 0U);
  }
  ASSERT_TRUE(Eventually([&] { return hook_->meters().sent.count() == 1; }));
  EXPECT_EQ(recorder.requests().size(), 3U);
}

TEST_F(WebHookTest, WhatItSaysBeforeItIsAskedIsNoAnswer) {
  std::atomic<bool> said = false;
  RawServer server([&said](RawPeer& peer) {
    if (peer.number() > 0) peer.ReadRequest();
    peer.Write(HttpReply(200, ""));
    said = true;
    peer.WaitForEnd();
  });
  WebHook& hook = Hook(server.url("/hook"));
  loop_.Post([&] {  // Once it is dialled, the loop waits.
    hook.Raise(Some("g1"));
    loop_.Post([&said] {
      while (!said) std::this_thread::yield();
    });
  });
  ASSERT_TRUE(Eventually([&] { return hook.meters().sent.count() == 1; }));
  EXPECT_EQ(server.connections(), 2);
}

// It has an address that nothing here could be connected to: that is no shortage.
TEST_F(WebHookTest, AWebHookThatNothingHereCouldBeConnectedToIsGivenUp) {
  const NoMeans none(0, EADDRNOTAVAIL, NoMeans::Of::kAll);
  WebHook& hook = Hook("http://[::1]:9/hook");
  hook.Raise(Some("g1"));
  ASSERT_TRUE(Eventually([&] { return hook.meters().failed.count() == 1; }));
}

TEST_F(WebHookTest, AWebHookWhoseNameIsNeverFoundIsGivenUp) {
  WebHook& hook = Hook("http://no-such-host.invalid/hook");
  hook.Raise(Some("g1"));
  ASSERT_TRUE(Eventually([&] { return hook.meters().failed.count() == 1; }));
  EXPECT_TRUE(Eventually([&] { return log_.all().size() == 1U; }));
}

TEST_F(WebHookTest, OnlyWhatThePolicyAllowsMayBeAWebHook) {
  for (const char* url : {"http://169.254.169.254/hook", "http://127.0.0.1/hook", "hook",
                          "grpc://bank.example/hook"}) {
    EXPECT_FALSE(Make(url).ok()) << url;
  }
  EXPECT_TRUE(Make("http://alerts.example/hook").ok());
}

}  // namespace
}  // namespace treaty::test
