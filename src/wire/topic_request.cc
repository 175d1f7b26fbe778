#include "wire/topic_request.h"

#include <algorithm>
#include <string>

#include "wire/json_reader.h"
#include "wire/request_parts.h"

namespace treaty::wire {
namespace {

std::string AtMost(std::string_view key, std::size_t most) {
  return std::string(key) + " is too long; at most " + std::to_string(most) + " bytes";
}

// Whether a topic can have the name at all.
Status CheckLength(std::string_view topic) {
  if (topic.empty()) return Invalid("empty topic; add ?topic=...");
  return topic.size() > kMaxTopicName ? Invalid(AtMost("topic", kMaxTopicName)) : Status();
}

// The name stands in paths and in steps.
Status CheckName(std::string_view topic) {
  if (Status status = CheckLength(topic); !status.ok()) return status;
  if (topic == "." || topic == ".." || topic.find_first_of("/%") != std::string_view::npos) {
    return Invalid("topic " + Quoted(topic) +
                   " must not be a path; leave out slashes and percent signs");
  }
  return CheckCharacters(topic, "topic", false);
}

Status CheckUrlLength(std::string_view url) {
  if (url.empty()) return Invalid("empty url; add &url=...");
  return url.size() > kMaxUrlBytes ? Invalid(AtMost("url", kMaxUrlBytes)) : Status();
}

Status CheckRemark(std::string_view remark) {
  if (remark.size() > kMaxRemark) return Invalid(AtMost("remark", kMaxRemark));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
  if (std::ranges::any_of(remark, is_control) ||
      !simdjson::validate_utf8(remark.data(), remark.size())) {
    return Invalid("remark must be UTF-8 text on one line");
  }
  return {};
}

}  // namespace

// The protocol of the messages to come is not known here; it is checked when one is delivered.
Result<TopicEdit> ParseSubscribe(const TopicParameters& parameters, const TargetPolicy& policy) {
  if (Status status = CheckName(parameters.topic); !status.ok()) return status;
  if (Status status = CheckUrlLength(parameters.url); !status.ok()) return status;
  if (Status status = CheckTarget(parameters.url, "grpc", policy); !status.ok()) {
    return Invalid("url: " + status.message());
  }
  if (Status status = CheckRemark(parameters.remark); !status.ok()) return status;
  return TopicEdit{TopicEdit::Kind::kSubscribe,
                   std::string(parameters.topic),
                   {std::string(parameters.url), std::string(parameters.remark)}};
}

Result<TopicEdit> ParseUnsubscribe(const TopicParameters& parameters) {
  if (Status status = CheckLength(parameters.topic); !status.ok()) return status;
  if (Status status = CheckUrlLength(parameters.url); !status.ok()) return status;
  return TopicEdit{TopicEdit::Kind::kUnsubscribe,
                   std::string(parameters.topic),
                   {std::string(parameters.url), ""}};
}

Result<TopicEdit> ParseDeleteTopic(std::string_view topic) {
  if (Status status = CheckLength(topic); !status.ok()) return status;
  return TopicEdit{TopicEdit::Kind::kDelete, std::string(topic)};
}

}  // namespace treaty::wire
