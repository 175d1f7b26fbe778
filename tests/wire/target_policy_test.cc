// Where Treaty may connect to: classes of addresses under every spelling, own listeners, the
// allow list, and the headers that may be passed on.

#include "wire/target_policy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <netdb.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

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
    "64:ff9b:1:a9fe:a9:fe00::",
    "64:ff9b:1:a9fe:a9:fe00:1234:5678",
    "64:ff9b:1:a9:fe:a9fe::",
    "64:ff9b:1:0:a9:fea9:fe00::",
    "64:ff9b:1:7:a9:fea9:fe00::",
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
    "fd00:ec2::23",
    "fd20:ce::254",
    "fd00:42::42",
    "fd00:c1::a9fe:a9fe",
    "fd00:100::100:200",
    "fd00:a9fe:a9fe::1",
    "168.63.129.16",
    "::ffff:168.63.129.16",
    "::168.63.129.16",
    "2002:a83f:8110::1",
    "64:ff9b:1::168.63.129.16",
    "192.0.0.192",
    "64:ff9b::192.0.0.192",
    "100.96.0.96",
    "100.80.80.80",
    // Link-local, whatever it holds inside.
    "fe80::5efe:808:808",
    "fe80::200:5efe:808:808",
    "fe80::5efe:10.0.0.5",
    // One inside the other: 6to4 with ISATAP, Teredo's server and client.
    "2002:808:808::5efe:a9fe:a9fe",
    "2002:a9fe:a9fe::5efe:808:808",
    "2001:0:a9fe:a9fe:0:0:f7f7:f7f7",
    "2001:0:808:808:0:0:5601:5601",
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
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "8.8.8.8",
    "100.100.100.201",
    "100.64.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "223.255.255.255",
    "1.0.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "2001:db8::1",
    "fd00:ec2::253",
    "fd00::1",
    "fec0::1",
    "::ffff:10.0.0.1",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
    "168.63.129.17",
    "192.0.0.193",
    "fd00:42::43",
    "2001:db8::5efe:808:808",
    "64:ff9b:1::8.8.8.8",
    "64:ff9b:1:808:8:800::",
    "2001:0:808:808::f7f7:f7f7",
};

TEST(TargetPolicy, OrdinaryAddressesAreAllowed) {
  for (const char* address : kOrdinary) {
    const Status status = CheckAddress({}, address, 80);
    EXPECT_TRUE(status.ok()) << address << ": " << status.message();
  }
}

