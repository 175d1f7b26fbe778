// What a batch of JSON-RPC keeps of the memory of all, while one of its requests waits for an hour.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>

#include "api/raw_client.h"
#include "api/server_rig.h"

namespace treaty::testing {
namespace {

using ::testing::HasSubstr;

std::string Post(const std::string& target, const std::string& body) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

class WaitingBatches : public ::testing::Test {
 protected:
  static api::HttpServerConfig Config() {
    api::HttpServerConfig config;
    config.write_timeout = std::chrono::milliseconds(200);  // Its sweeps are frequent.
    config.memory = std::make_shared<MemoryBudget>(16 << 20);
    return config;
  }
  WaitingBatches() {
    rig.participant.Hold();
    Ask("/api/dtmsvr/prepareWorkflow", kWorkflow);
    Ask("/api/dtmsvr/registerBranch",
        R"({"gid":"w","trans_type":"workflow","branch_id":"01","op":"action","status":"succeed",)"
        R"("data":")" +
            std::string(200'000, 'r') + R"("})");
  }
  void Ask(const std::string& target, const std::string& body) {
    RawClient client(rig.port);
    client.Send(Post(target, body));
    ASSERT_EQ(client.Read().status, 200);
  }
  // Waits until the submit of the batch is under way and the record beside it has been formed.
  void Begin(RawClient& client, const std::string& gid) {
    const std::string head = R"({"jsonrpc":"2.0","id":1,"method":)";
    const std::size_t before = rig.participant.held();
    ASSERT_EQ(memory().taken(), 0u);
    client.Send(Post("/api/json-rpc",
                     "[" + head + R"("submit","params":{"gid":")" + gid +
                         R"(","trans_type":"saga","wait_result":true,"request_timeout":3600,)"
                         R"("steps":[{"action":"http://)" +
                         gid + R"(/a"}],"payloads":["x"]}},)" + head +
                         R"("prepareWorkflow","params":)" + kWorkflow + "}]"));
    ASSERT_TRUE(ServerRig::Eventually(
        [&] { return rig.participant.held() == before + 1 && memory().taken() > 500'000; }));
  }
  const MemoryBudget& memory() const { return *config.memory; }

  static constexpr char kWorkflow[] =
      R"({"gid":"w","trans_type":"workflow","query_prepared":"http://a/q",)"
      R"("custom_data":"{\"name\":\"n\",\"data\":\"aW4=\"}"})";
  const api::HttpServerConfig config = Config();
  ServerRig rig{config};
};

TEST_F(WaitingBatches, GiveAllTheyHaveTakenBackWhenTheirClientsGo) {
  for (const bool reset : {false, true}) {
    {
      RawClient client(rig.port);
      Begin(client, reset ? "reset" : "ended");
      if (reset) client.Reset();
    }
    EXPECT_TRUE(ServerRig::Eventually([&] { return memory().taken() == 0; }));
  }
  rig.participant.Release();
}

TEST_F(WaitingBatches, KeepNoRecordWhileTheirClientsStay) {
  std::deque<RawClient> clients;
  for (const char* gid : {"stays", "stays-too"}) {
    Begin(clients.emplace_back(rig.port), gid);
    EXPECT_TRUE(ServerRig::Eventually([&] { return memory().taken() == 0; }));
  }
  rig.participant.Release();
  for (RawClient& client : clients) {
    const RawReply reply = client.Read();
    EXPECT_THAT(reply.body, HasSubstr(R"("result":null)"));
    EXPECT_THAT(reply.body, HasSubstr("send this request again alone"));
  }
}

}  // namespace
}  // namespace treaty::testing
