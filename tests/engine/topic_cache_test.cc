// The cache of topics: what may be old is never shown.

#include "engine/topic_cache.h"

#include <gtest/gtest.h>

namespace treaty {
namespace {

const TopicMap kRead = {{"t", {{"http://a/", "r"}}}, {"u", {{"http://b/", ""}}}};

TEST(TopicCacheTest, ShowsWhatWasReadIfItHasAll) {
  TopicCache cache;
  cache.Keep(kRead, cache.generation());
  EXPECT_EQ(cache.Find({"t", "u"}), kRead);
  EXPECT_EQ(cache.Find({"u"})->at("u").front().url, "http://b/");
  EXPECT_FALSE(cache.Find({"t", "v"}).has_value());
}

TEST(TopicCacheTest, ForgetsOneTopicAlone) {
  TopicCache cache;
  cache.Keep(kRead, cache.generation());
  cache.Forget("t");
  EXPECT_FALSE(cache.Find({"t"}).has_value());
  EXPECT_TRUE(cache.Find({"u"}).has_value());
}

// The store may have been read before the edit, and its answer come after.
TEST(TopicCacheTest, KeepsNothingThatWasReadBeforeAnEdit) {
  TopicCache cache;
  const std::uint64_t before = cache.generation();
  cache.Forget("t");
  cache.Keep(kRead, before);
  EXPECT_FALSE(cache.Find({"t"}).has_value());
  cache.Keep(kRead, cache.generation());
  EXPECT_TRUE(cache.Find({"t"}).has_value());
}

TEST(TopicCacheTest, HoldsNoMoreThanItsLimit) {
  TopicCache cache(4'096);
  for (int i = 0; i < 1'000; ++i) {
    const std::string name = "t" + std::to_string(i);
    cache.Keep({{name, {{"http://a/", ""}}}}, cache.generation());
  }
  std::size_t kept = 0;
  for (int i = 0; i < 1'000; ++i) kept += cache.Find({"t" + std::to_string(i)}) ? 1 : 0;
  EXPECT_LT(kept, 40u);
}

}  // namespace
}  // namespace treaty
