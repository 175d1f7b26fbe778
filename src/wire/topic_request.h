// What clients ask of topics (protocol §1.5, §8), with every check of the door.

#pragma once

#include <cstddef>
#include <string_view>

#include "base/status.h"
#include "core/topic.h"
#include "wire/target_policy.h"

namespace treaty::wire {

// Fixed limits; docs/limits.md.
inline constexpr std::size_t kMaxTopicName = 128;
inline constexpr std::size_t kMaxRemark = 256;

// The parameters of a request, decoded; empty: absent.
struct TopicParameters {
  std::string_view topic;
  std::string_view url;
  std::string_view remark;
};

// kInvalidArgument: the message says what to change. A name that could not be subscribed to may
// still be taken away.
Result<TopicEdit> ParseSubscribe(const TopicParameters& parameters, const TargetPolicy& policy);
Result<TopicEdit> ParseUnsubscribe(const TopicParameters& parameters);
Result<TopicEdit> ParseDeleteTopic(std::string_view topic);

}  // namespace treaty::wire
