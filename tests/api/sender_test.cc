// Whose requests are served: by the host they name, and by what a browser says of their page.

#include "api/http/sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api_world.h"

namespace treaty::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kReset = "/api/dtmsvr/resetCronTime?timeout=10";
constexpr const char* kAll = "/api/dtmsvr/all";

api::HandlerConfig OnLoopback(std::vector<std::string> hosts = {}) {
  api::HandlerConfig config = ApiWorld::DefaultConfig();
  config.hosts.loopback_only = true;
  config.hosts.hosts = std::move(hosts);
  return config;
}

api::HandlerConfig Elsewhere(std::vector<std::string> hosts) {
  api::HandlerConfig config = ApiWorld::DefaultConfig();
  config.hosts.hosts = std::move(hosts);
  return config;
}

int StatusFor(ApiWorld& api, const std::string& host, const std::string& target = kAll) {
  return api.Call({"GET", target, {{"Host", host}}, ""}).status;
}

const char* const kLoopbackHosts[] = {"localhost",
                                      "localhost:36789",
                                      "LocalHost:1",
                                      "localhost.",
                                      "localhost.:36789",
                                      "localhost:",
                                      "treaty.localhost:9",
                                      "a.b.localhost.",
                                      "127.0.0.1",
                                      "127.0.0.1:36789",
                                      "127.0.0.1:",
                                      "127.1.2.3:80",
                                      "[::1]",
                                      "[::1]:36789",
                                      "[0:0:0:0:0:0:0:1]:80",
                                      "[::1]:",
                                      "[::ffff:127.0.0.1]",
                                      "[::ffff:7f00:1]:80"};

const char* const kOtherHosts[] = {"evil.example",
                                   "evil.example:36789",
                                   "localhost.evil.example",
                                   "localhost.evil.example:36789",
                                   "127.0.0.1.evil.example",
                                   "127.0.0.1.nip.io:36789",
                                   "notlocalhost",
                                   "xlocalhost:36789",
                                   "localhost..",
                                   "localhost@evil.example",
                                   "evil.example@localhost",
                                   "localhost:36789@evil.example",
                                   "localhost/evil.example",
                                   "localhost:x",
                                   "localhost:99999x",
                                   "localhost ",
                                   "localhost,evil.example",
                                   "127.0.0.1:80:90",
                                   "127.1",
                                   "2130706433",
                                   "0x7f.0.0.1",
                                   "0177.0.0.1",
                                   "0.0.0.0:36789",
                                   "10.0.0.1",
                                   "[::]",
                                   "::1",
                                   "[::1",
                                   "[::1]x",
                                   "[::1%25lo]",
                                   "[64:ff9b::127.0.0.1]",
                                   "[2002:7f00:1::]",
                                   "%6cocalhost",
                                   "",
                                   ":36789",
                                   "."};

TEST(Sender, OnLoopbackOnlyLoopbacksNamesAreServed) {
  ApiWorld api(OnLoopback());
  for (const char* host : kLoopbackHosts) EXPECT_EQ(StatusFor(api, host), 200) << host;
  for (const char* host : kOtherHosts) {
    const auto reply = api.Call({"GET", kAll, {{"Host", host}}, ""});
    EXPECT_EQ(reply.status, 421) << host;
    EXPECT_THAT(reply.body, HasSubstr("Http.Hosts")) << host;
  }
}

TEST(Sender, EveryRouteLooksAtTheHost) {
  ApiWorld api(OnLoopback());
  for (const char* target :
       {"/api/ping", "/livez", "/readyz", "/api/metrics", "/api/dtmsvr/query?gid=g",
        "/api/dtmsvr/newGid", kReset, "/api/dtmsvr/scanKV", "/nowhere"}) {
    EXPECT_EQ(StatusFor(api, "evil.example", target), 421) << target;
  }
  const Headers rebound = {{"Host", "evil.example:36789"},
                           {"Origin", "http://evil.example:36789"},
                           {"Sec-Fetch-Site", "same-origin"}};
  for (const char* path : {"/api/dtmsvr/submit", "/api/dtmsvr/forceStop", "/api/json-rpc"}) {
    EXPECT_EQ(api.Call({"POST", path, rebound, "{}"}).status, 421) << path;
  }
  EXPECT_EQ(api.world.store->size(), 0U);
}

TEST(Sender, ThePortForJsonRpcLooksAtTheHostToo) {
  api::HandlerConfig config = OnLoopback();
  config.json_rpc_only = true;
  ApiWorld api(config);
  const char* const call = R"({"jsonrpc":"2.0","id":1,"method":"newGid"})";
  EXPECT_EQ(api.Call({"POST", "/", {{"Host", "localhost"}}, call}).status, 200);
  EXPECT_EQ(api.Call({"POST", "/", {{"Host", "evil.example"}}, call}).status, 421);
  EXPECT_EQ(
      api.Call({"POST", "/", {{"Host", "localhost"}, {"Sec-Fetch-Site", "none"}}, call}).status,
      403);
}

