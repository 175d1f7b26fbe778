// What a transaction weighs is no less than what it takes.

#include "core/weight.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/outcome_text.h"

namespace treaty {
namespace {

Txn WithBranches(std::size_t count, std::size_t words) {
  Txn txn;
  txn.body = std::make_shared<const Body>();
  txn.terms = std::make_shared<const Terms>();
  txn.branches.resize(count);
  for (Branch& branch : txn.branches) branch.last_outcome.assign(words, 'x');
  return txn;
}

TEST(WeightTest, CountsWhyEachBranchDoesNotGetOn) {
  const std::size_t nothing = WeightOf(WithBranches(0, 0));
  for (const std::size_t count : std::vector<std::size_t>{1, 2, 1'000, 65'535}) {
    const std::size_t held = count * (sizeof(Branch) + kMaxOutcomeBytes);
    EXPECT_GE(WeightOf(WithBranches(count, kMaxOutcomeBytes)), nothing + held) << count;
  }
}

// It is weighed when it comes and when it grows, not with each answer.
TEST(WeightTest, CountsThemBeforeTheyCome) {
  for (const std::size_t words : {std::size_t{1}, std::size_t{16}, kMaxOutcomeBytes}) {
    EXPECT_EQ(WeightOf(WithBranches(10, words)), WeightOf(WithBranches(10, 0))) << words;
  }
}

}  // namespace
}  // namespace treaty
