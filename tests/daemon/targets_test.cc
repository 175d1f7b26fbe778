// The outbound policy that follows from the configuration.

#include "daemon/targets.h"

#include <gtest/gtest.h>

namespace treaty::daemon {
namespace {

wire::TargetPolicy PolicyOf(std::vector<Given> given) {
  const Result<Loaded> loaded = BuildConfig(given);
  EXPECT_TRUE(loaded.ok()) << loaded.status().message();
  return MakeTargetPolicy(loaded->config, 1234);
}

TEST(TargetsTest, LoopbackParticipantsAreAllowedWhileWeListenOnLoopback) {
  EXPECT_TRUE(PolicyOf({}).allow_loopback);
  EXPECT_TRUE(PolicyOf({{"Host", "::1", ""}}).allow_loopback);
  EXPECT_FALSE(PolicyOf({{"Host", "0.0.0.0", ""}, {"Insecure", "true", ""}}).allow_loopback);
}

TEST(TargetsTest, TheSettingBeatsTheAddress) {
  EXPECT_FALSE(PolicyOf({{"AllowLoopbackTargets", "false", ""}}).allow_loopback);
  EXPECT_TRUE(PolicyOf({{"Host", "10.0.0.1", ""},
                        {"Insecure", "true", ""},
                        {"AllowLoopbackTargets", "true", ""}})
                  .allow_loopback);
}

TEST(TargetsTest, OurOwnListenersAreNamed) {
  const wire::TargetPolicy policy = PolicyOf({{"Host", "localhost", ""}});
  ASSERT_EQ(policy.own_listeners.size(), 2U);
  for (const wire::Listener& listener : policy.own_listeners) {
    EXPECT_EQ(listener.address, "127.0.0.1");
  }
  EXPECT_EQ(policy.own_listeners[0].port, 1234);
  EXPECT_EQ(policy.own_listeners[1].port, 36790);  // gRPC's.
}

TEST(TargetsTest, RulesAreReadWithTheirParts) {
  const wire::TargetPolicy policy =
      PolicyOf({{"AllowTargets", "*.Bank.example, https://pay.example:8443,[FD00::7]:80", ""}});
  ASSERT_EQ(policy.allow.size(), 3U);
  EXPECT_EQ(policy.allow[0].host, "*.bank.example");
  EXPECT_EQ(policy.allow[0].port, 0);
  EXPECT_FALSE(policy.allow[0].https_only);
  EXPECT_EQ(policy.allow[1].host, "pay.example");
  EXPECT_EQ(policy.allow[1].port, 8443);
  EXPECT_TRUE(policy.allow[1].https_only);
  EXPECT_EQ(policy.allow[2].host, "fd00::7");
  EXPECT_EQ(policy.allow[2].port, 80);
}

TEST(TargetsTest, RulesThatAreNoneAreRefused) {
  for (const char* rule : {"http://a", "a:", "a:0", "a:65536", "a:8x", "*", "*.", "a,,b", "a/b",
                           "[::1", "[::1]x", "a@b", ":80"}) {
    EXPECT_FALSE(ParseAllowRules(rule).ok()) << rule;
  }
}

TEST(TargetsTest, OwnHostsAreReadInTheirOneSpelling) {
  const wire::TargetPolicy policy =
      PolicyOf({{"Http.Hosts",
                 "Treaty.example., front.example:443,10.1.2.3 ,[2001:DB8:0::7],[::1]:80", ""}});
  ASSERT_EQ(policy.own_hosts.size(), 5U);
  EXPECT_EQ(policy.own_hosts[0].host, "treaty.example");
  EXPECT_EQ(policy.own_hosts[0].port, 0);
  EXPECT_EQ(policy.own_hosts[1].host, "front.example");
  EXPECT_EQ(policy.own_hosts[1].port, 443);
  EXPECT_EQ(policy.own_hosts[2].host, "10.1.2.3");
  EXPECT_EQ(policy.own_hosts[3].host, "2001:db8::7");
  EXPECT_EQ(policy.own_hosts[3].port, 0);
  EXPECT_EQ(policy.own_hosts[4].host, "::1");
  EXPECT_EQ(policy.own_hosts[4].port, 80);
  EXPECT_TRUE(PolicyOf({}).own_hosts.empty());
}

TEST(TargetsTest, OwnHostsThatAreNoneAreRefused) {
  for (const char* host :
       {"http://a", "a:", "a:0", "a:65536", "a:8x", "*", "*.a", "a,,b", "a/b", "a/", "a?b", "a#b",
        "[::1", "[::1]x", "a@b", ":80", "fd00::7", "127.1", "a b"}) {
    EXPECT_FALSE(ParseOwnHosts(host).ok()) << host;
    const Result<Loaded> loaded = BuildConfig({{"Http.Hosts", host, "here"}});
    ASSERT_FALSE(loaded.ok()) << host;
    EXPECT_EQ(loaded.status().message().rfind("here: Http.Hosts has '", 0), 0U)
        << loaded.status().message();
  }
}

}  // namespace
}  // namespace treaty::daemon
