#include "wire/topic_format.h"

#include <utility>

#include "wire/json_parts.h"
#include "wire/json_reader.h"
#include "wire/json_text.h"
#include "wire/request_parts.h"
#include "wire/rpc_call.h"

namespace treaty::wire {
namespace {

Status Damaged() { return {Code::kDataLoss, "the stored topic is damaged"}; }

// Members that nobody knows are left alone; without a URL it is no subscriber.
Result<Subscriber> ReadSubscriber(std::string_view text) {
  JsonParts parts(text, kMaxDepth);
  if (parts.kind() != JsonParts::Kind::kObject) return Damaged();
  Subscriber subscriber;
  while (parts.Next()) {
    const std::string key = JsonStringText(parts.key());
    const bool is_text = parts.value().starts_with('"');
    if (key == "url" && is_text) subscriber.url = JsonStringText(parts.value());
    if (key == "remark" && is_text) subscriber.remark = JsonStringText(parts.value());
  }
  if (!parts.mistake().empty() || subscriber.url.empty()) return Damaged();
  return subscriber;
}

class JsonTopicFormat final : public TopicFormat {
 public:
  explicit JsonTopicFormat(TargetPolicy policy) : policy_(std::move(policy)) {}

  std::string Write(const Topic& topic) const override {
    std::string text = "[";
    for (const Subscriber& subscriber : topic) {
      if (text.size() > 1) text += ',';
      ObjectWriter object(text);
      object.String("url", subscriber.url);
      object.String("remark", subscriber.remark);
      object.Close();
    }
    return text += ']';
  }

  Result<Topic> Read(std::string_view text) const override {
    JsonParts parts(text, kMaxDepth);
    if (parts.kind() != JsonParts::Kind::kList) return Damaged();
    Topic topic;
    while (parts.Next()) {
      auto subscriber = ReadSubscriber(parts.value());
      if (!subscriber.ok()) return subscriber.status();
      topic.push_back(*std::move(subscriber));
    }
    if (!parts.mistake().empty()) return Damaged();
    return topic;
  }

  Status CheckDelivery(const std::string& url, const std::string& protocol,
                       const std::string& payload) const override {
    Status status = CheckTarget(url, protocol, policy_);
    return status.ok() && IsRpcTarget(protocol, url) ? CheckRpcPayload(payload) : status;
  }

 private:
  const TargetPolicy policy_;
};

}  // namespace

std::unique_ptr<TopicFormat> MakeTopicFormat(TargetPolicy policy) {
  return std::make_unique<JsonTopicFormat>(std::move(policy));
}

}  // namespace treaty::wire
