// A reply that there is no memory to read: never a success, and the process lives.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "participant/http/reply_reader.h"
#include "participant/result.h"
#include "participant/world.h"
#include "support/raw_server.h"
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

// Gives the reader a reply of so many bytes, while no piece of memory may have more than `most`.
ReplyReader::State ReadScarcely(ReplyReader& reader, std::size_t size, std::size_t most) {
  const std::string reply = test::HttpReply(200, std::string(size, 'x'));
  std::string_view left = reply;
  reader.Begin();
  const ScarceMemory scarce(most);
  while (!left.empty()) {
    const auto room = reader.Room();
    if (room.empty()) return ReplyReader::State::kBroken;
    const std::size_t bytes = std::min(room.size(), left.size());
    std::copy_n(left.begin(), bytes, room.begin());
    left.remove_prefix(bytes);
    const auto state = reader.Take(bytes);
    if (state != ReplyReader::State::kMore) return state;
  }
  return reader.End();
}

TEST(ScarceReply, IsNoneWhereItCannotBeKept) {
  ReplyReader reader(1 << 20);
  EXPECT_EQ(ReadScarcely(reader, 100, 3'000), ReplyReader::State::kBroken) << "no room at all";
  EXPECT_EQ(ReadScarcely(reader, 60'000, 30'000), ReplyReader::State::kBroken);
  EXPECT_EQ(reader.why(), "there was no memory to read the reply");
  EXPECT_EQ(ReadScarcely(reader, 60'000, 1 << 20), ReplyReader::State::kDone);
}

// What is still there need not be asked for.
TEST(ScarceReply, LeavesLittleBehind) {
  ReplyReader reader(1 << 20);
  EXPECT_EQ(ReadScarcely(reader, 60'000, 1 << 20), ReplyReader::State::kDone);
  EXPECT_EQ(ReadScarcely(reader, 60'000, 30'000), ReplyReader::State::kDone);
  reader.Rest();
  EXPECT_EQ(ReadScarcely(reader, 60'000, 30'000), ReplyReader::State::kBroken);
  EXPECT_EQ(ReadScarcely(reader, 1'000, 30'000), ReplyReader::State::kDone);
  reader.Rest();
  EXPECT_EQ(ReadScarcely(reader, 1'000, 3'000), ReplyReader::State::kDone);
}

TEST(ScarceReply, OfACallMeansNothingAndTheNextIsRead) {
  test::RawServer server(test::Always(test::HttpReply(200, std::string(60'000, 'x'))));
  test::World world;
  const auto ask = [&](std::size_t most) {
    const ScarceMemory scarce(most);
    return world.Ask(test::CallTo(server.url("/")));
  };
  for (int i = 0; i < 3; ++i) {
    const BranchReply reply = ask(30'000);
    EXPECT_EQ(reply.outcome, Outcome::kUnknown);
    EXPECT_EQ(reply.text, "there was no memory to read the reply");
    EXPECT_EQ(ask(1 << 20).outcome, Outcome::kSuccess);
    EXPECT_EQ(ask(1 << 20).outcome, Outcome::kSuccess) << "on a kept connection";
  }
}

}  // namespace
}  // namespace treaty::testing
