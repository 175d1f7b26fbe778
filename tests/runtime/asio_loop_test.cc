// The daemon's event loop: order, deadlines, cancelling, other threads.

#include "runtime/asio_loop.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace treaty {
namespace {

using std::chrono::milliseconds;

TEST(AsioLoop, RunsTasksInTheOrderOfPosting) {
  AsioLoop loop;
  std::vector<int> seen;
  for (int i = 0; i < 100; ++i) loop.Post([&seen, i] { seen.push_back(i); });
  loop.Post([&loop] { loop.Stop(); });
  EXPECT_TRUE(seen.empty()) << "a task ran inside Post";
  loop.Run("loop");
  ASSERT_EQ(seen.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(AsioLoop, TimersFireInTheOrderOfTheirDeadlinesAndNeverEarly) {
  AsioLoop loop;
  const auto start = std::chrono::steady_clock::now();
  std::vector<int> seen;
  const auto add = [&](int delay) {
    loop.After(milliseconds(delay), [&seen, delay, start] {
      EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(delay));
      seen.push_back(delay);
    });
  };
  for (const int delay : {30, 5, 20, 5, 10, 0, -7}) add(delay);
  loop.After(milliseconds(40), [&loop] { loop.Stop(); });
  loop.Run("loop");
  EXPECT_EQ(seen, (std::vector<int>{0, -7, 5, 5, 10, 20, 30}));
}

TEST(AsioLoop, ACancelledTimerNeverFiresAndLetsGoOfItsTask) {
  AsioLoop loop;
  auto held = std::make_shared<int>(0);
  const TimerId timer = loop.After(milliseconds(1), [held] { ++*held; });
  loop.After(milliseconds(20), [&loop] { loop.Stop(); });
  loop.Cancel(timer);
  EXPECT_EQ(held.use_count(), 1);
  loop.Cancel(timer);
  loop.Cancel(kNoTimer);
  loop.Cancel(9'999);
  loop.Run("loop");
  EXPECT_EQ(*held, 0);
}

TEST(AsioLoop, ATimerMayCancelItsNeighbourAndSetAnother) {
  AsioLoop loop;
  bool neighbour = false;
  TimerId second = kNoTimer;
  loop.After(milliseconds(1), [&] {
    loop.Cancel(second);
    loop.After(milliseconds(0), [&loop] { loop.Stop(); });
  });
  second = loop.After(milliseconds(1), [&] { neighbour = true; });
  loop.Run("loop");
  EXPECT_FALSE(neighbour);
}

TEST(AsioLoop, KeepsLiveTimersWhenManyAreCancelled) {
  AsioLoop loop;
  int fired = 0;
  std::vector<TimerId> dropped;
  for (int i = 0; i < 5'000; ++i) {
    dropped.push_back(loop.After(milliseconds(5), [] { FAIL() << "was cancelled"; }));
    if (i % 100 == 0) loop.After(milliseconds(2), [&fired] { ++fired; });
  }
  for (const TimerId timer : dropped) loop.Cancel(timer);
  loop.After(milliseconds(10), [&loop] { loop.Stop(); });
  loop.Run("loop");
  EXPECT_EQ(fired, 50);
}

TEST(AsioLoop, TakesTasksOfOtherThreadsAndStopsFromThem) {
  AsioLoop loop;
  int seen = 0;
  std::thread other([&] {
    for (int i = 0; i < 1'000; ++i) loop.Post([&seen] { ++seen; });
    loop.Post([&loop] { loop.Stop(); });
  });
  loop.Run("loop");
  other.join();
  EXPECT_EQ(seen, 1'000);
}

}  // namespace
}  // namespace treaty
