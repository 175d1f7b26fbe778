// Whose turn it is, where a lane has more calls than it may make at a time.

#include <gtest/gtest.h>

#include <vector>

#include "participant/passage.h"

namespace treaty::test {
namespace {

using std::chrono::seconds;

using Is = Passage::Is;

TEST(TurnstileTest, DestinationsTakeTurns) {
  Passage passage({.per_gate = 10, .total = 9});
  passage.AddMany(2, 100, Is::kTrusted);
  passage.Add(2);
  EXPECT_EQ(passage.StartAll(), std::vector<std::size_t>({4, 3, 2}));
}

TEST(TurnstileTest, NoneHasMoreThanItsShare) {
  Passage passage({.per_gate = 2, .total = 100});
  Gate& busy = passage.Add(100);
  passage.Add(1);
  EXPECT_EQ(passage.StartAll(), std::vector<std::size_t>({2, 1}));
  passage.Answer(busy);
  EXPECT_EQ(busy.active, 2U);
}

// Whoever let three calls in a row time out gets one at a time, until it answers.
TEST(TurnstileTest, ASuspectHasOneCallAtATime) {
  Passage passage({.per_gate = 10, .total = 100});
  Gate& gate = passage.Add(50, Is::kSuspect);
  EXPECT_EQ(passage.StartAll(), std::vector<std::size_t>({1}));
  passage.Answer(gate);
  EXPECT_EQ(gate.active, 10U);
}

TEST(TurnstileTest, AllSuspectsTogetherHaveHalfOfTheTotal) {
  Passage passage({.per_gate = 10, .total = 10});
  passage.AddMany(20, 5, Is::kSuspect);
  passage.Add(50);
  const std::vector<std::size_t> started = passage.StartAll();
  std::size_t suspects = 0;
  for (std::size_t i = 0; i < 20; ++i) suspects += started[i];
  EXPECT_EQ(suspects, 5u);
  EXPECT_EQ(started[20], 5u);
}

// However many nobody has heard of yet: a quarter is left to those who have answered.
TEST(TurnstileTest, StrangersLeaveRoomForThoseWhoAnswer) {
  Passage passage({.per_gate = 10, .total = 100});
  passage.AddMany(50, 60, Is::kStranger);
  passage.AddMany(50, 60, Is::kSuspect);
  passage.StartAll();
  EXPECT_EQ(passage.active(), 75U);
  Gate& known = passage.Add(60);
  passage.StartAll();
  EXPECT_EQ(known.active, 10U);
}

// Whoever uses less than an even share need not stand behind those who use more.
TEST(TurnstileTest, TheModestGoFirst) {
  Passage passage({.per_gate = 100, .total = 40});
  Gate& busy = passage.Add(100);
  passage.AddMany(3, 100, Is::kTrusted);
  passage.StartAll();
  Gate& modest = passage.Add(1);
  passage.StartAll();
  EXPECT_EQ(modest.active, 0U);
  passage.Answer(busy);
  EXPECT_EQ(modest.active, 1U);
}

TEST(TurnstileTest, SilenceMakesSuspectWhateverTheTimeOuts) {
  Passage passage({.per_gate = 10, .total = 100});
  Gate& silent = passage.Add(50, Is::kStranger);
  Gate& was_good = passage.Add(50);
  Gate& answers = passage.Add(50);
  passage.StartAll();
  passage.Pass(seconds(2));
  passage.Answer(answers);
  EXPECT_FALSE(silent.IsSuspect());
  passage.Pass(seconds(1));
  EXPECT_TRUE(silent.IsSuspect());
  EXPECT_TRUE(was_good.IsSuspect());
  EXPECT_FALSE(answers.IsSuspect());
  EXPECT_EQ(answers.late_calls, 9U) << "all but the one that was answered, and the new one";
  passage.Answer(silent);
  EXPECT_FALSE(silent.IsSuspect());
}

// One that came back while its old calls hang is found out by a new one, each time patience ends.
TEST(TurnstileTest, ASuspectWithLateCallsIsTriedAgain) {
  Passage passage({.per_gate = 10, .total = 100});
  Gate& gate = passage.Add(4, Is::kStranger);
  passage.StartAll();
  gate.queued = 50;
  passage.Pass(seconds(3));
  EXPECT_EQ(gate.active, 5U);
  passage.Pass(seconds(2));
  EXPECT_EQ(gate.active, 5U);
  passage.Pass(seconds(1));
  EXPECT_EQ(gate.active, 6U);
}

// All answered once, and then all fell silent: half of the total is found for somebody new.
TEST(TurnstileTest, LateCallsBeyondTheirShareGiveWayToThoseWhoWait) {
  Passage passage({.per_gate = 10, .total = 100});
  passage.AddMany(20, 60, Is::kTrusted);
  passage.StartAll();
  EXPECT_EQ(passage.active(), 100U);
  passage.Pass(seconds(3));
  EXPECT_EQ(passage.GiveWay(), 0U) << "nobody waits";
  Gate& known = passage.Add(1);
  Gate& stranger = passage.Add(1, Is::kStranger);
  passage.StartAll();
  EXPECT_EQ(known.active + stranger.active, 0U);
  passage.GiveWay();
  EXPECT_EQ(known.active, 1U);
  EXPECT_EQ(stranger.active, 1U);
  EXPECT_GE(passage.active(), 50U);
}

TEST(TurnstileTest, WhoHasMostGivesWayWithItsYoungest) {
  Passage passage({.per_gate = 100, .total = 20});
  Gate& slow = passage.Add(2);
  passage.StartAll();
  Gate& greedy = passage.Add(100);
  passage.StartAll();
  passage.Pass(seconds(3));
  passage.AddMany(10, 10, Is::kTrusted);
  passage.StartAll();
  EXPECT_GT(passage.GiveWay(), 7U);
  EXPECT_EQ(slow.active, 2U);
  EXPECT_EQ(greedy.active, 8U);
}

// A suspect that has no call under way is tried also while the suspects' share is full.
TEST(TurnstileTest, ThoseThatNeverAnswerKeepNoSuspectFromBeingTried) {
  Passage passage({.per_gate = 10, .total = 20});
  passage.AddMany(4, 60, Is::kStranger);
  passage.StartAll();
  for (int i = 0; i < 10; ++i) passage.Pass(seconds(3));
  Gate& back = passage.Add(1, Is::kSuspect);
  passage.StartAll();
  EXPECT_EQ(back.active, 0U);
  passage.GiveWay();
  EXPECT_EQ(back.active, 1U);
  passage.Answer(back);
  EXPECT_FALSE(back.IsSuspect());
}

// What no longer waits needs no room.
TEST(TurnstileTest, NobodyGivesWayToThoseWhoLeft) {
  Passage passage({.per_gate = 10, .total = 10});
  passage.Add(10);
  passage.StartAll();
  passage.Pass(seconds(3));
  Gate& gone = passage.Add(1);
  passage.StartAll();
  passage.turnstile().Withdrawn(gone, 1);
  EXPECT_EQ(passage.GiveWay(), 0U);
}

}  // namespace
}  // namespace treaty::test
