// Tasks on several threads: side by side, in their order of posting, to the end.

#include "runtime/worker_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <vector>

namespace treaty {
namespace {

TEST(WorkerThreads, RunTasksSideBySide) {
  std::latch all(3);
  WorkerThreads threads;
  threads.Start("test", 3);
  for (int i = 0; i < 3; ++i) {
    threads.Post([&all] { all.arrive_and_wait(); });  // Each waits for the others.
  }
  threads.Stop();
  EXPECT_TRUE(all.try_wait());
}

TEST(WorkerThreads, StopEndsAfterWhatWasPosted) {
  std::atomic<int> done = 0;
  WorkerThreads threads;
  for (int i = 0; i < 100; ++i) threads.Post([&done] { ++done; });
  threads.Start("test", 2);
  threads.Stop();
  EXPECT_EQ(done, 100);
  threads.Stop();
}

TEST(WorkerThreads, TasksMayPostTasks) {
  std::atomic<int> done = 0;
  WorkerThreads threads;
  threads.Start("test", 2);
  std::latch first(1);
  threads.Post([&] {
    threads.Post([&done] { ++done; });
    first.count_down();
  });
  first.wait();
  threads.Stop();
  EXPECT_EQ(done, 1);
}

TEST(WorkerThreads, OneAloneKeepsTheOrder) {
  std::vector<int> order;
  WorkerThreads threads;
  for (int i = 0; i < 50; ++i) threads.Post([&order, i] { order.push_back(i); });
  threads.Start("test", 1);
  threads.Stop();
  ASSERT_EQ(order.size(), 50U);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace treaty
