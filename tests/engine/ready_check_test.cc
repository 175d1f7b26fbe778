// One question at a time, and nobody is told what was known before he asked.

#include <gtest/gtest.h>

#include <vector>

#include "engine/bulk_reads.h"
#include "engine/task_queue.h"

namespace treaty::testing {
namespace {

// Whoever asks while the store is at work on a question waits for the next one, which is not put
// beside it: a store that does not answer would take that for a good sign.
TEST(ReadyCheck, AsksOneQuestionAtATime) {
  TaskQueue tasks;
  int asked = 0;
  std::vector<int> told;
  ReadyCheck* check = nullptr;
  const auto note = [&told, &asked](const Status&) { told.push_back(asked); };
  ReadyCheck made(tasks, [&] {
    if (++asked == 1) check->Add(note);
    EXPECT_EQ(tasks.size(), 0U) << "beside this one";
    return Status();
  });
  check = &made;
  made.Add(note);
  made.Add(note);
  EXPECT_EQ(tasks.size(), 1U);
  tasks.RunOne();
  EXPECT_EQ(told, (std::vector<int>{1, 1}));
  EXPECT_EQ(tasks.size(), 1U);
  tasks.RunOne();
  EXPECT_EQ(told, (std::vector<int>{1, 1, 2}));
  EXPECT_EQ(tasks.size(), 0U);
  made.Add(note);
  tasks.RunOne();
  EXPECT_EQ(told.back(), 3);
}

}  // namespace
}  // namespace treaty::testing
