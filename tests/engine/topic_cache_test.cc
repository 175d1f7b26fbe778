// The cache of topics: what may be old is never shown.

#include "engine/topic_cache.h"

#include <gtest/gtest.h>

namespace treaty {
namespace {

const Time kNow{std::chrono::hours(1)};
const TopicMap kRead = {{"t", {{"http://a/", "r"}}}, {"u", {{"http://b/", ""}}}};

TEST(TopicCacheTest, ShowsWhatWasReadIfItHasAll) {
  TopicCache cache;
  cache.Keep(kRead, cache.generation(), kNow);
  EXPECT_EQ(cache.Find({"t", "u"}, kNow), kRead);
  EXPECT_EQ(cache.Find({"u"}, kNow)->at("u").front().url, "http://b/");
  EXPECT_FALSE(cache.Find({"t", "v"}, kNow).has_value());
}

TEST(TopicCacheTest, ForgetsOneTopicAlone) {
  TopicCache cache;
  cache.Keep(kRead, cache.generation(), kNow);
  cache.Forget("t");
  EXPECT_FALSE(cache.Find({"t"}, kNow).has_value());
  EXPECT_TRUE(cache.Find({"u"}, kNow).has_value());
}

// The store may have been read before the edit, and its answer come after.
TEST(TopicCacheTest, KeepsNothingThatWasReadBeforeAnEdit) {
  TopicCache cache;
  const std::uint64_t before = cache.generation();
  cache.Forget("t");
  cache.Keep(kRead, before, kNow);
  EXPECT_FALSE(cache.Find({"t"}, kNow).has_value());
  cache.Keep(kRead, cache.generation(), kNow);
  EXPECT_TRUE(cache.Find({"t"}, kNow).has_value());
}

// Somebody else may have edited it meanwhile.
TEST(TopicCacheTest, ForgetsAllWhenTheOldestHasReachedItsAge) {
  TopicCache cache(std::chrono::seconds(4));
  cache.Keep({{"t", {{"http://a/", "r"}}}}, cache.generation(), kNow);
  cache.Keep({{"u", {{"http://b/", ""}}}}, cache.generation(), kNow + std::chrono::seconds(3));
  EXPECT_TRUE(cache.Find({"t", "u"}, kNow + Duration(3'999)).has_value());
  EXPECT_FALSE(cache.Find({"t"}, kNow + std::chrono::seconds(4)).has_value());
  EXPECT_FALSE(cache.Find({"u"}, kNow + std::chrono::seconds(4)).has_value());
  cache.Keep(kRead, cache.generation(), kNow + std::chrono::seconds(4));
  EXPECT_TRUE(cache.Find({"t"}, kNow + Duration(7'999)).has_value());
}

TEST(TopicCacheTest, NeverForgetsForAgeWhereNobodyElseEdits) {
  TopicCache cache;
  cache.Keep(kRead, cache.generation(), kNow);
  EXPECT_TRUE(cache.Find({"t"}, kNow + std::chrono::hours(1'000)).has_value());
}

TEST(TopicCacheTest, HoldsNoMoreThanItsLimit) {
  TopicCache cache(Duration(0), 4'096);
  for (int i = 0; i < 1'000; ++i) {
    const std::string name = "t" + std::to_string(i);
    cache.Keep({{name, {{"http://a/", ""}}}}, cache.generation(), kNow);
  }
  std::size_t kept = 0;
  for (int i = 0; i < 1'000; ++i) kept += cache.Find({"t" + std::to_string(i)}, kNow) ? 1 : 0;
  EXPECT_LT(kept, 40u);
}

}  // namespace
}  // namespace treaty