TEST(TargetPolicy, OwnPortsAreNeverCalledOnThisMachineUnderAnySpelling) {
  for (const char* listens : {"127.0.0.1", "10.9.8.7", "0.0.0.0", "::", "::1"}) {
    TargetPolicy policy;
    policy.allow_loopback = true;
    policy.own_listeners = {{listens, 36'789}};
    for (const char* address :
         {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
          "2002:7f00:1::", "2001:db8::5efe:7f00:1", "64:ff9b:1:7f00:0:100::"}) {
      EXPECT_FALSE(CheckAddress(policy, address, 36'789).ok()) << listens << " " << address;
      EXPECT_TRUE(CheckAddress(policy, address, 80).ok()) << listens << " " << address;
    }
    EXPECT_TRUE(CheckAddress(policy, "203.0.113.77", 36'789).ok()) << "another machine";
  }
  TargetPolicy policy;
  policy.own_listeners = {{"10.9.8.7", 36'790}};
  EXPECT_FALSE(CheckAddress(policy, "::ffff:10.9.8.7", 36'790).ok());
}

TEST(TargetPolicy, EveryAddressOfThisMachineIsItself) {
  TargetPolicy policy;
  policy.allow_loopback = true;
  policy.own_listeners = {{"127.0.0.1", 36'789}};
  ifaddrs* interfaces = nullptr;
  ASSERT_EQ(getifaddrs(&interfaces), 0);
  for (const ifaddrs* i = interfaces; i != nullptr; i = i->ifa_next) {
    std::array<char, NI_MAXHOST> text{};
    if (i->ifa_addr == nullptr || i->ifa_addr->sa_family != AF_INET) continue;
    ASSERT_EQ(getnameinfo(i->ifa_addr, sizeof(sockaddr_in), text.data(), text.size(), nullptr, 0,
                          NI_NUMERICHOST),
              0);
    EXPECT_FALSE(CheckAddress(policy, text.data(), 36'789).ok()) << text.data();
  }
  freeifaddrs(interfaces);
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

TEST(TargetPolicy, TheNamesItIsReachedByAreItself) {
  TargetPolicy policy;
  policy.own_listeners = {{"127.0.0.1", 36'789}, {"127.0.0.1", 36'790}};
  policy.own_hosts = {
      {"treaty.example", 0}, {"front.example", 443}, {"203.0.113.7", 0}, {"2001:db8::7", 8'080}};
  ExpectAll(policy, {{"http://treaty.example:36789/", false},
                     {"http://TREATY.example.:36789/", false},
                     {"treaty.example:36790/Bank/Out", false},
                     {"http://treaty.example/", false},
                     {"https://treaty.example/", false},
                     {"https://treaty.example.:443/", false},
                     {"http://treaty.example:443/", false},
                     {"https://treaty.example:80/", false},
                     {"grpcs://treaty.example:443/Bank/Out", false},
                     {"treaty.example:80/Bank/Out", false},
                     {"http://treaty.example:8080/", true},
                     {"https://a.treaty.example/", true},
                     {"http://a.treaty.example:36789/", true},
                     {"https://front.example/", false},
                     {"http://front.example:36790/", false},
                     {"http://front.example/", true},
                     {"https://front.example:36789/", false},
                     {"http://203.0.113.7:36789/", false},
                     {"http://[::ffff:203.0.113.7]:36789/", false},
                     {"http://[2002:cb00:7107::1]:36789/", false},
                     {"https://203.0.113.7/", false},
                     {"http://[::ffff:203.0.113.7]/", false},
                     {"http://203.0.113.7:81/", true},
                     {"http://[2001:db8:0::7]:8080/", false},
                     {"http://[2001:db8::7]:81/", true}});
  for (const std::uint16_t port : std::vector<std::uint16_t>{36'789, 80, 443}) {
    EXPECT_FALSE(CheckAddress(policy, "203.0.113.7", port).ok()) << "resolved from another name";
  }
  EXPECT_TRUE(CheckAddress(policy, "2001:db8::7", 443).ok());
}

TEST(TargetPolicy, RulesMatchTheLiteralNotWhatItHoldsInside) {
  TargetPolicy policy;
  policy.allow = {{"10.0.0.5", 0, false}, {"2001:db8::5efe:a00:6", 0, false}};
  ExpectAll(policy, {{"http://10.0.0.5/", true},
                     {"http://[::ffff:10.0.0.5]/", true},
                     {"http://[::ffff:a00:5]/", true},
                     {"http://[2001:db8::5efe:a00:5]/", false},
                     {"http://[2001:db8::200:5efe:a00:5]/", false},
                     {"http://[::10.0.0.5]/", false},
                     {"http://[::ffff:0:10.0.0.5]/", false},
                     {"http://[64:ff9b::10.0.0.5]/", false},
                     {"http://[64:ff9b:1::10.0.0.5]/", false},
                     {"http://[2002:a00:5::1]/", false},
                     {"http://[2001:0:1:2:3:4:f5ff:fffa]/", false},
                     {"http://[2001:db8::5efe:a00:6]/", true},
                     {"http://10.0.0.6/", false}});
}

// Every form that holds an IPv4 address: which bytes of the address are fixed, and where the four
// of the inner one go. The rest is noise.
struct Embedding {
  const char* name;
  std::vector<int> fixed;  // -1: noise.
  std::array<std::size_t, 4> places;
  bool inverted = false;
};

constexpr int kNoise = -1;
const Embedding kEmbeddings[] = {
    {"mapped", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, {12, 13, 14, 15}},
    {"compatible", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {12, 13, 14, 15}},
    {"translated", {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}, {12, 13, 14, 15}},
    {"NAT64", {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}, {12, 13, 14, 15}},
    {"local NAT64, /48", {0, 0x64, 0xff, 0x9b, 0, 1}, {6, 7, 9, 10}},
    {"local NAT64, /56", {0, 0x64, 0xff, 0x9b, 0, 1}, {7, 9, 10, 11}},
    {"local NAT64, /64", {0, 0x64, 0xff, 0x9b, 0, 1}, {9, 10, 11, 12}},
    {"local NAT64, /96", {0, 0x64, 0xff, 0x9b, 0, 1}, {12, 13, 14, 15}},
    {"6to4", {0x20, 0x02}, {2, 3, 4, 5}},
    {"Teredo's client", {0x20, 0x01, 0, 0, 8, 8, 8, 8}, {12, 13, 14, 15}, true},
    {"Teredo's server", {0x20, 0x01, 0, 0}, {4, 5, 6, 7}},
    {"ISATAP",
     {0x20, 0x01, 0x0d, 0xb8, kNoise, kNoise, kNoise, kNoise, 0, 0, 0x5e, 0xfe},
     {12, 13, 14, 15}},
    {"ISATAP, global",
     {0x20, 0x01, 0x0d, 0xb8, kNoise, kNoise, kNoise, kNoise, 2, 0, 0x5e, 0xfe},
     {12, 13, 14, 15}},
};

using Bytes4 = std::array<std::uint8_t, 4>;

std::string Embed(const Embedding& form, const Bytes4& inner, std::mt19937& random) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int fixed = i < form.fixed.size() ? form.fixed[i] : kNoise;
    bytes.at(i) =
        fixed == kNoise ? static_cast<std::uint8_t>(random()) : static_cast<std::uint8_t>(fixed);
  }
  for (std::size_t i = 0; i < inner.size(); ++i) {
    bytes.at(form.places.at(i)) =
        static_cast<std::uint8_t>(form.inverted ? ~inner.at(i) : inner.at(i));
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

std::string Text(const Bytes4& inner) {
  std::array<char, INET_ADDRSTRLEN> text{};
  inet_ntop(AF_INET, inner.data(), text.data(), text.size());
  return text.data();
}

Bytes4 RandomOf(const Bytes4& range, std::mt19937& random) {
  Bytes4 bytes = range;
  for (std::uint8_t& byte : bytes) {
    if (byte == 0) byte = static_cast<std::uint8_t>(random());
  }
  return bytes;
}

TEST(TargetPolicy, NothingForbiddenHidesInsideAnotherAddress) {
  std::mt19937 random(15);
  TargetPolicy policy;
  policy.own_listeners = {{"203.0.113.7", 80}};
  // A zero stands for any byte.
  const Bytes4 forbidden[] = {{169, 254, 0, 0},     {224, 0, 0, 0},   {255, 255, 255, 255},
                              {241, 0, 0, 0},       {127, 0, 0, 0},   {168, 63, 129, 16},
                              {100, 100, 100, 200}, {100, 96, 0, 96}, {203, 0, 113, 7}};
  for (const Embedding& form : kEmbeddings) {
    for (const Bytes4& range : forbidden) {
      for (int i = 0; i < 50; ++i) {
        Bytes4 inner = RandomOf(range, random);
        if (range[0] == 100 && range[1] == 96) inner[2] = 0;
        if (range[0] == 203) inner[1] = 0;
        const std::string address = Embed(form, inner, random);
        EXPECT_FALSE(CheckAddress(policy, address, 80).ok())
            << form.name << " of " << Text(inner) << ": " << address;
      }
    }
  }
}

TEST(TargetPolicy, ARuleForAnAddressOpensNoFormThatHoldsIt) {
  std::mt19937 random(16);
  for (const Embedding& form : kEmbeddings) {
    for (int i = 0; i < 50; ++i) {
      const Bytes4 inner = RandomOf({10, 0, 0, 5}, random);
      TargetPolicy policy;
      policy.allow = {{Text(inner), 0, false}};
      const std::string address = Embed(form, inner, random);
      const auto url = ParseUrl("http://[" + address + "]/", "http");
      ASSERT_TRUE(url.ok()) << address;
      const bool same = std::string_view(form.name) == "mapped";
      EXPECT_EQ(CheckUrl(policy, *url).ok(), same) << form.name << ": " << address;
      policy.allow = {{address, 0, false}};
      const auto plain = ParseUrl("http://" + Text(inner) + "/", "http");
      EXPECT_EQ(CheckUrl(policy, *plain).ok(), same) << form.name << ": " << address;
    }
  }
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
