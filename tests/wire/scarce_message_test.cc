// Messages of more parts than a request may have: they take no memory beyond reading them.

#include <dtmgimp/dtm.pb.h>
#include <gtest/gtest.h>

#include <string>

#include "support/scarce_memory.h"
#include "wire/grpc/messages.h"

namespace treaty::testing {
namespace {

using Message = dtmgimp::DtmRequest;

// Reads it while no piece of memory may have more than `most` bytes.
Result<TxnRequest> ReadScarcely(const Message& message, std::size_t most) {
  const std::string bytes = message.SerializeAsString();
  const wire::RequestRules rules;
  const ScarceMemory scarce(most);
  return wire::ParseTxnMessage(
      bytes, rules, [](std::string_view) { return std::string_view(); }, wire::Intent::kSubmit);
}

Message Saga() {
  Message message;
  message.set_gid("g");
  message.set_transtype("saga");
  message.set_steps(R"([{"action":"bank.example:1/b.B/M"}])");
  message.add_binpayloads("p");
  return message;
}

TEST(ScarceMessage, HeadersAreCountedBeforeTheyAreCopied) {
  Message message = Saga();
  for (int i = 0; i < 10'000; ++i) {
    (*message.mutable_transoptions()->mutable_branchheaders())["h" + std::to_string(i)] = "";
  }
  const auto read = ReadScarcely(message, 300'000);
  EXPECT_EQ(read.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(read.status().message(),
            "too many branch_headers and passthrough_headers; at most 32 together");
}

TEST(ScarceMessage, PayloadsThatNoStepHasAreNotCopied) {
  Message message = Saga();
  for (int i = 0; i < 100'000; ++i) message.add_binpayloads("");
  const auto read = ReadScarcely(message, 1'300'000);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->body->steps.front().payload, "p");
}

}  // namespace
}  // namespace treaty::testing
