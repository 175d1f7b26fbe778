// A broken store, at every method of gRPC; see store_words_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "api/database_words.h"
#include "api/grpc_rig.h"

namespace treaty::testing {
namespace {

class GrpcStoreWordsTest : public ::testing::TestWithParam<Status> {};

TEST_P(GrpcStoreWordsTest, ReachNoClient) {
  GrpcRig rig;
  rig.base.failing.FailWith(GetParam());
  DtmRequest to_topic = Txn("g1", "msg");
  to_topic.set_steps(R"([{"action":"topic://t"}])");
  to_topic.add_binpayloads("{}");
  DtmTopicRequest topic;
  topic.set_topic("t");
  topic.set_url("a:1/Bank/Told");
  DtmProgressesReply progress;
  const std::vector<std::pair<std::string, grpc::Status>> answers = {
      {"submit", rig.Submit(Saga("g2", {"Out"}))},
      {"submit to a topic", rig.Submit(to_topic)},
      {"submit of what is prepared", rig.Submit(Txn("g3", "tcc"))},
      {"end of a workflow", rig.Submit(WorkflowEnd("g4", "succeed"))},
      {"prepare", rig.Prepare(Txn("g5", "tcc"))},
      {"abort", rig.Abort(Txn("g6", "tcc"))},
      {"register", rig.Register(TccBranch("g7", "01", "{}"))},
      {"prepareWorkflow", rig.PrepareWorkflow(Workflow("g8"), progress)},
      {"subscribe", rig.Subscribe(topic)},
  };
  for (const auto& [what, status] : answers) {
    EXPECT_FALSE(status.ok()) << what;
    EXPECT_THAT(status.error_message(), HasNoWordsOfTheDatabase()) << what;
    EXPECT_THAT(status.error_message(), ::testing::AnyOf(::testing::HasSubstr("the store"),
                                                         ::testing::HasSubstr("log says")))
        << what;
  }
}

INSTANTIATE_TEST_SUITE_P(AllTroubles, GrpcStoreWordsTest, ::testing::ValuesIn(DatabaseTroubles()));

}  // namespace
}  // namespace treaty::testing
