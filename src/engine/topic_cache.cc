#include "engine/topic_cache.h"

namespace treaty {
namespace {

std::size_t BytesOf(const std::string& name, const Topic& topic) {
  std::size_t bytes = name.size() + sizeof(TopicMap::value_type);
  for (const Subscriber& subscriber : topic) {
    bytes += sizeof(subscriber) + subscriber.url.size() + subscriber.remark.size();
  }
  return bytes;
}

}  // namespace

std::optional<TopicMap> TopicCache::Find(const std::vector<std::string>& names, Time now) {
  const std::lock_guard lock(mutex_);
  if (most_age_ > Duration(0) && now >= oldest_ + most_age_) topics_.clear();
  TopicMap found;
  for (const std::string& name : names) {
    const auto topic = topics_.find(name);
    if (topic == topics_.end()) return std::nullopt;
    found.insert(*topic);
  }
  return found;
}

std::uint64_t TopicCache::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

void TopicCache::Keep(const TopicMap& topics, std::uint64_t generation, Time asked) {
  const std::lock_guard lock(mutex_);
  if (generation != generation_) return;
  if (topics_.empty()) {
    oldest_ = asked;
    bytes_ = 0;
  }
  for (const auto& [name, topic] : topics) {
    if (!topics_.insert_or_assign(name, topic).second) continue;
    bytes_ += BytesOf(name, topic);
  }
  if (bytes_ <= most_bytes_) return;
  topics_.clear();
  bytes_ = 0;
}

void TopicCache::Forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  ++generation_;
  topics_.erase(name);
}

}  // namespace treaty
