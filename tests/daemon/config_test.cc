// What may be written in a file, the environment and flags, and what is said about mistakes.

#include "daemon/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "daemon/config_keys.h"

namespace treaty::daemon {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class TempFile {
 public:
  explicit TempFile(const std::string& text) {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = ::testing::TempDir() + test->test_suite_name() + "." + test->name() + ".yaml";
    std::replace(path_.begin() + static_cast<std::ptrdiff_t>(::testing::TempDir().size()),
                 path_.end(), '/', '_');
    std::ofstream(path_) << text;
  }
  ~TempFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Result<Loaded> Load(const std::string& yaml) {
  const TempFile file(yaml);
  Result<std::vector<Given>> given = ReadYaml(file.path());
  if (!given.ok()) return given.status();
  return BuildConfig(*given);
}

std::string MistakeIn(const std::string& yaml) {
  const Result<Loaded> loaded = Load(yaml);
  return loaded.ok() ? "accepted" : loaded.status().message();
}

TEST(ConfigTest, NothingGivenIsTheDefaults) {
  const Result<Loaded> loaded = BuildConfig({});

  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(loaded->config.host, "127.0.0.1");
  EXPECT_EQ(loaded->config.http_port, 36789);
  EXPECT_EQ(loaded->config.store.path, "treaty.db");
  EXPECT_EQ(loaded->config.engine.retention, seconds(604'800));
  EXPECT_EQ(loaded->config.engine.policy.retry_interval, seconds(10));
  EXPECT_EQ(loaded->config.engine.policy.retry_cap, seconds(300));
  EXPECT_EQ(loaded->config.engine.policy.request_timeout, seconds(3));
  EXPECT_EQ(loaded->config.engine.policy.timeout_to_fail, seconds(35));
  EXPECT_EQ(loaded->config.handlers.default_progress, ProgressMode::kDurable);
  EXPECT_EQ(loaded->config.http_server.max_body_bytes, 4U << 20U);
  EXPECT_EQ(loaded->config.http_calls.connections_per_destination, 32U);
  EXPECT_FALSE(loaded->config.insecure);
  EXPECT_TRUE(loaded->config.http_calls.legacy_result_words);
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(ConfigTest, LaterSourcesWinAndAreNamed) {
  const Result<Loaded> loaded = BuildConfig({{"HttpPort", "1", "file:1"},
                                             {"HttpPort", "2", "environment HTTP_PORT"},
                                             {"HttpPort", "3", "flag --http-port"}});

  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->config.http_port, 3);
  EXPECT_EQ(loaded->sources.at("HttpPort"), "flag --http-port");
}

TEST(ConfigTest, NestedKeysAndQuotedNumbersAreRead) {
  const Result<Loaded> loaded =
      Load("Store:\n  Path: \"/x.db\"\n  DataExpire: '60'\nHttpPort: \"80\"\n");

  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(loaded->config.store.path, "/x.db");
  EXPECT_EQ(loaded->config.engine.retention, seconds(60));
  EXPECT_EQ(loaded->config.http_port, 80);
}

TEST(ConfigTest, EmptyFilesAndEmptyValuesCountAsUnset) {
  EXPECT_TRUE(Load("").ok());
  EXPECT_TRUE(Load("# only a comment\n").ok());
  const Result<Loaded> loaded = Load("HttpPort:\nStore:\n  Path: ~\n");

  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(loaded->config.http_port, 36789);
  EXPECT_EQ(loaded->config.store.path, "treaty.db");
}

TEST(ConfigTest, AListOfTargetsMayBeAYamlSequence) {
  const Result<Loaded> loaded = Load("AllowTargets: [a.example, 'b.example:80']\n");

  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(loaded->config.allow_targets, "a.example,b.example:80");
}

TEST(ConfigTest, DtmsKeysWithoutMeaningAreAcceptedWithOneWarningEach) {
  const Result<Loaded> loaded = Load(
      "TransCronInterval: 3\nMicroService:\n  Driver: 'x'\nHttpMicroService:\n"
      "  RegistryOptions: {a: {b: c}}\nStore:\n  Driver: 'boltdb'\n");

  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_THAT(loaded->warnings,
              ElementsAre(HasSubstr(":1: TransCronInterval has no effect"),
                          HasSubstr(":3: MicroService.Driver has no effect"),
                          HasSubstr(":5: HttpMicroService.RegistryOptions has no effect"),
                          HasSubstr(":7: Store.Driver boltdb is taken as sqlite")));
}

TEST(ConfigTest, AKeyWithoutMeaningGivenTwiceIsWarnedOfOnce) {
  const Result<Loaded> loaded = BuildConfig(
      {{"TimeZoneOffset", "3", "file:1"}, {"TimeZoneOffset", "4", "environment TIME_ZONE_OFFSET"}});

  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(loaded->warnings, SizeIs(1));
}

TEST(ConfigTest, AWebHookThatMayNotBeCalledIsRefusedWithoutShowingItsUrl) {
  for (const char* url :
       {"ftp://example.com/hook-secret", "grpcs://example.com:1/hook/secret",
        "http://169.254.169.254/hook-secret", "http://127.0.0.1:36789/hook-secret"}) {
    const std::string mistake = MistakeIn("AlertWebHook: " + std::string(url) + "\n");
    EXPECT_THAT(mistake, HasSubstr("AlertWebHook: ")) << url;
    EXPECT_THAT(mistake, Not(HasSubstr("secret"))) << url;
  }
  EXPECT_THAT(MistakeIn("AlertRetryLimit: 0\n"), HasSubstr("from 1 to 1000"));
  EXPECT_TRUE(Load("AlertWebHook: https://alerts.example/hook\n").ok());
}

TEST(ConfigTest, EveryApiNeedsAPortOfItsOwn) {
  const Result<Loaded> loaded = Load("GrpcPort: 36790\nJsonRpcPort: 36791\n");
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(loaded->warnings, IsEmpty());
  EXPECT_THAT(MistakeIn("GrpcPort: x\n"), HasSubstr("a whole number from 0 to 65535"));
  EXPECT_THAT(MistakeIn("HttpPort: 8000\nGrpcPort: 8000\n"),
              HasSubstr("GrpcPort is 8000, which is HttpPort's"));
  EXPECT_THAT(MistakeIn("JsonRpcPort: 36790\n"), HasSubstr("which is GrpcPort's"));
}

TEST(ConfigTest, JsonRpcNeedsAPortThatIsNotHttps) {
  EXPECT_THAT(MistakeIn("HttpPort: 8000\nJsonRpcPort: 8000\n"),
              HasSubstr("JsonRpcPort is 8000, which is HttpPort's"));
  EXPECT_TRUE(Load("HttpPort: 8000\nJsonRpcPort: 8001\n").ok());
  EXPECT_TRUE(Load("HttpPort: 0\nJsonRpcPort: 0\n").ok());
}

struct Mistake {
  const char* name;
  const char* yaml;
  std::vector<const char*> words;  // All of them are in the message.
};

class MistakeTest : public ::testing::TestWithParam<Mistake> {};

TEST_P(MistakeTest, StopsTheStartNamingPlaceKeyValueAndWhatIsAllowed) {
  const std::string message = MistakeIn(GetParam().yaml);
  for (const char* word : GetParam().words) EXPECT_THAT(message, HasSubstr(word));
}

INSTANTIATE_TEST_SUITE_P(
    Yaml, MistakeTest,
    ::testing::Values(
        Mistake{"UnknownKey", "\nFrobnicate: 1\n", {":2:", "unknown key 'Frobnicate'", "--help"}},
        Mistake{"WrongCase", "httpport: 1\n", {":1:", "'httpport'", "did you mean 'HttpPort'"}},
        Mistake{"UnknownNested", "Store:\n  Pth: x\n", {":2:", "'Store.Pth'", "'Store.Path'"}},
        Mistake{"NotANumber", "HttpPort: abc\n", {":1:", "HttpPort is 'abc'", "from 0 to 65535"}},
        Mistake{"TooLarge", "HttpPort: 65536\n", {"HttpPort is '65536'", "from 0 to 65535"}},
        Mistake{"Negative", "HttpPort: -1\n", {"HttpPort is '-1'", "from 0 to 65535"}},
        Mistake{"Fraction", "RetryInterval: 1.5\n", {"'1.5'", "a whole number", "seconds"}},
        Mistake{"Huge", "HttpPort: 99999999999999999999\n", {"from 0 to 65535"}},
        Mistake{"Blank", "HttpPort: ''\n", {"HttpPort is ''", "from 0 to 65535"}},
        Mistake{"RetryIntervalZero", "RetryInterval: 0\n", {"RetryInterval is '0'", "from 1 to"}},
        Mistake{"LimitZero", "Http:\n  MaxBodyBytes: 0\n", {":2:", "Http.MaxBodyBytes is '0'"}},
        Mistake{"NotABool", "Insecure: yes please\n", {"'yes please'", "true or false"}},
        Mistake{"NotAChoice", "LogLevel: loud\n", {"'loud'", "debug, info, warn, error"}},
        Mistake{"ChoiceWithBar", "LogLevel: debug|info\n", {"'debug|info'", "debug, info"}},
        Mistake{"OtherStore",
                "Store:\n  Driver: redis\n",
                {":2:", "Store.Driver is 'redis'", "sqlite, boltdb, mysql", "not in this version"}},
        Mistake{"NoDatabase",
                "Store:\n  Driver: mysql\n  Db: ''\n  User: ''\n  Host: ''\n",
                {"Store.Db is empty", "Store.User is empty", "Store.Host is empty"}},
        Mistake{"HalfACertificate",
                "Store:\n  Driver: mysql\n  TlsCert: a.pem\n",
                {":3:", "Store.TlsCert and Store.TlsKey belong together"}},
        Mistake{"EmptyPath", "Store:\n  Path: ''\n", {"Store.Path is empty"}},
        Mistake{"TimeoutBelowRetry",
                "RetryInterval: 60\n",
                {"TimeoutToFail is 35", "RetryInterval (60", ":1)"}},
        Mistake{"CapBelowRetry",
                "RetryInterval: 20\nRetryIntervalMax: 5\n",
                {":2:", "RetryIntervalMax is 5", "RetryInterval (20"}},
        Mistake{
            "OpenHost", "Host: 0.0.0.0\n", {"Host is '0.0.0.0'", "127.0.0.1", "Insecure: true"}},
        Mistake{"OpenHostV6", "Host: '::'\n", {"Host is '::'", "Insecure: true"}},
        Mistake{"NoAddress", "Host: bank.example\n", {"Host is 'bank.example'", "address"}},
        Mistake{"BadRule", "AllowTargets: 'a b'\n", {"AllowTargets", "'a b'", "host[:port]"}},
        Mistake{"Twice", "HttpPort: 1\nHttpPort: 2\n", {":2:", "'HttpPort' is given twice"}},
        Mistake{"SecondDocument", "HttpPort: 1\n---\nLanes: 2\n", {":3:", "second YAML document"}},
        Mistake{"AfterAnEmptyOne", "---\n---\nLanes: 2\n", {":3:", "second YAML document"}},
        Mistake{"ThirdDocument", "Lanes: 2\n---\n---\n\n- 1\n", {":5:", "second YAML document"}},
        Mistake{"AfterTheEnd", "Lanes: 2\n...\nHttpPort: 1\n", {":3:", "second YAML document"}},
        Mistake{"NotYaml", "HttpPort: [1\n", {"not YAML"}},
        Mistake{"NotAMap", "- HttpPort\n", {"Key: value"}},
        Mistake{"MapForValue", "HttpPort:\n  Inner: 1\n", {"HttpPort holds further keys"}},
        Mistake{"ForgedLine", "HttpPort: \"1\\n2026 info all is well\"\n", {"'1\\x0a2026"}}),
    [](const auto& test) { return test.param.name; });

TEST(ConfigTest, EveryMistakeIsReportedAtOnce) {
  const std::string message = MistakeIn("HttpPort: x\nLogLevel: y\nFoo: z\n");

  EXPECT_THAT(message, HasSubstr(":1: HttpPort"));
  EXPECT_THAT(message, HasSubstr("\n"));
  EXPECT_THAT(message, HasSubstr(":2: LogLevel"));
  EXPECT_THAT(message, HasSubstr(":3: unknown key 'Foo'"));
}

TEST(ConfigTest, OpenAddressesAreAcceptedWhenInsecureIsSaid) {
  EXPECT_TRUE(Load("Host: 0.0.0.0\nInsecure: true\n").ok());
  EXPECT_TRUE(Load("Host: '::1'\n").ok());
  EXPECT_TRUE(Load("Host: localhost\n").ok());
}

TEST(ConfigTest, AMissingFileIsNamed) {
  const Result<std::vector<Given>> given = ReadYaml("/nowhere/treaty.yaml");

  ASSERT_FALSE(given.ok());
  EXPECT_THAT(given.status().message(), HasSubstr("/nowhere/treaty.yaml"));
  EXPECT_FALSE(ReadYaml("/").ok());
}

TEST(EnvironmentTest, ReadsDtmsNamesAndOurOwnAndSkipsEmptyOnes) {
  const char* const environment[] = {
      "HTTP_PORT=1", "STORE_DATA_EXPIRE=60", "TREATY_STORE_PATH=/a=b", "LOG_LEVEL=", "HOST=machine",
      "PATH=/bin",   "TREATY_PORT=",         "TREATY_LANE=2",          nullptr};
  std::vector<std::string> warnings;

  const Result<Loaded> loaded = BuildConfig(ReadEnvironment(environment, warnings));

  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(loaded->config.http_port, 1);
  EXPECT_EQ(loaded->config.engine.retention, seconds(60));
  EXPECT_EQ(loaded->config.store.path, "/a=b");
  EXPECT_EQ(loaded->config.host, "127.0.0.1");
  EXPECT_EQ(loaded->sources.at("HttpPort"), "environment HTTP_PORT");
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("TREATY_LANE")));
}

// What Kubernetes puts into a pod's environment for a Service, as its documentation has it.
std::vector<std::string> LinksOf(const std::string& name) {
  return {name + "_SERVICE_HOST=10.96.12.7",
          name + "_SERVICE_PORT=80",
          name + "_SERVICE_PORT_HTTP=80",
          name + "_PORT=tcp://10.96.12.7:80",
          name + "_PORT_80_TCP=tcp://10.96.12.7:80",
          name + "_PORT_80_TCP_PROTO=tcp",
          name + "_PORT_80_TCP_PORT=80",
          name + "_PORT_80_TCP_ADDR=10.96.12.7",
          name + "_PORT_53_UDP=udp://10.96.12.7:53",
          name + "_PORT_53_UDP_PROTO=udp",
          name + "_PORT_7_SCTP=sctp://[fd00::7]:7"};
}

std::vector<Given> ReadAll(const std::vector<std::string>& entries,
                           std::vector<std::string>& warnings) {
  std::vector<const char*> environment;
  for (const std::string& entry : entries) environment.push_back(entry.c_str());
  environment.push_back(nullptr);
  return ReadEnvironment(environment.data(), warnings);
}

TEST(EnvironmentTest, ServiceLinksAreNoConfiguration) {
  for (const char* name :
       {"STORE", "HTTP", "GRPC", "JSON_RPC", "TREATY", "TREATY_HTTP", "TREATY_STORE",
        "TREATY_LANES", "LOG", "LANES", "MICRO", "DTM", "RETRY_INTERVAL"}) {
    std::vector<std::string> warnings;
    EXPECT_THAT(ReadAll(LinksOf(name), warnings), IsEmpty()) << name;
    EXPECT_LE(warnings.size(), 1u) << name;
  }
}

TEST(EnvironmentTest, ServiceLinksThatLookLikeOursAreNamedInOneWarning) {
  std::vector<std::string> entries = LinksOf("STORE");
  for (const std::string& entry : LinksOf("TREATY")) entries.push_back(entry);
  std::vector<std::string> warnings;

  ReadAll(entries, warnings);

  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_THAT(warnings[0], HasSubstr("environment STORE_PORT, TREATY_SERVICE_HOST"));
  EXPECT_THAT(warnings[0], HasSubstr("TREATY_PORT_7_SCTP: ignored"));
  EXPECT_THAT(warnings[0], HasSubstr("enableServiceLinks: false"));
}

TEST(EnvironmentTest, ANumberInTheSamePlaceCounts) {
  std::vector<std::string> warnings;
  const Result<Loaded> loaded =
      BuildConfig(ReadAll({"STORE_PORT=3307", "HTTP_PORT=8080", "GRPC_PORT=0"}, warnings));
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->config.store.port, 3307);
  EXPECT_EQ(loaded->config.http_port, 8080);
  EXPECT_EQ(loaded->config.grpc_port, 0);
  EXPECT_THAT(warnings, IsEmpty());
}

TEST(ConfigTest, WhatIsOverriddenIsNotJudged) {
  const Result<Loaded> loaded = BuildConfig({{"Store.Port", "none", "file:1"},
                                             {"LogLevel", "loud", "file:2"},
                                             {"LogLevel", "louder", "environment LOG_LEVEL"},
                                             {"Store.Port", "1", "environment STORE_PORT"},
                                             {"LogLevel", "warn", "flag --log-level"}});
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(loaded->config.store.port, 1);
  EXPECT_EQ(loaded->config.log.level, LogLevel::kWarn);
  EXPECT_EQ(loaded->sources.at("LogLevel"), "flag --log-level");
  const Result<Loaded> last =
      BuildConfig({{"LogLevel", "warn", "file:1"}, {"LogLevel", "x", "flag"}});
  EXPECT_THAT(last.status().message(), HasSubstr("flag: LogLevel is 'x'"));
}

TEST(ConfigTest, AnEmptySecondDocumentHidesNothing) {
  for (const char* yaml : {"---\nHttpPort: 7\n", "HttpPort: 7\n...\n", "HttpPort: 7\n---\n",
                           "%YAML 1.2\n---\nHttpPort: 7\n...\n---\n# nothing\n"}) {
    const Result<Loaded> loaded = Load(yaml);
    ASSERT_TRUE(loaded.ok()) << yaml << loaded.status().message();
    EXPECT_EQ(loaded->config.http_port, 7) << yaml;
  }
}

TEST(EnvironmentTest, IsDockerCountsWhateverItsValueUnlessEmpty) {
  const char* const set[] = {"IS_DOCKER=0", nullptr};
  const char* const empty[] = {"IS_DOCKER=", nullptr};
  std::vector<std::string> warnings;

  EXPECT_TRUE(
      BuildConfig(ReadEnvironment(set, warnings))->config.http_calls.rewrite_localhost_for_docker);
  EXPECT_FALSE(BuildConfig(ReadEnvironment(empty, warnings))
                   ->config.http_calls.rewrite_localhost_for_docker);
}

TEST(KeysTest, EnvironmentNamesAreDtms) {
  const std::pair<const char*, const char*> expected[] = {
      {"TransCronInterval", "TRANS_CRON_INTERVAL"},
      {"Store.Driver", "STORE_DRIVER"},
      {"Store.ConnMaxLifeTime", "STORE_CONN_MAX_LIFE_TIME"},
      {"JsonRpcPort", "JSON_RPC_PORT"},
      {"MicroService.EndPoint", "MICRO_SERVICE_END_POINT"},
      {"HttpMicroService.RegistryType", "HTTP_MICRO_SERVICE_REGISTRY_TYPE"},
      {"UpdateBranchAsyncGoroutineNum", "UPDATE_BRANCH_ASYNC_GOROUTINE_NUM"},
      {"Log.RotationConfigJSON", "LOG_ROTATION_CONFIG_JSON"},
      {"TimeZoneOffset", "TIME_ZONE_OFFSET"},
      {"Host", "TREATY_HOST"},
      {"Compat.WaitResult409", "TREATY_COMPAT_WAIT_RESULT409"},
  };
  for (const auto& [key, name] : expected) {
    ASSERT_NE(FindKey(key), nullptr) << key;
    EXPECT_EQ(EnvironmentName(*FindKey(key)), name);
  }
}

TEST(KeysTest, NamesAreUnique) {
  std::set<std::string> names, environment, flags;
  for (const Key& key : Keys()) {
    EXPECT_TRUE(names.insert(std::string(key.name)).second) << key.name;
    EXPECT_TRUE(environment.insert(EnvironmentName(key)).second) << key.name;
    EXPECT_TRUE(flags.insert(FlagName(key)).second) << key.name;
  }
  EXPECT_EQ(FlagName(*FindKey("Store.Path")), "--store-path");
}

TEST(KeysTest, EveryKeyWithAMeaningLandsSomewhereAndAllowsItsDefault) {
  for (const Key& key : Keys()) {
    EXPECT_EQ(key.put.index() > 0, IsHeeded(key)) << key.name;
    EXPECT_THAT(key.meaning, Not(EndsWith("."))) << key.name;
    if (IsHeeded(key)) {
      EXPECT_EQ(Canonical(key, key.fallback), key.fallback) << key.name;
    }
  }
}

TEST(KeysTest, AValueHasOneForm) {
  const auto canonical = [](const char* key, const char* text) {
    return Canonical(*FindKey(key), text).value_or("none");
  };
  EXPECT_EQ(canonical("Insecure", "TRUE"), "true");
  EXPECT_EQ(canonical("Insecure", "0"), "false");
  EXPECT_EQ(canonical("HttpPort", "0080"), "80");
  EXPECT_EQ(canonical("HttpPort", "+80"), "none");
  EXPECT_EQ(canonical("HttpPort", " 80"), "none");
  EXPECT_EQ(canonical("LogFormat", "JSON"), "none");
  EXPECT_EQ(canonical("LogFormat", ""), "none");
  EXPECT_EQ(canonical("Store.Path", " a b "), " a b ");
}

TEST(PrintConfigTest, ReadsBackAsTheSameValues) {
  const Result<Loaded> loaded =
      BuildConfig({{"Store.Path", "a\"b\\c.db", "flag --store-path"}, {"Insecure", "1", "here"}});
  ASSERT_TRUE(loaded.ok());

  const Result<Loaded> again = Load(PrintConfig(*loaded));

  ASSERT_TRUE(again.ok()) << again.status().message() << PrintConfig(*loaded);
  EXPECT_EQ(again->config.store.path, "a\"b\\c.db");
  EXPECT_TRUE(again->config.insecure);
  EXPECT_THAT(PrintConfig(*loaded), HasSubstr("# flag --store-path"));
  for (const Key& key : Keys()) {
    EXPECT_EQ(again->sources.contains(key.name), IsHeeded(key)) << key.name;
  }
}

TEST(PrintConfigTest, ReadsBackWhatNobodyWouldSee) {
  const std::string path =
      "a\xe2\x80\xae\xf3\xa0\x81\x81\xf0\x9f\x99\x82"
      "b.db";
  const Result<Loaded> loaded = BuildConfig({{"Store.Path", path, "here"}});
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(PrintConfig(*loaded), HasSubstr("\"a\\u202e\\U000e0041\xf0\x9f\x99\x82"
                                              "b.db\""));

  const Result<Loaded> again = Load(PrintConfig(*loaded));

  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(again->config.store.path, path);
}

TEST(PrintConfigTest, KeepsTheTokenOfTheWebHookToItself) {
  const std::pair<const char*, const char*> cases[] = {
      {"https://hooks.example/services/T0/B0/s3cret", "https://hooks.example/***"},
      {"https://hooks.example:8443/robot?access_token=s3cret", "https://hooks.example:8443/***"},
      {"https://hooks.example?access_token=s3cret", "https://hooks.example/***"},
      {"http://[fd00::7]:80/s3cret", "http://[fd00::7]:80/***"},
      {"https://hooks.example/", "https://hooks.example/"},
      {"https://hooks.example", "https://hooks.example"}};
  for (const auto& [url, shown] : cases) {
    const Result<Loaded> loaded = BuildConfig({{"AlertWebHook", url, "here"}});
    ASSERT_TRUE(loaded.ok()) << url;
    EXPECT_EQ(loaded->config.web_hook.url, url);
    EXPECT_THAT(PrintConfig(*loaded),
                HasSubstr("AlertWebHook: \"" + std::string(shown) + "\"  # here\n"));
    EXPECT_THAT(PrintConfig(*loaded), Not(HasSubstr("s3cret")));
  }
}

TEST(PrintConfigTest, KeepsThePasswordToItself) {
  const Result<Loaded> loaded = BuildConfig({{"Store.Password", "a-secret", "here"}});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->config.store.password, "a-secret");
  EXPECT_THAT(PrintConfig(*loaded), HasSubstr("Password: \"***\"  # here"));
  EXPECT_THAT(PrintConfig(*loaded), Not(HasSubstr("a-secret")));
}

}  // namespace
}  // namespace treaty::daemon
