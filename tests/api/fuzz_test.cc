// Requests as no client should send them: valid ones of every route, damaged at random.
//
// Goal: whatever comes in, the process lives, every request is answered and none with a 5xx but
// 503, and nothing stays behind but what was accepted. Method: a seeded generator; a failure
// prints the number of the request, which is the same in every run.

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "api/api_world.h"

namespace treaty::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// `@` stands for a gid.
struct Seed {
  const char* method;
  const char* path;
  const char* text;  // The body; of a GET, what follows the path.
};

constexpr char kSteps[] =
    R"("steps":[{"action":"http://a/a1","compensate":"http://a/c1"},{"action":"http://a/a2"}],)"
    R"("payloads":["{\"n\":1}",""],)";

const std::vector<Seed>& Seeds() {
  static const std::string saga =
      R"({"gid":"@","trans_type":"saga",)" + std::string(kSteps) +
      R"("custom_data":"{\"orders\":{\"1\":[0]},\"concurrent\":true}","wait_result":true,)"
      R"("timeout_to_fail":60,"request_timeout":3,"retry_interval":10,"retry_limit":2,)"
      R"("branch_headers":{"X-A":"1"},"passthrough_headers":["x-b"],"update_branch_sync":0})";
  static const std::string message =
      R"({"gid":"@","trans_type":"msg",)" + std::string(kSteps) +
      R"("query_prepared":"http://a/q","custom_data":"{\"delay\":1}","concurrent":true})";
  static const std::string rpc_workflow =
      R"({"jsonrpc":"2.0","id":"1","method":"prepareWorkflow","params":{"gid":"@",)"
      R"("trans_type":"workflow","query_prepared":"http://a/wf",)"
      R"("custom_data":"{\"name\":\"n\",\"data\":\"aW4=\"}"}})";
  static const std::string rpc_batch =
      R"([{"jsonrpc":"2.0","id":1,"method":"prepare","params":{"gid":"@","trans_type":"tcc"}},)"
      R"({"jsonrpc":"2.0","id":"b","method":"registerBranch","params":{"gid":"@",)"
      R"("trans_type":"tcc","branch_id":"01","confirm":"http://a/y","data":"{}"}},)"
      R"({"jsonrpc":"2.0","id":3,"method":"submit","params":{"gid":"@","trans_type":"tcc"}}])";
  static const std::string rpc_saga =
      R"({"jsonrpc":"2.0","id":1,"method":"submit","params":)" + saga + "}";
  static const std::vector<Seed> seeds = {
      {"POST", "/api/json-rpc", rpc_saga.c_str()},
      {"POST", "/api/json-rpc", rpc_batch.c_str()},
      {"POST", "/api/json-rpc", rpc_workflow.c_str()},
      {"POST", "/api/json-rpc",
       R"({"jsonrpc":"2.0","id":7,"method":"abort","params":{"gid":"@","trans_type":"tcc"}})"},
      {"POST", "/api/json-rpc", R"({"jsonrpc":"2.0","id":"x","method":"newGid","params":[]})"},
      {"POST", "submit", saga.c_str()},
      {"POST", "prepare", saga.c_str()},
      {"POST", "submit", message.c_str()},
      {"POST", "prepare", message.c_str()},
      {"POST", "prepare", R"({"gid":"@","trans_type":"tcc","wait_result":true})"},
      {"POST", "submit", R"({"gid":"@","trans_type":"tcc","wait_result":false})"},
      {"POST", "prepare", R"({"gid":"@","trans_type":"xa","timeout_to_fail":9})"},
      {"POST", "submit", R"({"gid":"@","trans_type":"xa","branch_headers":{}})"},
      {"POST", "abort", R"({"gid":"@","trans_type":"tcc","rollback_reason":"no"})"},
      {"POST", "abort", R"({"gid":"@","trans_type":"xa","wait_result":true})"},
      {"POST", "abort", R"({"gid":"@","trans_type":"msg"})"},
      {"POST", "registerBranch",
       R"({"gid":"@","trans_type":"tcc","branch_id":"01","confirm":"http://a/y",)"
       R"("cancel":"http://a/n","data":"{\"amount\":30}"})"},
      {"POST", "registerTccBranch", R"({"gid":"@","branch_id":"02","cancel":"http://a/n"})"},
      {"POST", "registerXaBranch", R"({"gid":"@","branch_id":"01","url":"http://a/x"})"},
      {"POST", "registerBranch",
       R"({"gid":"@","trans_type":"workflow","branch_id":"01","op":"action",)"
       R"("status":"succeed","data":"result"})"},
      {"POST", "prepareWorkflow",
       R"({"gid":"@","trans_type":"workflow","query_prepared":"http://a/wf",)"
       R"("custom_data":"{\"name\":\"n\",\"data\":\"aW4=\"}"})"},
      {"POST", "submit",
       R"({"gid":"@","trans_type":"workflow","req_extra":{"status":"failed",)"
       R"("rollback_reason":"r","result":"cmVz"}})"},
      {"POST", "forceStop", R"({"gid":"@","reason":"stuck"})"},
      {"POST", "resetNextCronTime", R"({"gid":"@"})"},
      {"GET", "query", "?gid=@"},
      {"GET", "all", "?limit=10&status=prepared&transType=tcc&createTimeStart=1"},
      {"GET", "all", "?gid=@&position=1.g"},
      {"GET", "resetCronTime", "?timeout=10&limit=5"},
      {"GET", "subscribe", "?topic=t@&url=http://a/s&remark=%C3%A4"},
      {"GET", "subscribe", "?topic=t@&url=http%3A%2F%2Fa%2Fs"},
      {"GET", "unsubscribe", "?topic=t@&url=http://a/s"},
      {"DELETE", "topic", "/t@"},
      {"GET", "queryKV", "?cat=topics&key=t@"},
      {"GET", "scanKV", "?cat=topics&position=9&limit=2"},
      {"POST", "submit",
       R"({"gid":"@","trans_type":"msg","steps":[{"action":"topic://t@"}],"payloads":["{}"]})"},
      {"GET", "newGid", ""},
      {"GET", "version", ""},
  };
  return seeds;
}

class Mutator {
 public:
  std::size_t Below(std::size_t bound) { return random_() % bound; }

  void Mutate(std::string& text) {
    if (text.empty()) return InsertOne(text, std::string(1, static_cast<char>(random_())));
    switch (Below(8)) {
      case 0:
        text[Below(text.size())] = static_cast<char>(random_());
        break;
      case 1:
        text[Below(text.size())] ^= static_cast<char>(1U << Below(8));
        break;
      case 2:
        text.resize(Below(text.size()));
        break;
      case 3:
        SwapStrings(text);
        break;
      case 4:
        ReplaceString(text);
        break;
      case 5:
        InsertOne(text, Nested());
        break;
      case 6:
        ReplaceValue(text);
        break;
      default:
        Repeat(text);
    }
  }

 private:
  struct Span {
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  // Something between quotes, or nothing.
  Span AnyString(const std::string& text) {
    std::vector<std::size_t> quotes;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '"') quotes.push_back(i);
    }
    if (quotes.size() < 2) return {};
    const std::size_t i = Below(quotes.size() - 1);
    return {quotes[i] + 1, quotes[i + 1] - quotes[i] - 1};
  }

  void SwapStrings(std::string& text) {
    Span one = AnyString(text);
    Span two = AnyString(text);
    if (one.begin > two.begin) std::swap(one, two);
    if (one.begin + one.size > two.begin) return;
    const std::string first = text.substr(one.begin, one.size);
    const std::string second = text.substr(two.begin, two.size);
    text.replace(two.begin, two.size, first);
    text.replace(one.begin, one.size, second);
  }

  void ReplaceString(std::string& text) {
    static const std::string kWords[] = {"",
                                         "saga",
                                         "tcc",
                                         "xa",
                                         "msg",
                                         "workflow",
                                         "gid",
                                         "steps",
                                         "payloads",
                                         "custom_data",
                                         "succeed",
                                         "failed",
                                         "action",
                                         "req_extra",
                                         "SUCCESS",
                                         "FAILURE",
                                         "http://a/x",
                                         "http://[::1]:1/x",
                                         "\\u0000",
                                         "\\ud800",
                                         "{}",
                                         "[[[[",
                                         "\xff\xfe",
                                         "AAA=",
                                         std::string(200, 'g'),
                                         std::string(5'000, 'x')};
    const Span span = AnyString(text);
    text.replace(span.begin, span.size, kWords[Below(std::size(kWords))]);
  }

  // A value of another type, or a number at the edge.
  void ReplaceValue(std::string& text) {
    static const char* const kValues[] = {"0",
                                          "-1",
                                          "1e999",
                                          "1.5",
                                          "9223372036854775808",
                                          "18446744073709551616",
                                          "-0",
                                          "01",
                                          "null",
                                          "true",
                                          "[]",
                                          "{}",
                                          "\"\"",
                                          "[{}]",
                                          "NaN",
                                          "1e1",
                                          "{\"a\":{\"a\":{}}}",
                                          "31536000",
                                          "99999999999999999999999999999999"};
    const std::size_t colon = text.find(':', Below(text.size()));
    if (colon == std::string::npos) return;
    const std::size_t end = std::min(text.find_first_of(",}&", colon), text.size());
    text.replace(colon + 1, end - colon - 1, kValues[Below(std::size(kValues))]);
  }

  std::string Nested() {
    static constexpr std::size_t kDepths[] = {1, 10, 62, 63, 64, 65, 1'000, 50'000};
    const std::size_t depth = kDepths[Below(std::size(kDepths) - (Below(20) == 0 ? 0 : 1))];
    const bool lists = Below(2) == 0;
    std::string text = Below(2) == 0 ? "\"x\":" : "";
    for (std::size_t i = 0; i < depth; ++i) text += lists ? "[" : "{\"a\":";
    for (std::size_t i = 0; i < depth; ++i) text += lists ? "]" : "}";
    return text + (Below(2) == 0 ? "," : "");
  }

  void InsertOne(std::string& text, const std::string& what) {
    text.insert(Below(text.size() + 1), what);
  }

  // A piece of it twice, so that keys and parts repeat.
  void Repeat(std::string& text) {
    const std::size_t from = Below(text.size());
    InsertOne(text, text.substr(from, Below(text.size() - from) + 1));
  }

  std::mt19937 random_{20'260'101};
};

api::HttpRequest Generate(Mutator& mutator, int number) {
  const Seed& seed = Seeds()[mutator.Below(Seeds().size())];
  const std::string gid =
      "g" + std::to_string(number / 100) + "." + std::to_string(mutator.Below(6));
  std::string text = seed.text;
  for (auto at = text.find('@'); at != std::string::npos; at = text.find('@')) {
    text.replace(at, 1, gid);
  }
  const std::size_t times = mutator.Below(4);  // Some stay whole, so that states are reached.
  for (std::size_t i = 0; i < times; ++i) mutator.Mutate(text);
  const bool get = seed.method != std::string("POST");  // Or DELETE: without a body.
  const std::string base = seed.path[0] == '/' ? "" : "/api/dtmsvr/";
  std::string target = base + seed.path + (get ? text : "");
  return {seed.method, std::move(target), {{"x-b", "1"}}, get ? "" : std::move(text)};
}

class FuzzTest : public ::testing::Test {
 protected:
  // Ends everything that is unfinished, and deletes it.
  void CleanUp() {
    Store& store = *api_.world.store;
    ListFilter filter{.limit = 500};
    do {
      const auto page = store.List(filter);
      ASSERT_TRUE(page.ok());
      for (const StoredTxn& stored : page->txns) api_.world.ForceStop(stored.txn.gid());
      api_.world.Run(seconds(1));
      filter.position = page->next_position;
    } while (!filter.position.empty());
    ASSERT_TRUE(store.Prune(Time::max(), 1'000'000).ok());
  }

  ApiWorld api_;
};

TEST_F(FuzzTest, AHundredThousandDamagedRequestsAreAnsweredAndLeaveNothing) {
  constexpr int kRequests = 100'000;
  Mutator mutator;
  int accepted = 0;
  std::size_t most_live = 0;
  for (int i = 0; i < kRequests; ++i) {
    const api::HttpRequest request = Generate(mutator, i);
    const auto reply = api_.Begin(request);
    api_.world.Run(milliseconds(20));
    if (!reply->has_value()) api_.world.Run(seconds(10));
    ASSERT_TRUE(reply->has_value()) << i << " " << request.target << "\n" << request.body;
    const int status = (*reply)->status;
    ASSERT_TRUE(status < 500 || status == 503)
        << i << " " << status << " " << request.target << "\n"
        << request.body;
    ASSERT_FALSE((*reply)->body.empty());
    ASSERT_LT((*reply)->body.size(), 1'000'000u) << i;
    ASSERT_EQ((*reply)->body.find(R"("status":500)"), std::string::npos) << request.body;
    const bool refused = (*reply)->body.find(R"("error":{)") != std::string::npos;
    accepted += status == 200 && !refused ? 1 : 0;
    most_live = std::max(most_live, api_.world.engine->counts().live_txns);
    api_.world.participant.calls.clear();
  }
  EXPECT_GT(accepted, kRequests / 10);  // The generator reaches more than the parser.
  EXPECT_LT(accepted, kRequests * 9 / 10);
  EXPECT_LT(most_live, 500u);
  EXPECT_LT(api_.world.store->size(), static_cast<std::size_t>(accepted));
  CleanUp();
  EXPECT_EQ(api_.world.store->size(), 0u);
  EXPECT_EQ(api_.world.engine->counts().live_txns, 0u);
  EXPECT_EQ(api_.world.engine->counts().calls_in_flight, 0u);
  EXPECT_EQ(api_.world.engine->counts().queued_writes, 0u);
}

}  // namespace
}  // namespace treaty::testing
