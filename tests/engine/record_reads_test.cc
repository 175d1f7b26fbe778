// How readings that wait are put together.

#include "engine/record_reads.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/task_queue.h"
#include "engine/world.h"

namespace treaty::testing {
namespace {

class RecordReadsTest : public ::testing::Test {
 protected:
  void Ask(int from, int to) {
    for (int i = from; i < to; ++i) {
      reads_.Add("g" + std::to_string(i), [this, i](const auto& record) {
        told_.push_back(i);
        troubles_ += record.ok() ? 0 : 1;
      });
    }
  }

  World world_;
  TaskQueue queue_;
  RecordReads reads_{queue_, world_.failing};
  std::vector<int> told_;
  int troubles_ = 0;
};

TEST_F(RecordReadsTest, ALoneOneIsReadAtOnce) {
  Ask(0, 1);
  EXPECT_EQ(queue_.size(), 1U);
  queue_.RunAll();
  EXPECT_EQ(world_.failing.batches(), std::vector<std::size_t>{1});
  EXPECT_EQ(told_, std::vector<int>{0});
}

TEST_F(RecordReadsTest, ThoseThatWaitAreReadTogetherInTurn) {
  Ask(0, 40);
  EXPECT_EQ(queue_.size(), 3U) << "side by side";
  queue_.RunAll();
  EXPECT_EQ(world_.failing.batches(), (std::vector<std::size_t>{16, 16, 8}));
  ASSERT_EQ(told_.size(), 40U);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(told_[static_cast<std::size_t>(i)], i);
}

TEST_F(RecordReadsTest, WhatComesLaterIsReadToo) {
  Ask(0, 20);
  queue_.RunOne();
  Ask(20, 25);
  queue_.RunAll();
  EXPECT_EQ(told_.size(), 25U);
  Ask(25, 26);
  queue_.RunAll();
  EXPECT_EQ(told_.size(), 26U);
}

TEST_F(RecordReadsTest, EachIsToldOfTheTrouble) {
  world_.failing.FailLoadsWith({Code::kUnavailable, "away"});
  Ask(0, 20);
  queue_.RunAll();
  EXPECT_EQ(troubles_, 20);
}

}  // namespace
}  // namespace treaty::testing
