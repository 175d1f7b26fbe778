// Where Treaty may connect to: classes of addresses under every spelling, own listeners, the
// allow list, and the headers that may be passed on.

#include "wire/target_policy.h"

#include <gtest/gtest.h>

#include <string>

namespace treaty::wire {
namespace {

const char* const kNeverCalled[] = {
    // Unspecified.
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "::ffff:0.0.0.0",
    "64:ff9b::",
    "::2",
    // Link-local, with the clouds' metadata services.
    "169.254.169.254",
    "169.254.0.1",
    "169.254.255.255",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf::1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "0:0:0:0:0:ffff:a9fe:a9fe",
    "::169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::169.254.169.254",
    "2002:a9fe:a9fe::",
    "2002:a9fe:a9fe::1",
    "2001:0:1:2:3:4:5601:5601",
    "::ffff:0:169.254.169.254",
    "2001:db8::5efe:169.254.169.254",
    "2001:db8::200:5efe:a9fe:a9fe",
    "100.100.100.200",
    "::ffff:100.100.100.200",
    "64:ff9b::100.100.100.200",
    "fd00:ec2::254",
    "fd00:0ec2:0:0:0:0:0:254",
    // Multicast, broadcast, reserved.
    "224.0.0.1",
    "239.255.255.255",
    "ff02::1",
    "ff0e::1",
    "::ffff:224.0.0.1",
    "255.255.255.255",
    "::ffff:255.255.255.255",
    "240.0.0.1",
    "64:ff9b::ffff:ffff",
    // Not addresses at all.
    "",
    "bank",
    "127.1",
    "0x7f.0.0.1",
    "2130706433",
    "1.2.3.4.5",
    "[::1]",
    "fe80::1%eth0",
};

TEST(TargetPolicy, SomeAddressesAreNeverCalled) {
  TargetPolicy policy;
  policy.allow_loopback = true;
  for (const char* address : kNeverCalled) {
    EXPECT_FALSE(CheckAddress(policy, address, 80).ok()) << address;
  }
}

const char* const kLoopback[] = {
    "127.0.0.1",        "127.0.0.2",     "127.255.255.254", "::1",
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1",     "64:ff9b::127.0.0.1",
    "64:ff9b::7f00:1",  "2002:7f00:1::", "0:0:0:0:0:0:0:1", "2001:0:1:2:3:4:80ff:fffe",
};

TEST(TargetPolicy, LoopbackNeedsPermission) {
  TargetPolicy policy;
  for (const char* address : kLoopback) {
    EXPECT_FALSE(CheckAddress(policy, address, 80).ok()) << address;
  }
  policy.allow_loopback = true;
  for (const char* address : kLoopback) {
    EXPECT_TRUE(CheckAddress(policy, address, 80).ok()) << address;
  }
}

const char* const kOrdinary[] = {
    "10.0.0.1",        "172.16.0.1",      "192.168.1.1",      "8.8.8.8",         "100.100.100.201",
    "100.64.0.1",      "169.253.255.255", "169.255.0.0",      "223.255.255.255", "1.0.0.0",
    "126.255.255.255", "128.0.0.1",       "2001:db8::1",      "fd00:ec2::253",   "fd00::1",
    "fec0::1",         "::ffff:10.0.0.1", "64:ff9b::8.8.8.8", "2002:808:808::1",
};

TEST(TargetPolicy, OrdinaryAddressesAreAllowed) {
  for (const char* address : kOrdinary) {
    const Status status = CheckAddress({}, address, 80);
    EXPECT_TRUE(status.ok()) << address << ": " << status.message();
  }
}

TEST(TargetPolicy, OwnListenersAreNeverCalledUnderAnySpelling) {
  TargetPolicy policy;
  policy.allow_loopback = true;
  policy.own_listeners = {{"127.0.0.1", 36'789}, {"10.9.8.7", 36'790}};
  for (const char* address :
       {"127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"}) {
    EXPECT_FALSE(CheckAddress(policy, address, 36'789).ok()) << address;
    EXPECT_TRUE(CheckAddress(policy, address, 36'790).ok()) << address;
  }
  EXPECT_FALSE(CheckAddress(policy, "::ffff:10.9.8.7", 36'790).ok());
  EXPECT_TRUE(CheckAddress(policy, "127.0.0.2", 36'789).ok()) << "not listened on";
}

TEST(TargetPolicy, AListenerOnEveryAddressCoversAllOfThisMachine) {
  for (const char* everywhere : {"0.0.0.0", "::"}) {
    TargetPolicy policy;
    policy.allow_loopback = true;
    policy.own_listeners = {{everywhere, 36'789}};
    for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
      EXPECT_FALSE(CheckAddress(policy, address, 36'789).ok()) << address;
      EXPECT_TRUE(CheckAddress(policy, address, 80).ok()) << address;
    }
    EXPECT_TRUE(CheckAddress(policy, "203.0.113.77", 36'789).ok()) << "another machine";
  }
}

struct AtTheDoor {
  const char* url;
  bool allowed;
};

void ExpectAll(const TargetPolicy& policy, std::initializer_list<AtTheDoor> cases) {
  for (const AtTheDoor& one : cases) {
    const auto url = ParseUrl(one.url, "grpc");
    ASSERT_TRUE(url.ok()) << one.url;
    EXPECT_EQ(CheckUrl(policy, *url).ok(), one.allowed) << one.url;
  }
}

TEST(TargetPolicy, TheDoorRefusesWhatItCanSee) {
  ExpectAll({}, {{"http://bank/", true},
                 {"http://localhost/", false},
                 {"http://LOCALHOST/", false},
                 {"http://localhost./", false},
                 {"http://a.localhost/", false},
                 {"http://localhost.example/", true},
                 {"http://127.0.0.1/", false},
                 {"http://[::1]/", false},
                 {"http://[::ffff:127.0.0.1]/", false},
                 {"http://169.254.169.254/latest/meta-data/", false},
                 {"http://[fd00:ec2::254]/", false},
                 {"localhost:1/Bank/Out", false}});
  TargetPolicy policy;
  policy.allow_loopback = true;
  policy.own_listeners = {{"127.0.0.1", 36'789}};
  ExpectAll(policy, {{"http://localhost/", true},
                     {"http://127.0.0.1/", true},
                     {"http://localhost:36789/", false},
                     {"http://a.localhost.:36789/", false},
                     {"http://127.0.0.1:36789/", false},
                     {"http://[::ffff:7f00:1]:36789/", false},
                     {"localhost:36789/Bank/Out", false}});
}

TEST(TargetPolicy, WithAListOnlyItsMatchesAreAllowed) {
  TargetPolicy policy;
  policy.allow = {
      {"*.Bank.example", 0, false}, {"pay.example", 8443, true}, {"10.1.2.3", 80, false}};
  ExpectAll(policy, {{"http://a.bank.example/", true},
                     {"http://a.b.bank.example:81/", true},
                     {"http://A.BANK.example./", true},
                     {"http://bank.example/", false},
                     {"http://evilbank.example/", false},
                     {"http://a.bank.example.evil.example/", false},
                     {"https://pay.example:8443/", true},
                     {"http://pay.example:8443/", false},
                     {"https://pay.example/", false},
                     {"http://10.1.2.3/", true},
                     {"http://10.1.2.3:81/", false},
                     {"http://[::ffff:10.1.2.3]/", true},
                     {"http://10.1.2.4/", false}});
  policy.allow = {{"*", 0, true}};
  ExpectAll(policy, {{"https://any.example/", true},
                     {"http://any.example/", false},
                     {"https://127.0.0.1/", false}});
}

TEST(TargetPolicy, HeadersThatStructureTheRequestAreRefused) {
  for (const char* name : {"Host",
                           "host",
                           "Content-Length",
                           "TRANSFER-ENCODING",
                           "Connection",
                           "Keep-Alive",
                           "TE",
                           "Trailer",
                           "Upgrade",
                           "Expect",
                           "Proxy-Authorization",
                           "Metadata-Flavor",
                           "Metadata",
                           "X-aws-ec2-metadata-token",
                           "X-Google-Metadata-Request",
                           "",
                           "a b",
                           "a:b",
                           "a\r\nb",
                           "a\n",
                           "\xc3\xa4",
                           "a(b)",
                           "a,b",
                           "a/b",
                           "[a]",
                           "a=b",
                           "\"a\"",
                           "a\x7f"}) {
    EXPECT_FALSE(CheckHeader(name, "1").ok()) << name;
  }
  for (const char* name :
       {"X-Tenant", "Authorization", "test_header", "Content-Type", "traceparent"}) {
    EXPECT_TRUE(CheckHeader(name, "1").ok()) << name;
  }
}

TEST(TargetPolicy, ValuesOfHeadersCannotBreakOut) {
  using std::string_literals::operator""s;
  for (const std::string& value :
       {"a\r\nb: c"s, "a\n"s, "\r"s, "a\0b"s, "\x01"s, "\x7f"s, "\x1b[0m"s}) {
    EXPECT_FALSE(CheckHeader("X-A", value).ok());
  }
  for (const std::string& value : {""s, "a b"s, "a\tb"s, "\xc3\xa4"s, "Bearer abc=="s}) {
    EXPECT_TRUE(CheckHeader("X-A", value).ok()) << value;
  }
}

}  // namespace
}  // namespace treaty::wire
