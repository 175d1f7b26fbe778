// Which name is looked up next.

#include "runtime/lookup_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace treaty {
namespace {

using Standing = LookupLine::Standing;

class LookupLineTest : public ::testing::Test {
 protected:
  // Adds names "<prefix>0" and so on.
  void Add(const std::string& prefix, std::size_t count, Standing standing) {
    for (std::size_t i = 0; i < count; ++i) line_.Add(prefix + std::to_string(i), standing);
  }
  std::vector<std::string> BeginAll() {
    std::vector<std::string> begun;
    while (const auto name = line_.Next()) begun.push_back(*name);
    return begun;
  }
  void MakeLate(const std::vector<std::string>& names) {
    for (const std::string& name : names) line_.MakeLate(name);
  }

  LookupLine line_;
};

TEST_F(LookupLineTest, KnownNamesGoFirstThenNewOnes) {
  Add("failed", 1, Standing::kFailed);
  Add("lapsed", 1, Standing::kLapsed);
  Add("new", 2, Standing::kNew);
  Add("known", 1, Standing::kKnown);
  EXPECT_EQ(BeginAll(), (std::vector<std::string>{"known0", "new0", "new1", "lapsed0", "failed0"}));
}

TEST_F(LookupLineTest, NamesThatFailedLeaveRoomForNewOnes) {
  Add("failed", 100, Standing::kFailed);
  EXPECT_EQ(BeginAll().size(), LookupLine::kMostOfFailed);
  Add("new", 100, Standing::kNew);
  EXPECT_EQ(BeginAll().size(), LookupLine::kMostLookups - LookupLine::kMostOfFailed);
}

TEST_F(LookupLineTest, NewNamesLeaveRoomForKnownOnes) {
  Add("new", 100, Standing::kNew);
  EXPECT_EQ(BeginAll().size(), LookupLine::kMostLookups);
  Add("known", 100, Standing::kKnown);
  EXPECT_EQ(BeginAll().size(), LookupLine::kKeptForKnown);
}

// Whatever the others do, and be they late themselves.
TEST_F(LookupLineTest, LapsedNamesHaveRoomOfTheirOwn) {
  Add("new", 1'000, Standing::kNew);
  for (std::vector<std::string> begun = BeginAll(); !begun.empty(); begun = BeginAll()) {
    MakeLate(begun);
  }
  Add("lapsed", 100, Standing::kLapsed);
  const std::vector<std::string> begun = BeginAll();
  EXPECT_EQ(begun.size(), LookupLine::kKeptForLapsed);
  MakeLate(begun);
  EXPECT_EQ(BeginAll().size(), 0U);
  Add("known", 100, Standing::kKnown);
  EXPECT_EQ(BeginAll().size(), LookupLine::kKeptForKnown) << "of which they take nothing";
  line_.Remove(begun.front());
  EXPECT_EQ(BeginAll().size(), 1U);
}

TEST_F(LookupLineTest, BeyondTheirRoomLapsedNamesCountAmongThoseThatFailed) {
  Add("lapsed", 100, Standing::kLapsed);
  EXPECT_EQ(BeginAll().size(), LookupLine::kKeptForLapsed + LookupLine::kMostOfFailed);
  Add("failed", 100, Standing::kFailed);
  EXPECT_EQ(BeginAll().size(), 0U);
}

TEST_F(LookupLineTest, LateOnesHoldNoRoomUpToALimit) {
  Add("new", 1'000, Standing::kNew);
  std::size_t all = 0;
  for (std::vector<std::string> begun = BeginAll(); !begun.empty(); begun = BeginAll()) {
    all += begun.size();
    MakeLate(begun);
  }
  EXPECT_EQ(all, LookupLine::kMostLookups + LookupLine::kMostLate);
  Add("known", 100, Standing::kKnown);
  Add("lapsed", 100, Standing::kLapsed);
  EXPECT_EQ(all + BeginAll().size(), LookupLine::kMostThreads);
  line_.Remove("new0");
  EXPECT_EQ(BeginAll().size(), 1U);
}

TEST_F(LookupLineTest, WhoLeavesTheLineIsNotLookedUp) {
  Add("new", 3, Standing::kNew);
  line_.Remove("new1");
  EXPECT_EQ(BeginAll(), (std::vector<std::string>{"new0", "new2"}));
  line_.Remove("new0");
  line_.Remove("new0");
  Add("new", 1, Standing::kFailed);
  EXPECT_EQ(BeginAll(), (std::vector<std::string>{"new0"}));
}

}  // namespace
}  // namespace treaty
