// Those who edit topics: when, and how they race with each other and with messages.

#pragma once

#include <functional>
#include <string>

#include "core/topic.h"
#include "sim/agenda.h"
#include "sim/topic_checker.h"

namespace treaty::sim {

// The services behind a topic, of each message that goes to one.
inline constexpr std::size_t kSubscribers = 5;
std::string SubscriberUrl(std::size_t number);

// The number in a subscriber's URL; kSubscribers: it is no such URL.
std::size_t SubscriberOf(const std::string& url);

class TopicEditors {
 public:
  struct Ports {
    Agenda* agenda;
    TopicChecker* checker;
    // Sends a request; returns false when nobody is there to take it.
    std::function<bool(const std::string& method, const std::string& target,
                       std::function<void(const Answer&)> answer)>
        send;
  };
  TopicEditors(Ports ports, std::uint64_t seed) : ports_(std::move(ports)), rng_(seed) {}

  void Draw();

  // The topic that a message drawn now goes to; empty: none.
  std::string DrawTopic();

 private:
  TopicEdit DrawEdit(const std::string& topic);
  void Schedule(Duration delay, const TopicEdit& edit);
  void Ask(const TopicEdit& edit);

  Ports ports_;
  Rng rng_;  // Its own, so that the other draws stay what they were.
};

}  // namespace treaty::sim
