#include "sim/topic_checker.h"

#include <algorithm>

namespace treaty::sim {
namespace {

// The URLs in the text of an entry, read without the help of what wrote it.
std::vector<std::string> UrlsIn(const std::string& text) {
  constexpr std::string_view kBefore = "\"url\":\"";
  std::vector<std::string> urls;
  for (auto at = text.find(kBefore); at != std::string::npos; at = text.find(kBefore, at)) {
    at += kBefore.size();
    urls.push_back(text.substr(at, text.find('"', at) - at));
  }
  return urls;
}

// How many URLs are in one of the two only.
std::size_t Difference(std::vector<std::string> a, std::vector<std::string> b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  std::vector<std::string> only;
  std::ranges::set_symmetric_difference(a, b, std::back_inserter(only));
  return only.size();
}

bool Holds(const std::vector<std::string>& urls, const std::string& url) {
  return std::ranges::find(urls, url) != urls.end();
}

// The recipients that a step has, by its topic's URLs.
void AddExpected(std::size_t step, const std::vector<std::string>& urls,
                 std::vector<Recipient>& all) {
  const std::string number = "0" + std::to_string(step + 1);
  for (std::size_t i = 0; i < urls.size(); ++i) {
    const std::string id = urls.size() == 1 ? number : number + "-0" + std::to_string(i + 1);
    all.push_back({urls[i], id, static_cast<std::uint32_t>(step)});
  }
}

}  // namespace

const TopicChecker::History& TopicChecker::HistoryOf(const std::string& topic) {
  History& history = topics_[topic];
  if (history.empty()) history.emplace_back();
  return history;
}

bool TopicChecker::WasSince(const std::string& topic, std::size_t position,
                            const std::function<bool(const Version&)>& holds) {
  const History& history = HistoryOf(topic);
  for (std::size_t i = history.size(); i-- > 0;) {
    if (holds(history[i])) return true;
    if (history[i].from <= position) return false;
  }
  return false;
}

std::size_t TopicChecker::SeenBy(Time now) const {
  if (instances_ == 1) return edits_;
  const auto first = std::ranges::upper_bound(times_, now - std::chrono::seconds(5));
  return static_cast<std::size_t>(first - times_.begin());
}

void TopicChecker::OnEdit(const Write& write, Verdict verdict, Time now) {
  const KvEdit& edit = *write.edit;
  if (verdict == Verdict::kStale) marks_.Hit(Mark::kTopicEditRaced);
  if (verdict != Verdict::kStored) return;
  const Version last = HistoryOf(edit.key).back();
  times_.push_back(now);
  Version next{++edits_, edit.value ? edit.version : 0, UrlsIn(edit.value.value_or(""))};
  if (last.number == 0 && next.number == 0) return;  // A deletion settled by another.
  if (edit.value && next.number != last.number + 1) Fail(edit.key, "G6: a version was skipped");
  if (edit.value && Difference(last.urls, next.urls) != 1) {
    Fail(edit.key, "an edit of a topic was lost");
  }
  marks_.Hit(Mark::kTopicEdited);
  topics_[edit.key].push_back(std::move(next));
}

// G1: what was acknowledged has become durable since it was asked for.
void TopicChecker::OnEdited(const TopicEdit& edit, std::size_t position, const Answer& answer) {
  if (answer.kind != Answer::Kind::kSuccess) return;
  const bool adds = edit.kind == TopicEdit::Kind::kSubscribe;
  const bool made = WasSince(edit.topic, position, [&](const Version& version) {
    if (edit.kind == TopicEdit::Kind::kDelete) return version.number == 0;
    return Holds(version.urls, edit.subscriber.url) == adds;
  });
  if (!made) Fail(edit.topic, "G1: an edit was acknowledged, but is not durable");
}

bool TopicChecker::Matches(const Txn& txn, std::size_t position) {
  std::string topic;
  for (const Step& step : txn.body->steps) {
    if (step.action.starts_with("topic://")) topic = step.action.substr(8);
  }
  return WasSince(topic, position, [&](const Version& version) {
    std::vector<Recipient> expected;
    for (std::size_t i = 0; i < txn.body->steps.size(); ++i) {
      const std::string& action = txn.body->steps[i].action;
      AddExpected(i, action.starts_with("topic://") ? version.urls : Urls{action}, expected);
    }
    return expected == txn.body->recipients;
  });
}

void TopicChecker::OnStored(const Txn& txn) {
  const auto& recipients = txn.body->recipients;
  const auto [known, first] = recipients_.try_emplace(txn.gid(), recipients);
  if (!first) {
    if (known->second != recipients) Fail(txn.gid(), "M3: the recipients changed");
    return;
  }
  if (recipients.empty()) return;
  marks_.Hit(recipients.size() > txn.body->steps.size() ? Mark::kTopicToSeveral
                                                        : Mark::kTopicToOne);
  const auto& asked = asked_[txn.gid()];
  if (asked.empty() || !Matches(txn, *std::ranges::min_element(asked))) {
    Fail(txn.gid(), "M4: expanded to what the topic was not");
  }
}

void TopicChecker::OnCall(const std::string& gid, BranchIndex branch, const std::string& url) {
  const auto found = recipients_.find(gid);
  if (found == recipients_.end() || found->second.empty()) return;
  const bool ours = branch.value < found->second.size() && found->second[branch.value].url == url;
  if (!ours) return Fail(gid, "M3: delivered to one who is no recipient");
  for (const auto& [name, history] : topics_) {
    const bool subscribed =
        url.find("subscriber") == std::string::npos || Holds(history.back().urls, url);
    if (!subscribed) marks_.Hit(Mark::kTopicEditedBetween);
  }
}

// A refusal needs a time at which the topic had no subscribers.
void TopicChecker::OnHeard(const std::string& gid, std::size_t position, const std::string& topic,
                           const Answer& answer) {
  if (answer.kind == Answer::Kind::kUnavailable) return;
  auto& asked = asked_[gid];
  asked.erase(std::ranges::find(asked, position));
  if (answer.kind != Answer::Kind::kInvalid) return;
  marks_.Hit(Mark::kTopicToNobody);
  const bool nobody =
      WasSince(topic, position, [](const Version& version) { return version.urls.empty(); });
  if (!nobody) Fail(gid, "M4: refused, but the topic had subscribers");
}

const std::vector<Recipient>* TopicChecker::RecipientsOf(const std::string& gid) const {
  const auto found = recipients_.find(gid);
  return found == recipients_.end() || found->second.empty() ? nullptr : &found->second;
}

}  // namespace treaty::sim
