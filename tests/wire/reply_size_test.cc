// A reply never takes more than was told before it was written, and a large one not much less.

#include "wire/reply_size.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/outcome_text.h"
#include "wire/json_text.h"
#include "wire/kv_reply.h"
#include "wire/txn_reply.h"

namespace treaty::wire {
namespace {

using Random = std::mt19937;

std::size_t Below(Random& random, std::size_t limit) { return random() % limit; }

// Plain text, text full of escapes, bytes that are not UTF-8, characters beyond ASCII, such as
// nobody would see, nothing.
std::string TextOf(Random& random, std::size_t most) {
  const std::size_t size = Below(random, most + 1);
  switch (Below(random, 6)) {
    case 0:
      return std::string(size, 'a');
    case 1:
      return std::string(size, '\x01');
    case 2: {
      std::string bytes(size, '\0');
      for (char& c : bytes) c = static_cast<char>(random());
      return bytes;
    }
    case 3: {
      std::string text;
      while (text.size() < size) text += random() % 2 == 0 ? "\xc3\xa4" : "\"";
      return text;
    }
    case 4: {
      std::string text;
      constexpr const char* kUnseen[] = {"\xc2\xad", "\xe2\x80\x8b", "\xf3\xa0\x80\xa0"};
      while (text.size() < size) text += kUnseen[Below(random, 3)];
      return text;
    }
    default:
      return {};
  }
}

Step StepOf(Random& random, std::size_t most) {
  return {TextOf(random, 300), TextOf(random, 300), TextOf(random, most), TextOf(random, 128),
          TextOf(random, 45)};
}

Terms TermsOf(Random& random) {
  Terms terms;
  terms.wait_result = terms.concurrent_option = true;
  terms.timeout_to_fail = terms.request_timeout = terms.retry_interval = std::chrono::years(90);
  terms.retry_limit = 4'000'000'000;
  terms.progress = ProgressMode::kBehind;
  terms.custom_data = TextOf(random, 5'000);
  for (std::size_t i = Below(random, 4); i > 0; --i) {
    terms.branch_headers.emplace_back("x-name", TextOf(random, 2'000));
  }
  return terms;
}

StoredTxn TxnOf(Random& random, std::size_t most) {
  auto body = std::make_shared<Body>();
  body->gid = TextOf(random, 128);
  constexpr Model kModels[] = {Model::kSaga, Model::kTcc, Model::kXa, Model::kMessage,
                               Model::kWorkflow};
  body->model = kModels[Below(random, 5)];
  body->query_prepared = TextOf(random, 1'000);
  StoredTxn stored;
  Txn& txn = stored.txn;
  const std::size_t parts = Below(random, 4);
  const bool registers = body->model != Model::kSaga && body->model != Model::kMessage;
  for (std::size_t i = 0; i < parts; ++i) {
    if (registers) {
      txn.registered.push_back(std::make_shared<Step>(StepOf(random, most)));
    } else {
      body->steps.push_back(StepOf(random, most));
    }
  }
  if (body->model == Model::kMessage && parts > 0) {
    for (std::size_t i = Below(random, 2) * 7; i > 0; --i) {
      body->recipients.push_back({TextOf(random, 300), TextOf(random, 128), 0});
    }
  }
  txn.branches.resize(registers ? parts : CountBranches(*body));
  for (Branch& branch : txn.branches) {
    branch.created = branch.action_time = Time(Duration(1));
    branch.last_outcome = TextOf(random, kMaxOutcomeBytes);
  }
  txn.body = std::move(body);
  txn.terms = std::make_shared<Terms>(TermsOf(random));
  txn.status = Below(random, 2) == 0 ? TxnStatus::kFailed : TxnStatus::kSucceed;
  txn.result = TextOf(random, 1'000);
  txn.rollback_reason = TextOf(random, 1'000);
  txn.last_outcome = TextOf(random, kMaxOutcomeBytes);
  txn.created = txn.updated = txn.finished = Time(Duration(1));
  txn.force = {TextOf(random, 60), TextOf(random, 1'000), Time(Duration(1))};
  txn.deaths = kMostDeaths;
  stored.owner = TextOf(random, 200);
  return stored;
}

TEST(ReplySize, OfATextIsExact) {
  Random random(1);
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = TextOf(random, 200);
    std::string out;
    AppendString(out, text);
    EXPECT_EQ(JsonBytes(text), out.size());
  }
}

TEST(ReplySize, OfATransactionIsNeverExceeded) {
  for (unsigned seed = 0; seed < 150; ++seed) {
    Random random(seed);
    const StoredTxn stored = TxnOf(random, 3'000);
    EXPECT_LE(QueryReply(&stored, {}).size(), TxnReplyBytes(stored)) << seed;
    EXPECT_LE(WorkflowReply(stored, {}).size(), TxnReplyBytes(stored)) << seed;
    ListPage page;
    page.txns = {stored, stored};
    page.next_position = TextOf(random, 150);
    EXPECT_LE(ListReply(page, {}, {}).size(), ListReplyBytes(page)) << seed;
  }
}

TEST(ReplySize, OfALargeTransactionIsNearTheTruth) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    Random random(seed);
    const StoredTxn stored = TxnOf(random, 300'000);
    const std::size_t size = QueryReply(&stored, {}).size();
    EXPECT_LE(TxnReplyBytes(stored), 2 * size + 100'000) << seed;
  }
}

TEST(ReplySize, OfEntriesIsNeverExceeded) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    Random random(seed);
    KvPage page;
    for (std::size_t i = Below(random, 5); i > 0; --i) {
      page.entries.push_back({.id = INT64_MAX,
                              .cat = TextOf(random, 100),
                              .key = TextOf(random, 100),
                              .value = TextOf(random, 9'000),
                              .version = UINT64_MAX,
                              .created = Time(Duration(1)),
                              .updated = Time(Duration(1))});
    }
    page.next_position = "9223372036854775807";
    EXPECT_LE(KvReply(page).size(), KvReplyBytes(page));
    EXPECT_LE(KvPageReply(page).size(), KvReplyBytes(page));
  }
}

}  // namespace
}  // namespace treaty::wire
