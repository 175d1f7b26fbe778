// What a query shows of a transaction that does not get on: why, and when it comes again.

#include "wire/txn_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace treaty::wire {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

const Time kCreated{std::chrono::hours(24 * 365 * 50)};

StoredTxn Saga(seconds timeout_to_fail, Time due) {
  auto body = std::make_shared<Body>();
  body->gid = "g";
  body->steps = {{"http://a/1", "http://c/1", "{}"}, {"http://a/2", "http://c/2", "{}"}};
  auto terms = std::make_shared<Terms>();
  terms->timeout_to_fail = timeout_to_fail;
  StoredTxn stored;
  stored.txn.body = std::move(body);
  stored.txn.terms = std::move(terms);
  stored.txn.status = TxnStatus::kSubmitted;
  stored.txn.branches.resize(2);
  stored.txn.created = stored.txn.updated = kCreated;
  stored.txn.due = due;
  stored.txn.branches[0].tried = due != kNever;
  stored.owner = "me/1";
  return stored;
}

std::string NextCronTime(const StoredTxn& stored) {
  const std::string reply = QueryReply(&stored, Policy());
  const std::string key = R"("next_cron_time":")";
  const std::size_t at = reply.find(key);
  return at == std::string::npos ? "" : reply.substr(at + key.size(), 24);
}

TEST(TxnReplyTest, ASleeperShowsTheEarlierOfRetryAndTimeOutParkedOrNot) {
  const struct {
    seconds timeout;
    seconds retry;
    const char* shown;
  } cases[] = {{seconds(0), seconds(30), "2019-12-20T00:00:30.000Z"},
               {seconds(60), seconds(30), "2019-12-20T00:00:30.000Z"},
               {seconds(4), seconds(30), "2019-12-20T00:00:04.000Z"},
               {seconds(30), seconds(30), "2019-12-20T00:00:30.000Z"}};
  for (const auto& one : cases) {
    StoredTxn stored = Saga(one.timeout, kCreated + one.retry);
    EXPECT_EQ(NextCronTime(stored), one.shown) << one.timeout.count();
    stored.owner.clear();  // Parked: the due index has the earlier one.
    const bool times_out = one.timeout.count() > 0;
    stored.wake = kCreated + (times_out ? std::min(one.timeout, one.retry) : one.retry);
    EXPECT_EQ(NextCronTime(stored), one.shown) << one.timeout.count();
  }
}

TEST(TxnReplyTest, ATimeOutThatMeansNothingAnyMoreIsNotShown) {
  StoredTxn back = Saga(seconds(4), kCreated + seconds(30));
  back.txn.status = TxnStatus::kAborting;
  EXPECT_EQ(NextCronTime(back), "2019-12-20T00:00:30.000Z");
  StoredTxn aside = Saga(seconds(4), kCreated + seconds(30));
  aside.txn.deaths = kMostDeaths;
  EXPECT_EQ(NextCronTime(aside), "");
  aside.txn.deaths = 0;
  aside.txn.status = TxnStatus::kFailed;
  EXPECT_EQ(NextCronTime(aside), "");
}

TEST(TxnReplyTest, OneThatIsBeingCalledShowsItsTimeOutToo) {
  EXPECT_EQ(NextCronTime(Saga(seconds(4), kNever)), "2019-12-20T00:00:04.000Z");
  EXPECT_EQ(NextCronTime(Saga(seconds(40), kNever)), "2019-12-20T00:00:10.000Z");
}

TEST(TxnReplyTest, ABranchShowsItsLastOutcomeWithTheCallItWasOf) {
  StoredTxn stored = Saga(seconds(0), kCreated + seconds(30));
  EXPECT_THAT(QueryReply(&stored, Policy()), Not(HasSubstr("last_outcome")));
  stored.txn.branches[0].last_outcome = "connect: Connection refused";
  EXPECT_THAT(
      QueryReply(&stored, Policy()),
      HasSubstr(
          R"("op":"action","status":"prepared","last_outcome":"connect: Connection refused"})"));
  stored.txn.branches[0].last_op = Op::kCompensate;
  EXPECT_THAT(QueryReply(&stored, Policy()),
              HasSubstr(R"("op":"compensate","status":"prepared","last_outcome":"connect: )"));
}

// Clients search replies for these words.
TEST(TxnReplyTest, ALastOutcomeIsNoVerdict) {
  StoredTxn stored = Saga(seconds(0), kCreated + seconds(30));
  stored.txn.branches[0].last_outcome = "FAILURE";
  stored.txn.branches[1].last_outcome = "gRPC status 14: ONGOING or SUCCESS";
  stored.txn.last_outcome = "FAILURE \"quoted\"";
  const std::string reply = QueryReply(&stored, Policy());
  EXPECT_THAT(reply, HasSubstr(R"("last_outcome":"failure")"));
  EXPECT_THAT(reply, HasSubstr(R"("last_outcome":"gRPC status 14: ongoing or success")"));
  EXPECT_THAT(reply, HasSubstr(R"("last_outcome":"failure \"quoted\"")"));
}

}  // namespace
}  // namespace treaty::wire
