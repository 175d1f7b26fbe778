#include "core/topic.h"

#include <algorithm>
#include <utility>

namespace treaty {
namespace {

TopicChange Refuse(Answer::Kind kind, std::string message) {
  return {.refusal = Answer{kind, std::move(message)}};
}

TopicChange NoSuchTopic(const std::string& name) {
  return Refuse(Answer::Kind::kNotFound, "no such a topic: '" + name + "'");
}

TopicChange Subscribe(Topic topic, const TopicEdit& edit, std::size_t most) {
  if (std::ranges::find(topic, edit.subscriber.url, &Subscriber::url) != topic.end()) {
    return Refuse(Answer::Kind::kFailure, "this url exists in topic '" + edit.topic + "'.");
  }
  if (topic.size() >= most) {
    return Refuse(
        Answer::Kind::kInvalid,
        "the topic '" + edit.topic + "' has too many subscribers; at most " + std::to_string(most));
  }
  topic.push_back(edit.subscriber);
  return {.next = std::move(topic)};
}

TopicChange Unsubscribe(Topic topic, const TopicEdit& edit) {
  if (topic.empty()) {
    return Refuse(Answer::Kind::kNotFound, "this topic is empty: '" + edit.topic + "'");
  }
  const auto found = std::ranges::find(topic, edit.subscriber.url, &Subscriber::url);
  if (found == topic.end()) {
    return Refuse(Answer::Kind::kNotFound, "no such an url in topic '" + edit.topic + "'");
  }
  topic.erase(found);
  return {.next = std::move(topic)};
}

Status Refused(std::string message) { return {Code::kInvalidArgument, std::move(message)}; }

std::string Number(std::size_t number) { return BranchId({static_cast<std::uint32_t>(number)}); }

// One expansion: what it goes by, and what has come of it so far.
struct Expansion {
  const Body& body;
  const TopicMap& topics;
  const TopicFormat& format;
  std::vector<Recipient> recipients = {};
};

// The subscribers of the topic that step `i` names, as recipients. Those of a topic with several
// are numbered "03-01", "03-02"; a single one is a branch like any other.
Status AddSubscribers(std::size_t i, const Topic& topic, Expansion& expansion) {
  const Step& step = expansion.body.steps[i];
  for (std::size_t n = 0; n < topic.size(); ++n) {
    const std::string& url = topic[n].url;
    Status status = expansion.format.CheckDelivery(url, expansion.body.protocol, step.payload);
    if (!status.ok()) {
      return Refused("steps[" + std::to_string(i) + "].action: the subscriber '" + url + "' of '" +
                     step.action + "': " + status.message());
    }
    std::string id = topic.size() == 1 ? Number(i) : Number(i) + "-" + Number(n);
    expansion.recipients.push_back({url, std::move(id), static_cast<std::uint32_t>(i)});
  }
  return {};
}

// Those to whom step `i` goes.
Status AddRecipients(std::size_t i, Expansion& expansion) {
  const std::string& action = expansion.body.steps[i].action;
  const std::string_view name = TopicName(action);
  if (name.empty()) {
    expansion.recipients.push_back({action, Number(i), static_cast<std::uint32_t>(i)});
    return {};
  }
  const auto topic = expansion.topics.find(name);
  if (topic != expansion.topics.end() && !topic->second.empty()) {
    return AddSubscribers(i, topic->second, expansion);
  }
  return Refused("topic not found: '" + std::string(name) +
                 "' has no subscribers; subscribe one first");
}

}  // namespace

TopicChange ApplyEdit(const std::optional<Topic>& topic, const TopicEdit& edit, std::size_t most) {
  switch (edit.kind) {
    case TopicEdit::Kind::kSubscribe:
      return Subscribe(topic.value_or(Topic()), edit, most);
    case TopicEdit::Kind::kUnsubscribe:
      return topic ? Unsubscribe(*topic, edit) : NoSuchTopic(edit.topic);
    case TopicEdit::Kind::kDelete:
      break;
  }
  return topic ? TopicChange() : NoSuchTopic(edit.topic);
}

std::string_view TopicName(std::string_view action) {
  return action.starts_with(kTopicScheme) ? action.substr(kTopicScheme.size()) : std::string_view();
}

std::vector<std::string> TopicNames(const Body& body) {
  std::vector<std::string> names;
  if (body.model != Model::kMessage) return names;
  for (const Step& step : body.steps) {
    if (const std::string_view name = TopicName(step.action); !name.empty())
      names.emplace_back(name);
  }
  std::ranges::sort(names);
  const auto twice = std::ranges::unique(names);
  names.erase(twice.begin(), twice.end());
  return names;
}

Result<std::vector<Recipient>> Expand(const Body& body, const TopicMap& topics,
                                      const TopicFormat& format, std::size_t most) {
  Expansion expansion{body, topics, format};
  for (std::size_t i = 0; i < body.steps.size(); ++i) {
    Status status = AddRecipients(i, expansion);
    if (!status.ok()) return status;
    if (expansion.recipients.size() <= most) continue;
    return Refused("too many subscribers for one message; at most " + std::to_string(most) +
                   " (Limits.Steps)");
  }
  return std::move(expansion.recipients);
}

}  // namespace treaty
