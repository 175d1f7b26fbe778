// URLs: what is taken, in which parts it comes back, and everything that is refused.

#include "wire/url.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace treaty::wire {
namespace {

struct Good {
  const char* text;
  const char* protocol;
  Url::Scheme scheme;
  const char* host;
  std::uint16_t port;
  const char* target;
  bool is_address;
};

constexpr auto kHttp = Url::Scheme::kHttp;
constexpr auto kHttps = Url::Scheme::kHttps;
constexpr auto kGrpc = Url::Scheme::kGrpc;
constexpr auto kGrpcs = Url::Scheme::kGrpcs;

const Good kGood[] = {
    {"http://bank", "http", kHttp, "bank", 80, "/", false},
    {"http://bank/", "http", kHttp, "bank", 80, "/", false},
    {"http://bank:8081/out", "http", kHttp, "bank", 8081, "/out", false},
    {"HTTP://Bank.Example/Out", "http", kHttp, "bank.example", 80, "/Out", false},
    {"https://bank.example/a/b?c=d", "http", kHttps, "bank.example", 443, "/a/b?c=d", false},
    {"https://bank.example:8443?x", "http", kHttps, "bank.example", 8443, "/?x", false},
    {"http://bank/?", "http", kHttp, "bank", 80, "/?", false},
    {"http://bank./x", "http", kHttp, "bank.", 80, "/x", false},
    {"http://my_bank/x", "http", kHttp, "my_bank", 80, "/x", false},
    {"http://10.1.2.3/x", "http", kHttp, "10.1.2.3", 80, "/x", true},
    {"http://127.0.0.1:1/", "http", kHttp, "127.0.0.1", 1, "/", true},
    {"http://127.0.0.1:65535/", "http", kHttp, "127.0.0.1", 65535, "/", true},
    {"http://[::1]:8081/x", "http", kHttp, "::1", 8081, "/x", true},
    {"http://[0:0:0:0:0:0:0:1]/", "http", kHttp, "::1", 80, "/", true},
    {"http://[2001:DB8::A]/", "http", kHttp, "2001:db8::a", 80, "/", true},
    {"http://[::ffff:7f00:1]/", "http", kHttp, "::ffff:127.0.0.1", 80, "/", true},
    {"http://bank/a%20b?c=%26", "http", kHttp, "bank", 80, "/a%20b?c=%26", false},
    {"http://bank/x?gids=1", "http", kHttp, "bank", 80, "/x?gids=1", false},
    {"http://bank/x?a=gid", "http", kHttp, "bank", 80, "/x?a=gid", false},
    {"http://bank/gid/op", "http", kHttp, "bank", 80, "/gid/op", false},
    {"http://1st.example/", "http", kHttp, "1st.example", 80, "/", false},
    {"http://bank/x", "grpc", kHttp, "bank", 80, "/x", false},
    {"http://bank/method", "json-rpc", kHttp, "bank", 80, "/method", false},
    {"bank:58081/bank.Bank/Out", "grpc", kGrpc, "bank", 58081, "/bank.Bank/Out", false},
    {"10.0.0.7:58081/Bank/Out", "grpc", kGrpc, "10.0.0.7", 58081, "/Bank/Out", true},
    {"[::1]:58081/Bank/Out", "grpc", kGrpc, "::1", 58081, "/Bank/Out", true},
    {"bank:58081/b.B/Out", "json-rpc", kGrpc, "bank", 58081, "/b.B/Out", false},
    {"grpc://bank:58081/b.B/Out", "http", kGrpc, "bank", 58081, "/b.B/Out", false},
    {"GRPCS://Bank:443/b.B/Out", "http", kGrpcs, "bank", 443, "/b.B/Out", false},
    {"grpcs://10.0.0.7:1/B/Out", "grpc", kGrpcs, "10.0.0.7", 1, "/B/Out", true},
};

TEST(Url, ComesBackInItsParts) {
  for (const Good& good : kGood) {
    SCOPED_TRACE(good.text);
    const auto url = ParseUrl(good.text, good.protocol);
    ASSERT_TRUE(url.ok()) << url.status().message();
    EXPECT_EQ(url->scheme, good.scheme);
    EXPECT_EQ(url->host, good.host);
    EXPECT_EQ(url->port, good.port);
    EXPECT_EQ(url->target, good.target);
    EXPECT_EQ(url->host_is_address, good.is_address);
  }
}

struct Bad {
  const char* text;
  const char* says;  // Part of the message.
};

const Bad kBad[] = {
    {"", "empty"},
    // Schemes.
    {"ftp://bank/", "http://"},
    {"file:///etc/passwd", "http://"},
    {"gopher://bank/", "http://"},
    {"javascript:alert(1)", "http://"},
    {"//bank/x", "http://"},
    {"/x", "http://"},
    {"bank:8081/x", "http://"},
    {"http:/bank/", "http://"},
    {"http:bank", "http://"},
    {"httpx://bank/", "http://"},
    {"dict://127.0.0.1:11211/", "http://"},
    {"unix:/var/run/docker.sock", "http://"},
    // Users.
    {"http://user@bank/", "user"},
    {"http://user:secret@bank/", "user"},
    {"http://good.example@169.254.169.254/", "user"},
    {"http://@bank/", "user"},
    {"http://a:b@c@bank/", "malformed"},
    {"http://good.example%40evil.example/", "host"},
    // Fragments.
    {"http://bank/#x", "fragment"},
    {"http://bank#@evil.example/", "fragment"},
    {"http://bank/?a#", "fragment"},
    // Characters.
    {"http://bank/a b", "blank"},
    {" http://bank/", "blank"},
    {"http://bank/ ", "blank"},
    {"http://bank/\t", "blank"},
    {"http://bank/\r\nHost: evil", "blank"},
    {"http://bank/\x01", "blank"},
    {"http://bank/\x7f", "blank"},
    {"http://bank/\xc3\xa4", "blank"},
    {"http://b\xc3\xa4nk/", "blank"},
    {"http://bank\\@evil.example/", "blank"},
    {"http:\\\\bank\\", "blank"},
    {"http://127.0.0.1\xe3\x80\x82"
     "1/",
     "blank"},
    {"http://bank/%zz", "malformed"},
    {"http://bank/%", "malformed"},
    {"http://bank/<x>", "malformed"},
    {"http://bank/\"", "malformed"},
    {"http://bank/a[1]", "bare '['; percent-encode it as %5B"},
    {"http://bank/a]", "bare ']'; percent-encode it as %5D"},
    {"http://bank/a|b", "bare '|'; percent-encode it as %7C"},
    {"http://bank/{id}", "bare '{'; percent-encode it as %7B"},
    {"http://bank/x?id=}", "bare '}'; percent-encode it as %7D"},
    {"http://bank/x?a[]=1", "bare '['; percent-encode it as %5B"},
    {"http://bank/x?a=<", "bare '<'; percent-encode it as %3C"},
    {"http://bank/x?a=>", "bare '>'; percent-encode it as %3E"},
    {"http://bank/`^`", "bare '`'; percent-encode it as %60"},
    {"http://bank/^", "bare '^'; percent-encode it as %5E"},
    {"http://bank?a=\"b\"", "bare '\"'; percent-encode it as %22"},
    {"http://bank/50%", "bare '%'; percent-encode it as %25"},
    {"http://bank/5%x1%41", "bare '%'; percent-encode it as %25"},
    {"http://[::1]:8081/a|b", "bare '|'; percent-encode it as %7C"},
    {"grpc://bank:1/b.B/{x}", "bare '{'; percent-encode it as %7B"},
    // Hosts.
    {"http://", "no host"},
    {"http:///x", "no host"},
    {"http://:80/", "no host"},
    {"http://?x", "no host"},
    {"http://./", "host"},
    {"http://../", "host"},
    {"http://a..b/", "host"},
    {"http://.bank/", "host"},
    {"http://-bank/", "host"},
    {"http://bank-/", "host"},
    {"http://ba%6ek/", "host"},
    {"http://%31%32%37.0.0.1/", "four decimal"},
    {"http://ba!nk/", "host"},
    {"http://ba*nk/", "host"},
    {"http://bank,evil/", "host"},
    {"http://a;b/", "host"},
    // Addresses in odd spellings.
    {"http://2130706433/", "four decimal"},
    {"http://0x7f000001/", "four decimal"},
    {"http://0X7F000001/", "four decimal"},
    {"http://0x7f.1/", "four decimal"},
    {"http://0x7f.0x0.0x0.0x1/", "four decimal"},
    {"http://017700000001/", "four decimal"},
    {"http://0177.0.0.1/", "four decimal"},
    {"http://127.1/", "four decimal"},
    {"http://127.0.1/", "four decimal"},
    {"http://127.0.0.01/", "four decimal"},
    {"http://127.0.0.1./", "malformed"},
    {"http://127.0.0.1.1/", "malformed"},
    {"http://127.0.0.256/", "four decimal"},
    {"http://0/", "four decimal"},
    {"http://0x/", "four decimal"},
    {"http://bank.1/", "four decimal"},
    {"http://a.0x1/", "four decimal"},
    {"http://1.2.3.4.0x7f/", "malformed"},
    {"http://[::1/", "malformed"},
    {"http://::1/", "malformed"},
    {"http://[::g]/", "malformed"},
    {"http://[1:2]/", "malformed"},
    {"http://[fe80::1%25eth0]/", "malformed"},
    {"http://[v1.x]/", "malformed"},
    {"http://[127.0.0.1]/", "malformed"},
    {"http://[::1]x/", "malformed"},
    // Ports.
    {"http://bank:0/", "port"},
    {"http://bank:00/", "port"},
    {"http://bank:/", "port"},
    {"http://bank:65536/", "port"},
    {"http://bank:99999999999999999999/", "port"},
    {"http://bank:-1/", ""},
    {"http://bank:8x/", "malformed"},
    {"http://bank:80:81/", "malformed"},
    // Reserved names.
    {"http://bank/?gid=1", "'gid'"},
    {"http://bank/?a=b&gid=1", "'gid'"},
    {"http://bank/?gid", "'gid'"},
    {"http://bank/?GID=1", "'GID'"},
    {"http://bank/?%67id=1", "'gid'"},
    {"http://bank/?%67%69%64=1", "'gid'"},
    {"http://bank/?g%69%44=1", "'giD'"},
    {"http://bank/?a;gid=1", "'gid'"},
    {"http://bank/?trans_type=saga", "'trans_type'"},
    {"http://bank/?trans%5Ftype=saga", "'trans_type'"},
    {"http://bank/?trans%5ftype=saga", "'trans_type'"},
    {"http://bank/?branch_id=01", "'branch_id'"},
    {"http://bank/?op=action", "'op'"},
    {"http://bank/?&&op=action", "'op'"},
    {"http://bank/?dtm=x", "'dtm'"},
    {"http://bank/?phase2_url=x", "'phase2_url'"},
};

TEST(Url, OddTextIsRefusedWithTheReason) {
  for (const Bad& bad : kBad) {
    SCOPED_TRACE(bad.text);
    const auto url = ParseUrl(bad.text, "http");
    if (url.ok()) {
      ADD_FAILURE() << "accepted";
      continue;
    }
    EXPECT_EQ(url.status().code(), Code::kInvalidArgument);
    EXPECT_NE(url.status().message().find(bad.says), std::string::npos) << url.status().message();
  }
}

const char* const kBadGrpc[] = {
    "bank/Bank/Out",         "bank:58081",         "bank:58081/",      "bank:58081/Bank",
    "bank:58081/Bank/",      "bank:58081//Out",    "bank:0/Bank/Out",  "u@bank:58081/Bank/Out",
    "bank:58081/Bank/Out/x", "bank:58081/B/O?x=1", "bank:58081/B/O#x", "ftp://bank:1/Bank/Out",
    "127.1:58081/Bank/Out",  "bank:58081/B%2fO/x", ":58081/Bank/Out",  "discovery:///bank/B/O",
};

// Under every scheme alike: but for those that have one of their own.
TEST(Url, OddGrpcTargetsAreRefused) {
  for (const std::string text : kBadGrpc) {
    EXPECT_FALSE(ParseUrl(text, "grpc").ok()) << text;
    if (text.find("://") != std::string::npos) continue;
    EXPECT_FALSE(ParseUrl("grpc://" + text, "http").ok()) << text;
    EXPECT_FALSE(ParseUrl("grpcs://" + text, "http").ok()) << text;
  }
}

TEST(Url, ABareGrpcTargetIsNoneWhereTheProtocolIsHttp) {
  const auto url = ParseUrl("bank:58081/b.B/Out", "http");
  ASSERT_FALSE(url.ok());
  EXPECT_NE(url.status().message().find("needs \"protocol\":\"grpc\""), std::string::npos);
}

TEST(Url, ItsSchemeSaysHowItIsCalled) {
  for (const char* text : {"http://a/", "HTTPS://a/", "https://a:1/b.B/C"}) {
    EXPECT_TRUE(IsHttpUrl(text)) << text;
  }
  for (const char* text : {"grpc://a:1/b.B/C", "grpcs://a:1/b.B/C", "a:1/b.B/C", "http:1/b.B/C"}) {
    EXPECT_FALSE(IsHttpUrl(text)) << text;
  }
}

TEST(Url, LengthIsLimited) {
  const std::string start = "http://bank/";
  EXPECT_TRUE(ParseUrl(start + std::string(kMaxUrlBytes - start.size(), 'a'), "http").ok());
  EXPECT_FALSE(ParseUrl(start + std::string(kMaxUrlBytes - start.size() + 1, 'a'), "http").ok());
  EXPECT_TRUE(ParseUrl("http://" + std::string(63, 'a') + "/", "http").ok());
  EXPECT_FALSE(ParseUrl("http://" + std::string(64, 'a') + "/", "http").ok());
}

TEST(Url, ShownItHasNoQuery) {
  EXPECT_EQ(WithoutQuery("http://bank:81/out?token=t&a=b"), "http://bank:81/out");
  EXPECT_EQ(WithoutQuery("http://bank?token=t/x"), "http://bank");
  EXPECT_EQ(WithoutQuery("bank:81/b.Bank/Out"), "bank:81/b.Bank/Out");
  EXPECT_EQ(WithoutQuery(""), "");
}

TEST(Url, ANulByteIsRefused) {
  EXPECT_FALSE(ParseUrl(std::string_view("http://bank\0.evil/", 18), "http").ok());
}

}  // namespace
}  // namespace treaty::wire
