// Status and Result: how calls say what went wrong.

#include "base/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace treaty {
namespace {

TEST(StatusTest, IsOkUntilToldOtherwise) {
  EXPECT_TRUE(Status().ok());
  const Status status(Code::kNotFound, "no such gid");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(status.message(), "no such gid");
}

TEST(ResultTest, HoldsAValueThatCanBeMovedOut) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result.status().ok());
  const std::unique_ptr<int> value = *std::move(result);
  EXPECT_EQ(*value, 7);
}

TEST(ResultTest, HoldsTheReasonWhenThereIsNoValue) {
  const Result<std::string> result(Status(Code::kUnavailable, "try again"));
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), Code::kUnavailable);
}

TEST(ResultDeathTest, ReadingAValueThatIsNotThereEndsTheProcess) {
  const Result<int> result(Status(Code::kInternal, "broken"));
  EXPECT_DEATH(static_cast<void>(*result), "has_value");
}

TEST(ResultDeathTest, AnOkStatusIsNoReasonForNoValue) {
  EXPECT_DEATH(static_cast<void>(Result<int>(Status())), "ok");
}

}  // namespace
}  // namespace treaty
