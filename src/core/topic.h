// Topics: named lists of subscribers. A message whose step names one is delivered to all of them.
//
// Like everything here, only decisions: where topics are kept, and how, is the engine's business.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/request.h"
#include "core/txn.h"

namespace treaty {

struct Subscriber {
  std::string url;
  std::string remark;  // The operator's words.
  bool operator==(const Subscriber&) const = default;
};

using Topic = std::vector<Subscriber>;  // In the order of their subscription.

// What a client wants changed; names, URL and remark have passed the door.
struct TopicEdit {
  enum class Kind : std::uint8_t { kSubscribe, kUnsubscribe, kDelete };
  Kind kind = Kind::kSubscribe;
  std::string topic;
  Subscriber subscriber = {};  // Not for kDelete; the URL alone for kUnsubscribe.
};

// What an edit makes of a topic.
struct TopicChange {
  std::optional<Answer> refusal = {};  // Nothing changes.
  std::optional<Topic> next = {};      // Nothing: the topic goes.
};

// `topic` is empty where there is none of that name; it never holds more than `most`.
TopicChange ApplyEdit(const std::optional<Topic>& topic, const TopicEdit& edit, std::size_t most);

// What an action that stands for a topic begins with; its name follows.
inline constexpr std::string_view kTopicScheme = "topic://";

// The name of the topic that an action stands for; empty: it is a URL.
std::string_view TopicName(std::string_view action);

// The topics that the steps of a message name, each once.
std::vector<std::string> TopicNames(const Body& body);

// The stored form of topics, and the checks that only the wire can make.
class TopicFormat {
 public:
  virtual ~TopicFormat() = default;

  virtual std::string Write(const Topic& topic) const = 0;

  // Fails with kDataLoss on a text that Write has not made.
  virtual Result<Topic> Read(std::string_view text) const = 0;

  // kInvalidArgument: `url` cannot be called with `payload` by a message of that protocol.
  virtual Status CheckDelivery(const std::string& url, const std::string& protocol,
                               const std::string& payload) const = 0;
};

using TopicMap = std::map<std::string, Topic, std::less<>>;

// To whom a message goes: one recipient per step, one per subscriber where the step names a
// topic. kInvalidArgument where a topic is not in `topics` or has no subscribers, where one of
// them cannot be called, and where there are more than `most`.
Result<std::vector<Recipient>> Expand(const Body& body, const TopicMap& topics,
                                      const TopicFormat& format, std::size_t most);

}  // namespace treaty