TEST(Sender, NamesOfTheConfigurationAreServed) {
  for (const bool loopback : {true, false}) {
    const std::vector<std::string> hosts = {"treaty.example", "203.0.113.7", "2001:db8::7"};
    ApiWorld api(loopback ? OnLoopback(hosts) : Elsewhere(hosts));
    for (const char* host : {"treaty.example", "TREATY.example.:443", "203.0.113.7:36789",
                             "[2001:db8:0::7]", "localhost:1", "127.0.0.1", "[::1]"}) {
      EXPECT_EQ(StatusFor(api, host), 200) << host;
    }
    for (const char* host : {"evil.example", "a.treaty.example", "treaty.example.evil.example",
                             "203.0.113.8", "[2001:db8::8]", "[2002:cb00:7107::]"}) {
      EXPECT_EQ(StatusFor(api, host), 421) << host;
    }
  }
}

TEST(Sender, ElsewhereWithoutNamesEveryHostIsServed) {
  ApiWorld api;
  for (const char* host : kOtherHosts) EXPECT_EQ(StatusFor(api, host), 200) << host;
}

TEST(Sender, TheTargetOfTheFormForProxiesNamesAHostToo) {
  ApiWorld api(OnLoopback());
  EXPECT_EQ(StatusFor(api, "localhost", "http://127.0.0.1:36789/api/dtmsvr/all"), 200);
  EXPECT_EQ(StatusFor(api, "localhost", "http://evil.example/api/dtmsvr/all"), 421);
  EXPECT_EQ(StatusFor(api, "localhost", "HTTPS://evil.example"), 421);
  EXPECT_EQ(StatusFor(api, "localhost", "http:///api/dtmsvr/all"), 421);
  EXPECT_EQ(StatusFor(api, "evil.example", "http://127.0.0.1:36789/api/dtmsvr/all"), 421);
  EXPECT_EQ(api.Get("http://evil.example/livez").status, 421);
}

// Of HTTP/1.0, which no browser speaks: probes.
TEST(Sender, ARequestWithoutAHostIsAPrograms) {
  ApiWorld api(OnLoopback());
  EXPECT_EQ(api.Get("/readyz").status, 200);
  EXPECT_EQ(api.Get(kReset).status, 200);
}

