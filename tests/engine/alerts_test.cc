// Whom the engine alerts, of what, and when (protocol §6).

#include <gtest/gtest.h>

#include "engine/world.h"

namespace treaty::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class KeptAlerts final : public AlertSink {
 public:
  void Raise(Alert alert) override { all.push_back(std::move(alert)); }
  std::vector<Alert> all;
};

class AlertsTest : public ::testing::Test {
 protected:
  AlertsTest() {
    world.alerts = &alerts;
    world.Restart();
  }

  static Terms RetriedEverySecond() {
    Terms terms;
    terms.retry_interval = seconds(1);
    return terms;
  }

  KeptAlerts alerts;
  World world;
};

TEST_F(AlertsTest, AreRaisedFromTheLimitOnWithEachFurtherSilence) {
  world.participant.scripts["a2"] = {{Outcome::kUnknown, "status 500"}};
  world.Submit(World::Saga("g", 2, RetriedEverySecond()));
  world.Run(seconds(5));
  EXPECT_TRUE(alerts.all.empty());

  world.Run(minutes(2));

  ASSERT_GE(alerts.all.size(), 3U);
  for (std::size_t i = 0; i < alerts.all.size(); ++i) {
    EXPECT_EQ(alerts.all[i].gid, "g");
    EXPECT_EQ(alerts.all[i].branch, "a2");
    EXPECT_EQ(alerts.all[i].error, "status 500");
    EXPECT_EQ(alerts.all[i].status, TxnStatus::kSubmitted);
    EXPECT_EQ(alerts.all[i].retry_count, i + 3);
  }
}

TEST_F(AlertsTest, NameTheCompensationOfATransactionThatRollsBack) {
  world.config.alert_retry_limit = 1;
  world.Restart();
  world.participant.scripts["a1"] = {{Outcome::kFailure, "no"}};
  world.participant.scripts["c1"] = {{Outcome::kFailure, "cannot"}};
  world.Submit(World::Saga("g", 1, RetriedEverySecond()));
  world.Run(seconds(1));

  ASSERT_EQ(alerts.all.size(), 1U);
  EXPECT_EQ(alerts.all[0].branch, "c1");
  EXPECT_EQ(alerts.all[0].error, "cannot");
  EXPECT_EQ(alerts.all[0].status, TxnStatus::kAborting);
}

TEST_F(AlertsTest, NameTheSubscriberOfATopicAndNotTheTopic) {
  world.config.alert_retry_limit = 1;
  world.Restart();
  world.Subscribe("t", {"http://mute/a", "http://fine/a"});
  world.participant.scripts["http://mute/a"] = {{Outcome::kUnknown, "status 500"}};
  TxnRequest message = World::Request(Model::kMessage, "m", RetriedEverySecond());
  auto body = std::make_shared<Body>(*message.body);
  body->steps = {{"topic://t", "", "{}"}};
  message.body = std::move(body);
  world.Submit(std::move(message));
  world.Run(seconds(1));

  ASSERT_EQ(alerts.all.size(), 1U);
  EXPECT_EQ(alerts.all[0].branch, "http://mute/a");
}

// A name that nobody knows, or a process without descriptors: somebody has to look.
TEST_F(AlertsTest, AreRaisedForWhatCannotBeSentToo) {
  for (const std::uint32_t limit : {0U, 1U, 10U}) {  // Of attempts, and this is none.
    Terms terms = RetriedEverySecond();
    terms.retry_limit = limit;
    alerts.all.clear();
    world.participant.scripts["a1"] = {{Outcome::kNotSent, "resolve: Host not found"}};
    const std::string gid = "g" + std::to_string(limit);
    world.Submit(World::Saga(gid, 1, terms));
    world.Run(minutes(2));
    ASSERT_FALSE(alerts.all.empty()) << limit;
    EXPECT_EQ(alerts.all[0].error, "resolve: Host not found");
    EXPECT_EQ(alerts.all[0].retry_count, 3U);
    world.ForceStop(gid);
    world.Run(minutes(10));
  }
}

TEST_F(AlertsTest, AreNotRaisedForDefiniteAnswersAndForClients) {
  world.config.alert_retry_limit = 1;
  world.Restart();
  world.participant.scripts["a1"] = {{Outcome::kOngoing, ""}};
  world.participant.scripts["q"] = {{Outcome::kUnknown, "status 500"}};
  world.Submit(World::Saga("ongoing", 1, RetriedEverySecond()));
  world.Prepare(World::Request(Model::kMessage, "unasked"));
  world.PrepareWorkflow(World::Request(Model::kWorkflow, "unended"));
  world.Run(minutes(5));
  EXPECT_TRUE(alerts.all.empty());
}

}  // namespace
}  // namespace treaty::testing
