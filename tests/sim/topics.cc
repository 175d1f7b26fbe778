#include "sim/topics.h"

#include <utility>

namespace treaty::sim {
namespace {

constexpr char kBase[] = "http://subscriber.example/";

std::string TargetOf(const TopicEdit& edit) {
  const std::string base = "/api/dtmsvr/";
  const std::string parameters = "?topic=" + edit.topic + "&url=" + edit.subscriber.url;
  switch (edit.kind) {
    case TopicEdit::Kind::kSubscribe:
      return base + "subscribe" + parameters;
    case TopicEdit::Kind::kUnsubscribe:
      return base + "unsubscribe" + parameters;
    case TopicEdit::Kind::kDelete:
      break;
  }
  return base + "topic/" + edit.topic;
}

std::string TopicOf(std::uint32_t number) { return "news-" + std::to_string(number); }

}  // namespace

std::string SubscriberUrl(std::size_t number) { return kBase + std::to_string(number); }

std::size_t SubscriberOf(const std::string& url) {
  if (!url.starts_with(kBase)) return kSubscribers;
  return static_cast<std::size_t>(url.back() - '0');
}

TopicEdit TopicEditors::DrawEdit(const std::string& topic) {
  const std::string url = SubscriberUrl(rng_.Between(0, kSubscribers - 1));
  if (rng_.Percent(5)) return {TopicEdit::Kind::kDelete, topic};
  const bool leaves = rng_.Percent(40);
  return {leaves ? TopicEdit::Kind::kUnsubscribe : TopicEdit::Kind::kSubscribe, topic, {url, ""}};
}

// Early ones, so that there is something to send to; later ones alone or several at once.
void TopicEditors::Draw() {
  const std::uint32_t topics = rng_.Between(1, 2);
  for (std::uint32_t i = 0; i < topics; ++i) {
    for (std::size_t n = rng_.Between(1, 3); n > 0; --n) {
      Schedule(rng_.Millis(0, 500), {TopicEdit::Kind::kSubscribe,
                                     TopicOf(i),
                                     {SubscriberUrl(rng_.Between(0, kSubscribers - 1)), ""}});
    }
    for (std::size_t n = rng_.Percent(60) ? rng_.Between(1, 8) : 0; n > 0; --n) {
      const Duration when = rng_.Millis(0, rng_.Percent(70) ? 20'000 : 90'000);
      std::size_t together = rng_.Percent(40) ? rng_.Between(2, 6) : 1;
      while (together-- > 0) Schedule(when, DrawEdit(TopicOf(i)));
    }
  }
}

std::string TopicEditors::DrawTopic() {
  return rng_.Percent(40) ? TopicOf(rng_.Between(0, 1)) : "";
}

void TopicEditors::Schedule(Duration delay, const TopicEdit& edit) {
  ports_.agenda->Add(ports_.agenda->now() + delay, Agenda::Side::kWorld,
                     [this, edit] { Ask(edit); });
}

void TopicEditors::Ask(const TopicEdit& edit) {
  const bool deletes = edit.kind == TopicEdit::Kind::kDelete;
  ports_.send(deletes ? "DELETE" : "GET", TargetOf(edit),
              [this, edit, position = ports_.checker->position()](const Answer& answer) {
                ports_.checker->OnEdited(edit, position, answer);
              });
}

}  // namespace treaty::sim