const Headers kForeign[] = {
    {{"Sec-Fetch-Site", "cross-site"}},
    {{"Sec-Fetch-Site", "same-site"}},
    {{"Sec-Fetch-Site", "none"}},
    {{"Sec-Fetch-Site", ""}},
    {{"Sec-Fetch-Site", "same-origin, cross-site"}},
    {{"sec-fetch-site", "new-word"}},
    {{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://treaty:36789"}},
    {{"Sec-Fetch-Site", "same-site"}, {"Referer", "http://treaty:36789/admin"}},
    {{"Sec-Fetch-Mode", "no-cors"}},
    {{"Sec-Fetch-Dest", "image"}, {"Sec-Fetch-Mode", "no-cors"}},
    {{"Sec-Fetch-Mode", "navigate"}},
    {{"Sec-Fetch-Mode", "cors"}, {"Sec-Fetch-Dest", "image"}},
    {{"Sec-Fetch-Mode", ""}},
    {{"Sec-Fetch-Mode", "cors"}, {"Origin", "http://evil.example"}},
    {{"Origin", "http://evil.example"}},
    {{"Origin", "http://treaty"}},
    {{"Origin", "http://treaty:36790"}},
    {{"Origin", "https://treaty"}},
    {{"Origin", "null"}},
    {{"Origin", ""}},
    {{"Origin", "file://treaty:36789"}},
    {{"Origin", "http://treaty:36789@evil.example"}},
    {{"Origin", "http://treaty:36789, http://evil.example"}},
    {{"Origin", "http://evil.example"}, {"Referer", "http://treaty:36789/"}},
    {{"Referer", "http://evil.example/treaty:36789"}},
    {{"Referer", "http://evil.example/?http://treaty:36789/"}},
    {{"Referer", "http://treaty:36789.evil.example/"}},
    {{"Referer", "http://treaty:36789@evil.example/"}},
    {{"Referer", "http://evil.example#treaty:36789"}},
    {{"Referer", "about:client"}},
    {{"Referer", ""}},
    {{"Referer", "http://evil.example/"}, {"Origin", "http://treaty:36789"}},
    {{"Referer", "http://evil.example/"}, {"Sec-Fetch-Mode", "navigate"}},
};

const Headers kOwn[] = {
    {},
    // Node's fetch.
    {{"sec-fetch-mode", "cors"}},
    {{"sec-fetch-mode", "same-origin"}, {"Sec-Fetch-Dest", "empty"}},
    {{"Sec-Fetch-Site", "same-origin"}},
    {{"Sec-Fetch-Site", "Same-Origin"}},
    // The proxy in front has put its own name for this server into Host.
    {{"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://console.example:8080"}},
    {{"Sec-Fetch-Site", "same-origin"}, {"Referer", "https://console.example/admin/"}},
    {{"Sec-Fetch-Site", "same-origin"}, {"Origin", "null"}},
    {{"Origin", "http://treaty:36789"}},
    {{"origin", "http://TREATY:36789"}},
    {{"Referer", "http://treaty:36789/admin/kv/topics?a=b"}},
    {{"Referer", "http://treaty:36789"}, {"Sec-Fetch-Mode", "cors"}},
    {{"Origin", "http://treaty:36789"}, {"Referer", "http://treaty:36789/"}},
};

// Every route that changes something.
const std::pair<const char*, const char*> kChanging[] = {
    {"POST", "/api/dtmsvr/submit"},
    {"POST", "/api/dtmsvr/prepare"},
    {"POST", "/api/dtmsvr/registerBranch"},
    {"POST", "/api/dtmsvr/registerTccBranch"},
    {"POST", "/api/dtmsvr/registerXaBranch"},
    {"POST", "/api/dtmsvr/prepareWorkflow"},
    {"POST", "/api/dtmsvr/abort"},
    {"POST", "/api/dtmsvr/forceStop"},
    {"POST", "/api/dtmsvr/resetNextCronTime"},
    {"POST", "/api/json-rpc"},
    {"GET", kReset},
    {"GET", "/api/dtmsvr/subscribe?topic=t&url=http://a/"},
    {"GET", "/api/dtmsvr/unsubscribe?topic=t&url=http://a/"},
    {"GET", "//api/dtmsvr//unsubscribe/?topic=t&url=http://a/"},
    {"DELETE", "/api/dtmsvr/topic/t"},
};

Headers WithHost(Headers headers) {
  headers.insert(headers.begin(), {"Host", "treaty:36789"});
  return headers;
}

TEST(Sender, PagesOfOtherOriginsChangeNothing) {
  ApiWorld api;
  for (const Headers& said : kForeign) {
    for (const auto& [method, path] : kChanging) {
      const auto reply = api.Call({method, path, WithHost(said), "{}"});
      EXPECT_EQ(reply.status, 403) << path << " " << said[0].first << ": " << said[0].second;
    }
    EXPECT_EQ(api.Call({"GET", kAll, WithHost(said), ""}).status, 200) << "reads without CORS";
  }
  EXPECT_EQ(api.world.store->size(), 0U);
}

TEST(Sender, ProgramsAndOwnPagesDo) {
  ApiWorld api;
  for (const Headers& said : kOwn) {
    for (const auto& [method, path] : kChanging) {
      EXPECT_NE(api.Call({method, path, WithHost(said), "{}"}).status, 403)
          << path << (said.empty() ? "" : " " + said[0].first + ": " + said[0].second);
    }
  }
}

TEST(Sender, AnOriginIsComparedWithEveryHostThatTheRequestNames) {
  ApiWorld api;
  const std::string target = "http://treaty:36789" + std::string(kReset);
  const auto status = [&](const std::string& host, const std::string& origin) {
    return api.Call({"GET", target, {{"Host", host}, {"Origin", origin}}, ""}).status;
  };
  EXPECT_EQ(status("treaty:36789", "http://treaty:36789"), 200);
  EXPECT_EQ(status("evil.example", "http://evil.example"), 403);
  EXPECT_EQ(status("evil.example", "http://treaty:36789"), 403);
  EXPECT_EQ(api.Call({"GET", kReset, {{"Origin", "http://"}}, ""}).status, 403) << "no Host at all";
}

TEST(Sender, DoubledHeadersOfBrowsersAreRefused) {
  ApiWorld api;
  for (const char* name : {"Origin", "Referer", "Sec-Fetch-Site", "sec-fetch-mode",
                           "Sec-Fetch-Dest", "Sec-Fetch-User"}) {
    const Headers twice = {{name, "same-origin"}, {"Accept", "*/*"}, {name, "same-origin"}};
    EXPECT_EQ(api.Call({"GET", kReset, WithHost(twice), ""}).status, 400) << name;
    EXPECT_EQ(api.Call({"GET", kAll, WithHost(twice), ""}).status, 400) << name;
  }
  const Headers hidden = {{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}};
  EXPECT_EQ(api.Post("submit", "{}", WithHost(hidden)).status, 400);
}

}  // namespace
}  // namespace treaty::testing
