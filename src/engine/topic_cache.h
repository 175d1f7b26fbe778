// Topics that were read lately. What may have changed is forgotten, so that whoever comes after
// an acknowledged edit sees it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/topic.h"

namespace treaty {

// Any thread may call.
class TopicCache {
 public:
  static constexpr std::size_t kMostBytes = 16 << 20;

  // Everything is forgotten when the oldest was read `most_age` ago, where somebody else may edit
  // topics (0: nobody does); and beyond `most_bytes` of names, URLs and remarks together.
  explicit TopicCache(Duration most_age = Duration(0), std::size_t most_bytes = kMostBytes)
      : most_age_(most_age), most_bytes_(most_bytes) {}

  // The topics of `names`; nothing unless all are known.
  std::optional<TopicMap> Find(const std::vector<std::string>& names, Time now);

  // Asked before a read; what it returns goes with what was read.
  std::uint64_t generation() const;

  // Keeps what was read, unless something was forgotten since: it may be old by now. `asked`:
  // before the read.
  void Keep(const TopicMap& topics, std::uint64_t generation, Time asked);

  void Forget(const std::string& name);

 private:
  const Duration most_age_;
  const std::size_t most_bytes_;
  mutable std::mutex mutex_;
  TopicMap topics_;               // Guarded by mutex_, like all below.
  Time oldest_ = kNever;          // When the first of them was asked for.
  std::size_t bytes_ = 0;         // Of topics_, and of those forgotten one by one.
  std::uint64_t generation_ = 0;  // How often something was forgotten.
};

}  // namespace treaty
