// The judge of topics: no edit is lost (protocol §8), and a message goes to whoever had subscribed
// when it was first stored, to all of them and nobody else (M3, M4).

#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/request.h"
#include "core/topic.h"
#include "sim/marks.h"
#include "store/store.h"

namespace treaty::sim {

class TopicChecker {
 public:
  using FailFn = std::function<void(const std::string& gid, std::string what)>;
  TopicChecker(Marks& marks, FailFn fail) : marks_(marks), fail_(std::move(fail)) {}

  // How many edits have become durable so far.
  std::size_t position() const { return edits_; }

  // Which of them a message that is asked for now must see: those of the last five seconds may not
  // have come to another instance yet.
  std::size_t SeenBy(Time now) const;
  void SetInstances(unsigned count) { instances_ = count; }

  // Of the store.
  void OnEdit(const Write& write, Verdict verdict, Time now);
  void OnStored(const Txn& txn);

  // Of the network.
  void OnCall(const std::string& gid, BranchIndex branch, const std::string& url);

  // Of the clients: an edit asked for at `position`, and a message that may create its record.
  void OnEdited(const TopicEdit& edit, std::size_t position, const Answer& answer);
  void OnAsked(const std::string& gid, std::size_t position) { asked_[gid].push_back(position); }
  void OnHeard(const std::string& gid, std::size_t position, const std::string& topic,
               const Answer& answer);

  // At the end: who was to get a message. Nothing if it names no topic, or is not stored.
  const std::vector<Recipient>* RecipientsOf(const std::string& gid) const;

 private:
  using Urls = std::vector<std::string>;
  // What a topic was from one edit on.
  struct Version {
    std::size_t from = 0;
    std::uint64_t number = 0;  // 0: there was none.
    Urls urls;
  };
  using History = std::vector<Version>;

  const History& HistoryOf(const std::string& topic);
  bool WasSince(const std::string& topic, std::size_t position,
                const std::function<bool(const Version&)>& holds);
  bool Matches(const Txn& txn, std::size_t position);
  void Fail(const std::string& name, std::string what) { fail_(name, std::move(what)); }

  Marks& marks_;
  const FailFn fail_;
  unsigned instances_ = 1;
  std::size_t edits_ = 0;
  std::vector<Time> times_;  // Of the edits.
  std::map<std::string, History> topics_;
  std::map<std::string, std::vector<std::size_t>> asked_;  // Not answered for certain.
  std::map<std::string, std::vector<Recipient>> recipients_;
};

}  // namespace treaty::sim
