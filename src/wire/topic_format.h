// Topics as the JSON text of their entry (protocol §8):
//
//   [{"url":"http://a/b","remark":"the words of who subscribed it"},…]

#pragma once

#include <memory>

#include "core/topic.h"
#include "wire/target_policy.h"

namespace treaty::wire {

// Safe for concurrent use. `policy` is asked again for every delivery: it may have become
// narrower since the subscriber came.
std::unique_ptr<TopicFormat> MakeTopicFormat(TargetPolicy policy);

}  // namespace treaty::wire
