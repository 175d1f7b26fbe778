// Calls of JSON-RPC participants over real sockets (protocol §4.4).

#include <gtest/gtest.h>

#include <string>

#include "participant/result.h"
#include "participant/world.h"
#include "support/raw_server.h"

namespace treaty::test {
namespace {

BranchCall RpcCallTo(const std::string& url, const std::string& payload = "{}") {
  BranchCall call = CallTo(url, payload);
  auto body = std::make_shared<Body>(*call.body);
  body->protocol = "json-rpc";
  call.step = std::shared_ptr<const Step>(body, &body->steps.front());
  call.body = std::move(body);
  return call;
}

// What a participant that succeeds is sent.
std::string RequestOf(const std::function<BranchCall(const RawServer&)>& make) {
  std::string request;
  RawServer server([&request](RawPeer& peer) {
    request = peer.ReadRequest();
    peer.Write(HttpReply(200, R"({"jsonrpc":"2.0","id":"1","result":null})"));
    peer.WaitForEnd();
  });
  World world;
  EXPECT_EQ(world.Ask(make(server)).outcome, Outcome::kSuccess);
  return request;
}

std::string BodyOf(const std::string& request) {
  const std::size_t at = request.find("\r\n\r\n");
  return at == std::string::npos ? "" : request.substr(at + 4);
}

// The body without the value of its id, a number of digits.
std::string WithoutId(std::string body) {
  const std::string begin = R"({"id":")";
  EXPECT_TRUE(body.starts_with(begin)) << body;
  const std::size_t end = body.find_first_not_of("0123456789", begin.size());
  EXPECT_GT(end, begin.size());
  return body.erase(begin.size(), end - begin.size());
}

TEST(JsonRpcParticipant, IsCalledWithItsMethodAndThePayloadAsParams) {
  const std::string request = RequestOf([](const RawServer& server) {
    BranchCall call = RpcCallTo(server.url("/rpc?method=bank.out&x=1"), R"({"amount":30.00})");
    auto terms = std::make_shared<Terms>();
    terms->branch_headers = {{"X-Token", "t"}};
    call.terms = terms;
    return call;
  });
  EXPECT_TRUE(request.starts_with("POST /rpc?method=bank.out&x=1 HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(request.find("\r\nX-Token: t\r\n"), std::string::npos);
  const std::string body = BodyOf(request);
  EXPECT_NE(request.find("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"),
            std::string::npos);
  EXPECT_EQ(WithoutId(body),
            R"({"id":"","jsonrpc":"2.0","method":"bank.out","params":{"amount":30.00,)"
            R"("branch_id":"01","gid":"g-1","op":"action","trans_type":"saga"}})");
}

TEST(JsonRpcParticipant, OfXaGetsParamsWithoutAPayload) {
  const std::string request = RequestOf([](const RawServer& server) {
    BranchCall call = RpcCallTo(server.url("/?method=m"), "not json");
    auto body = std::make_shared<Body>(*call.body);
    body->model = Model::kXa;
    call.body = body;
    call.op = Op::kCompensate;
    return call;
  });
  EXPECT_EQ(WithoutId(BodyOf(request)),
            R"({"id":"","jsonrpc":"2.0","method":"m","params":{"branch_id":"01","gid":"g-1",)"
            R"("op":"rollback","trans_type":"xa"}})");
}

// A message's check-back, or a workflow's resume with the input {"n":1}.
BranchCall QuestionTo(const std::string& url, Model model) {
  BranchCall call = RpcCallTo("");
  auto body = std::make_shared<Body>(*call.body);
  body->model = model;
  body->query_prepared = url;
  auto terms = std::make_shared<Terms>();
  if (model == Model::kWorkflow) terms->workflow_name = "transfer";
  if (model == Model::kWorkflow) terms->workflow_input = R"({"n":1})";
  call.body = body;
  call.terms = terms;
  call.op = Op::kQuery;
  call.branch = kNoBranch;
  return call;
}

TEST(JsonRpcParticipant, IsAskedAboutMessagesAndWorkflowsToo) {
  const auto ask = [](Model model) {
    return RequestOf(
        [model](const RawServer& server) { return QuestionTo(server.url("/?method=ask"), model); });
  };
  EXPECT_EQ(WithoutId(BodyOf(ask(Model::kMessage))),
            R"({"id":"","jsonrpc":"2.0","method":"ask","params":{"branch_id":"00","gid":"g-1",)"
            R"("op":"msg","trans_type":"msg"}})");
  EXPECT_EQ(WithoutId(BodyOf(ask(Model::kWorkflow))),
            R"({"id":"","jsonrpc":"2.0","method":"ask","params":{"n":1,"branch_id":"00",)"
            R"("gid":"g-1","op":"transfer","trans_type":"workflow"}})");
}

TEST(JsonRpcParticipant, UrlsWithoutTheTextMethodAreCalledByHttp) {
  const std::string request =
      RequestOf([](const RawServer& server) { return RpcCallTo(server.url("/out"), "plain"); });
  EXPECT_TRUE(request.starts_with("POST /out?branch_id=01&gid=g-1&op=action&trans_type=saga "));
  EXPECT_TRUE(request.ends_with("\r\n\r\nplain"));
}

TEST(JsonRpcParticipant, HttpTransactionsCallTheSameUrlByHttp) {
  const std::string request =
      RequestOf([](const RawServer& server) { return CallTo(server.url("/?method=m"), "x"); });
  EXPECT_TRUE(request.starts_with("POST /?method=m&branch_id=01&")) << request;
  EXPECT_TRUE(request.ends_with("\r\n\r\nx"));
}

TEST(JsonRpcParticipant, IdsDifferAndKeptConnectionsAreUsed) {
  std::vector<std::string> bodies;
  RawServer server([&bodies](RawPeer& peer) {
    while (true) {
      const std::string request = peer.ReadRequest();
      if (request.empty()) return;
      bodies.push_back(BodyOf(request));
      peer.Write(HttpReply(200, R"({"result":0})"));
    }
  });
  World world;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(world.Ask(RpcCallTo(server.url("/?method=m"))).outcome, Outcome::kSuccess);
  }
  EXPECT_EQ(server.connections(), 1);
  ASSERT_EQ(bodies.size(), 2u);
  EXPECT_NE(bodies[0], bodies[1]);
  EXPECT_EQ(WithoutId(bodies[0]), WithoutId(bodies[1]));
}

TEST(JsonRpcParticipant, APayloadThatCannotBecomeParamsIsNotSent) {
  RawServer server(Always(HttpReply(200, "{}")));
  World world;
  const BranchReply reply = world.Ask(RpcCallTo(server.url("/?method=m"), "[]"));
  EXPECT_EQ(reply.outcome, Outcome::kUnknown);
  EXPECT_NE(reply.text.find("JSON object"), std::string::npos) << reply.text;
  EXPECT_EQ(server.connections(), 0);
}

TEST(JsonRpcParticipant, ItsErrorsAreReadOffTheWire) {
  RawServer server(Always(HttpReply(
      200, R"({"jsonrpc":"2.0","id":"1","error":{"code":-32901,"message":"no money"}})")));
  World world;
  const BranchReply reply = world.Ask(RpcCallTo(server.url("/?method=m")));
  EXPECT_EQ(reply.outcome, Outcome::kFailure);
  EXPECT_EQ(reply.text, "no money");
  EXPECT_EQ(world.Ask(CallTo(server.url("/?method=m"))).outcome, Outcome::kSuccess) << "plain HTTP";
}

TEST(JsonRpcParticipant, AReplyThatWasCutIsUnknown) {
  RawServer server(Always(HttpReply(200, R"({"result":")" + std::string(100'000, 'x') + "\"}")));
  World world;
  EXPECT_EQ(world.Ask(RpcCallTo(server.url("/?method=m"))).outcome, Outcome::kUnknown);
}

struct Line {
  int status;
  const char* body;
  Outcome action;
  Outcome compensate;
};

constexpr auto kSuccess = Outcome::kSuccess;
constexpr auto kFailure = Outcome::kFailure;
constexpr auto kOngoing = Outcome::kOngoing;
constexpr auto kUnknown = Outcome::kUnknown;

const Line kTable[] = {
    {200, R"({"jsonrpc":"2.0","id":"1","result":{}})", kSuccess, kSuccess},
    {200, R"({"error":null,"result":null})", kSuccess, kSuccess},
    {200, R"({"result":"x"})", kSuccess, kSuccess},
    {200, R"({"dtm_result":"SUCCESS"})", kSuccess, kSuccess},
    {200, R"({})", kSuccess, kSuccess},
    // Codes, as numbers in any notation.
    {200, R"({"error":{"code":-32901,"message":"m"}})", kFailure, kFailure},
    {200, R"({"error":{"code":-32901.0}})", kFailure, kFailure},
    {200, R"({"error":{"code":-3.2901e4}})", kFailure, kFailure},
    {200, R"({"error":{"code":-32902}})", kOngoing, kOngoing},
    {200, R"({"error":{"code":-32902.0,"message":"m"}})", kOngoing, kOngoing},
    {200, R"({"dtm_result":"SUCCESS","error":{"code":-32901}})", kFailure, kFailure},
    {200, R"({"error":{"code":-32601,"message":"no such method"}})", kUnknown, kUnknown},
    {200, R"({"error":{"code":32901}})", kUnknown, kUnknown},
    {200, R"({"error":{"code":0}})", kUnknown, kUnknown},
    {200, R"({"error":{"code":1e999}})", kUnknown, kUnknown},
    {200, R"({"error":{"code":"-32901"}})", kUnknown, kUnknown},
    {200, R"({"error":{"code":null}})", kUnknown, kUnknown},
    {200, R"({"error":{"message":"m"}})", kUnknown, kUnknown},
    // What is no reply.
    {200, "", kUnknown, kUnknown},
    {200, "ok", kUnknown, kUnknown},
    {200, "null", kUnknown, kUnknown},
    {200, "[]", kUnknown, kUnknown},
    {200, R"([{"result":1}])", kUnknown, kUnknown},
    {200, "1", kUnknown, kUnknown},
    {200, R"({"result":1)", kUnknown, kUnknown},
    {200, R"({"result":1} x)", kUnknown, kUnknown},
    {200, R"({"error":"bad"})", kUnknown, kUnknown},
    {200, R"({"error":[]})", kUnknown, kUnknown},
    {200, R"({"error":{}})", kUnknown, kUnknown},
    {200, R"({"error":false})", kUnknown, kUnknown},
    {200, R"({"error":0})", kUnknown, kUnknown},
    // The rules of HTTP come first.
    {425, R"({"error":{"code":-32901}})", kOngoing, kOngoing},
    {409, R"({"result":1})", kFailure, kFailure},
    {500, R"({"result":1})", kUnknown, kUnknown},
    {500, R"({"error":{"code":-32901}})", kUnknown, kUnknown},
    {201, R"({"result":1})", kUnknown, kUnknown},
    {200, R"({"error":{"code":-1,"message":"FAILURE"}})", kFailure, kUnknown},
    {200, R"({"error":{"code":-32901,"message":"ONGOING"}})", kOngoing, kFailure},
    {200, R"({"result":"ONGOING"})", kOngoing, kSuccess},
    {200, "FAILURE", kFailure, kFailure},
    {200, R"({"dtm_result":"FAILURE","result":1})", kFailure, kFailure},
};

TEST(JsonRpcResult, EveryLineOfTheTable) {
  for (const Line& line : kTable) {
    SCOPED_TRACE(std::to_string(line.status) + " " + line.body);
    EXPECT_EQ(MapRpcReply(line.status, line.body, Words::kAnywhere, {}).outcome, line.action);
    EXPECT_EQ(MapRpcReply(line.status, line.body, Words::kAlone, {}).outcome, line.compensate);
  }
}

TEST(JsonRpcResult, KeepsTheMessageOfAFailureOnly) {
  const auto text = [](const std::string& body) {
    return MapRpcReply(200, body, Words::kAlone, {}).text;
  };
  EXPECT_EQ(text(R"({"error":{"code":-32901,"message":"no\nmoney"}})"), "nomoney");
  EXPECT_EQ(text(R"({"error":{"code":-32901}})"), R"({"error":{"code":-32901}})");
  EXPECT_EQ(text(R"({"error":{"code":-32901,"message":7}})"),
            R"({"error":{"code":-32901,"message":7}})");
  EXPECT_EQ(text(R"({"error":{"code":-5,"message":"secret"}})"), "JSON-RPC error");
  EXPECT_EQ(text("secret"), "no JSON-RPC reply");
}

}  // namespace
}  // namespace treaty::test
