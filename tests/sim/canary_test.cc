// Switches on one mistake after the other: the judge must find each of them soon.

#include "base/canary.h"

#include <gtest/gtest.h>

#include "sim/run.h"

namespace treaty::sim {
namespace {

using canary::Canary;

constexpr double kNoLimit = 1e9;
constexpr std::uint64_t kSeeds = 5'000;  // The rarest shows in one of five hundred.
constexpr std::uint64_t kCleanSeeds = 300;

Tally RunWith(Canary canary, std::uint64_t seeds) {
  canary::armed = canary;
  Tally tally = RunSeeds(1, kNoLimit, seeds);
  canary::armed = Canary::kNone;
  return tally;
}

TEST(SimCanaries, FindsNothingWhenNoneIsArmed) {
  const Tally tally = RunWith(Canary::kNone, kCleanSeeds);
  EXPECT_EQ(tally.failure, "") << "seed " << tally.failed_seed;
}

class EachCanary : public ::testing::TestWithParam<Canary> {};

TEST_P(EachCanary, IsFound) {
  const Tally tally = RunWith(GetParam(), kSeeds);
  Print(tally, false);
  EXPECT_NE(tally.failure, "");
}

INSTANTIATE_TEST_SUITE_P(
    SimCanaries, EachCanary,
    ::testing::Values(Canary::kAckBeforeCommit, Canary::kMissingIntent, Canary::kResubmitRunsAgain,
                      Canary::kLateReplyRewrites, Canary::kNoRecovery,
                      Canary::kCompensateRecordedOnly, Canary::kNoHold, Canary::kBothDirections,
                      Canary::kLateRegistration, Canary::kNoTimeout, Canary::kBranchOrder,
                      Canary::kOngoingIsDone, Canary::kFinishesEarly, Canary::kNoCheckBack,
                      Canary::kUnknownSubmits, Canary::kNoDelay, Canary::kResultRewritten,
                      Canary::kRunnerToldFailure, Canary::kSubmitOfNothing, Canary::kNoQuarantine,
                      Canary::kTopicExpandedTwice, Canary::kTopicEditLost, Canary::kNoLease,
                      Canary::kNoLeaseCheck, Canary::kLeaseByWallClock, Canary::kNoVersionCheck,
                      Canary::kGoesOnAfterRefusal, Canary::kUnknownSettledByRead,
                      Canary::kModeFromConfig, Canary::kSleepIsACrash, Canary::kAnswersFromCopy,
                      Canary::kUnsentIsSeen));

}  // namespace
}  // namespace treaty::sim
