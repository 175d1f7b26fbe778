// Destinations that answer, but slowly: they delay no quick one, and have what the quick ones
// leave.

#include <gtest/gtest.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "participant/town.h"

namespace treaty::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kAtOnce{5};
constexpr milliseconds kAllowed{100};

Town::Service& OpenQuick(Town& town) {
  Town::Service& quick = town.Open(Town::Always(kAtOnce));
  town.AskOften(quick, 100, milliseconds(10));
  quick.waits.clear();
  return quick;
}

struct Crowd {
  std::string name;
  std::size_t count;
  Town::Pace pace;
  Turnstile::Limits limits;
};

std::ostream& operator<<(std::ostream& out, const Crowd& crowd) { return out << crowd.name; }

class SlowCrowd : public testing::TestWithParam<Crowd> {};
// All of it has been called: who has not is like any other of whom nobody has heard.
class KnownCrowd : public testing::TestWithParam<Crowd> {};

// From the first moment on. Who was quick until now may surprise once, not again and again.
TEST_P(SlowCrowd, DelaysNoQuickDestination) {
  const Crowd& crowd = GetParam();
  Town town(crowd.limits);
  Town::Service& quick = OpenQuick(town);
  for (std::size_t i = 0; i < crowd.count; ++i) {
    town.Swamp(town.Open(crowd.pace));
    town.Pass(milliseconds(1));
  }
  town.AskOften(quick, 15'000, milliseconds(5));
  EXPECT_LE(P99(quick.waits), kAllowed);
  EXPECT_EQ(quick.waits.size(), 15'000U);
}

TEST_P(KnownCrowd, LetsNewcomersIn) {
  const Crowd& crowd = GetParam();
  Town town(crowd.limits);
  for (std::size_t i = 0; i < crowd.count; ++i) town.Swamp(town.Open(crowd.pace));
  town.Pass(seconds(120));
  Town::Service& newcomer = town.Open(Town::Always(kAtOnce));
  town.Ask(newcomer);
  town.Pass(crowd.limits.patience);
  EXPECT_EQ(newcomer.waits.size(), 1U) << "at the latest when one of theirs has ended";
  town.AskOften(newcomer, 300, milliseconds(10));
  EXPECT_LE(P99({newcomer.waits.begin() + 1, newcomer.waits.end()}), kAllowed);
}

Turnstile::Limits Of(std::size_t total, std::size_t per_gate, Duration patience = seconds(1)) {
  return {.per_gate = per_gate, .total = total, .patience = patience};
}

constexpr milliseconds kNearly{800};

std::vector<Crowd> KnownToBeSlow() {
  return {{"JustInTime", 250, Town::Always(kNearly), Of(64, 32)},
          {"JustInTimeOfThree", 250, Town::Always(milliseconds(2'900)), Of(64, 32, seconds(3))},
          {"FewPlaces", 100, Town::Always(kNearly), Of(16, 16)},
          {"ManyPlaces", 250, Town::Always(kNearly), Of(1'024, 16)},
          {"OnePlaceEach", 250, Town::Always(kNearly), Of(64, 1)},
          {"HalfAsSlow", 250, Town::Always(milliseconds(400)), Of(64, 32)},
          {"QuickByTurns", 250,
           [](std::size_t n) { return n % 2 == 0 ? Duration(1) : Duration(kNearly); }, Of(64, 32)}};
}

std::vector<Crowd> AllCrowds() {
  std::vector<Crowd> crowds = KnownToBeSlow();
  crowds.push_back({"ThousandsOfThem", 3'000, Town::Always(kNearly), Of(64, 32)});
  crowds.push_back({"NotVerySlow", 250, Town::Always(milliseconds(120)), Of(64, 32)});
  const auto slow_after = [](std::size_t quick) -> Town::Pace {
    return [quick](std::size_t n) { return n < quick ? Duration(1) : Duration(kNearly); };
  };
  crowds.push_back({"QuickOnceThenSlow", 250, slow_after(1), Of(64, 32)});
  crowds.push_back({"QuickTenTimesThenSlow", 250, slow_after(10), Of(64, 32)});
  crowds.push_back({"SlowNowAndThen", 250,
                    [](std::size_t n) { return n % 20 < 19 ? Duration(1) : Duration(kNearly); },
                    Of(64, 32)});
  return crowds;
}

constexpr auto kByName = [](const auto& one) { return one.param.name; };
INSTANTIATE_TEST_SUITE_P(Turnstile, SlowCrowd, testing::ValuesIn(AllCrowds()), kByName);
INSTANTIATE_TEST_SUITE_P(Turnstile, KnownCrowd, testing::ValuesIn(KnownToBeSlow()), kByName);

// What nobody else needs is theirs, but for what is kept for quick ones that may come.
TEST(TurnstileTime, SlowOnesHaveWhatIsLeft) {
  Town town(Of(64, 64));
  Town::Service& slow = town.Open(Town::Always(kNearly));
  town.Swamp(slow);
  town.Pass(seconds(5));
  EXPECT_EQ(town.active(), 52U);
  EXPECT_GE(slow.begun, 52U * 5);
}

// Names made up by the thousand, each called once: neither quick ones nor slow ones that are known
// starve.
TEST(TurnstileTime, StrangersWithoutEndLeaveRoomForThoseWhoAreKnown) {
  Town town(Of(64, 32));
  Town::Service& quick = OpenQuick(town);
  Town::Service& slow = town.Open(Town::Always(kNearly));
  town.AskOften(slow, 10, seconds(1));
  const std::size_t before = slow.begun;
  town.Swamp(slow);
  for (int i = 0; i < 2'000; ++i) {
    town.Ask(town.Open(Town::Always(kNearly)));
    town.Ask(town.Open(Town::Always(kNearly)));
    town.AskOften(quick, 1, milliseconds(5));
  }
  EXPECT_LE(P99(quick.waits), kAllowed);
  EXPECT_GE(slow.begun - before, 20U);
}

// However much quick ones want: slow ones are called too.
TEST(TurnstileTime, QuickOnesWithoutEndDoNotStarveSlowOnes) {
  Town town(Of(64, 32));
  Town::Service& slow = town.Open(Town::Always(kNearly));
  town.AskOften(slow, 10, seconds(1));
  for (int i = 0; i < 250; ++i) town.Swamp(town.Open(Town::Always(kAtOnce)));
  town.Pass(seconds(2));
  const std::size_t before = slow.begun;
  town.Swamp(slow);
  town.Pass(seconds(10));
  EXPECT_GE(slow.begun - before, 20U);
}

// Where there is one place only, everybody has a turn: quick ones, slow ones and strangers.
TEST(TurnstileTime, OnePlaceIsUsedByAllInTurns) {
  Town town(Of(1, 1));
  Town::Service& slow = town.Open(Town::Always(kNearly));
  town.AskOften(slow, 10, seconds(1));
  Town::Service& quick = OpenQuick(town);
  const std::size_t slow_before = slow.begun;
  const std::size_t quick_before = quick.begun;
  town.Swamp(slow);
  town.Swamp(quick);
  for (int i = 0; i < 20; ++i) {
    town.Ask(town.Open(Town::Always(kNearly)));
    town.Pass(seconds(2));
  }
  EXPECT_GE(slow.begun - slow_before, 10U);
  EXPECT_GE(quick.begun - quick_before, 10U);
}

// A rank is no fate: who has become quick is treated as such.
TEST(TurnstileTime, WhoHasBecomeQuickIsQuick) {
  Town town(Of(64, 32));
  Town::Service& mended =
      town.Open([](std::size_t n) { return n < 40 ? kNearly : Duration(kAtOnce); });
  town.AskOften(mended, 40, seconds(1));
  EXPECT_EQ(mended.rank(), Rank::kSlowest);
  town.AskOften(mended, 80, milliseconds(10));
  EXPECT_EQ(mended.rank(), Rank::kQuick);
}

// One pause does not make a quick one slow.
TEST(TurnstileTime, OnePauseIsForgiven) {
  Town town(Of(64, 32));
  Town::Service& quick =
      town.Open([](std::size_t n) { return n == 200 ? kNearly : Duration(kAtOnce); });
  town.AskOften(quick, 200, milliseconds(10));
  EXPECT_EQ(quick.rank(), Rank::kQuick);
  town.AskOften(quick, 1, seconds(1));
  EXPECT_GE(quick.rank(), Rank::kSteady);
  town.AskOften(quick, 40, milliseconds(10));
  EXPECT_EQ(quick.rank(), Rank::kQuick);
}

}  // namespace
}  // namespace treaty::test
