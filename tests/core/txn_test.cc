// The table of legal moves and the wire's words.

#include "core/txn.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace treaty {
namespace {

constexpr TxnStatus kAll[] = {TxnStatus::kPrepared, TxnStatus::kSubmitted, TxnStatus::kAborting,
                              TxnStatus::kSucceed, TxnStatus::kFailed};

std::set<std::pair<TxnStatus, TxnStatus>> LegalMoves(bool forced) {
  std::set<std::pair<TxnStatus, TxnStatus>> moves;
  for (const TxnStatus from : kAll) {
    for (const TxnStatus to : kAll) {
      if (IsLegalMove(Model::kSaga, from, to, forced)) moves.emplace(from, to);
    }
  }
  return moves;
}

TEST(LegalMoveTest, ASagaGoesForwardOrTurnsRoundOnceAndThenStays) {
  using enum TxnStatus;
  const std::set<std::pair<TxnStatus, TxnStatus>> expected = {
      {kPrepared, kPrepared},  {kPrepared, kSubmitted}, {kSubmitted, kSubmitted},
      {kSubmitted, kAborting}, {kSubmitted, kSucceed},  {kAborting, kAborting},
      {kAborting, kFailed},
  };
  EXPECT_EQ(LegalMoves(false), expected);
}

TEST(LegalMoveTest, ForceEndsWhateverIsUnfinishedAndNothingElse) {
  using enum TxnStatus;
  auto expected = LegalMoves(false);
  expected.insert({{kPrepared, kFailed}, {kSubmitted, kFailed}});
  EXPECT_EQ(LegalMoves(true), expected);
}

TEST(NameTest, WordsAreTheWires) {
  EXPECT_EQ(Name(Model::kSaga), "saga");
  EXPECT_EQ(Name(TxnStatus::kPrepared), "prepared");
  EXPECT_EQ(Name(TxnStatus::kSubmitted), "submitted");
  EXPECT_EQ(Name(TxnStatus::kAborting), "aborting");
  EXPECT_EQ(Name(TxnStatus::kSucceed), "succeed");
  EXPECT_EQ(Name(TxnStatus::kFailed), "failed");
  EXPECT_EQ(Name(BranchStatus::kPrepared), "prepared");
  EXPECT_EQ(Name(BranchStatus::kSucceed), "succeed");
  EXPECT_EQ(Name(BranchStatus::kFailed), "failed");
  EXPECT_EQ(OpName(Model::kSaga, Op::kAction), "action");
  EXPECT_EQ(OpName(Model::kSaga, Op::kCompensate), "compensate");
  EXPECT_EQ(Name(Outcome::kSuccess), "SUCCESS");
  EXPECT_EQ(Name(Outcome::kFailure), "FAILURE");
  EXPECT_EQ(Name(Outcome::kOngoing), "ONGOING");
  EXPECT_EQ(Name(Outcome::kUnknown), "UNKNOWN");
}

TEST(BranchIdTest, CountsFromOneWithAtLeastTwoDigits) {
  EXPECT_EQ(BranchId({0}), "01");
  EXPECT_EQ(BranchId({8}), "09");
  EXPECT_EQ(BranchId({9}), "10");
  EXPECT_EQ(BranchId({98}), "99");
  EXPECT_EQ(BranchId({99}), "100");
  EXPECT_EQ(BranchId({999}), "1000");
}

}  // namespace
}  // namespace treaty
