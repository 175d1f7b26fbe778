// A reply that there is no memory to read: never a success, and the process lives.

#include <gtest/gtest.h>

#include <string>

#include "participant/result.h"
#include "support/scarce_memory.h"

namespace treaty::testing {
namespace {

BranchReply MapScarcely(bool rpc, const std::string& body) {
  const ScarceMemory scarce(3'000);
  return rpc ? MapRpcReply(200, body, Words::kAlone, {}) : MapReply(200, body, Words::kAlone, {});
}

TEST(ScarceReply, SaysNothing) {
  const std::string refusal =
      R"({"text":")" + std::string(10'000, 'x') + R"(","dtm_result":"FAILURE","error":null})";
  for (const bool rpc : {false, true}) {
    const BranchReply reply = MapScarcely(rpc, refusal);
    EXPECT_EQ(reply.outcome, Outcome::kUnknown) << rpc;
    EXPECT_EQ(reply.text, "there was no memory to read the reply");
  }
}

TEST(ScarceReply, IsReadOnceThereIsMemory) {
  const std::string refusal = R"({"dtm_result":"FAILURE"})";
  EXPECT_EQ(MapScarcely(false, refusal).outcome, Outcome::kFailure);
}

}  // namespace
}  // namespace treaty::testing
