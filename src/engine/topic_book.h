// The topics: read for messages, edited for clients.
//
// An edit is read, changed and written on condition that the entry is still what was read; one
// that has lost a race to another is made again on the fresh entry. So no edit is lost, whoever
// else edits, on this instance or another.

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/topic.h"
#include "engine/engine.h"
#include "engine/lane.h"
#include "engine/topic_cache.h"

namespace treaty {

class TopicBook {
 public:
  // `ports` are those of the lane whose loop and randomness the edits use. `format` may be null
  // where nobody asks for topics.
  TopicBook(Shared& shared, LanePorts ports, const TopicFormat* format)
      : shared_(shared),
        ports_(ports),
        format_(format),
        cache_(shared.HasOthers() ? kMostAge : Duration(0)) {}

  // What others have edited is seen after this time at the latest.
  static constexpr Duration kMostAge = std::chrono::seconds(4);

  TopicBook(const TopicBook&) = delete;
  TopicBook& operator=(const TopicBook&) = delete;

  using RequestFn = std::function<void(TxnRequest)>;

  // Hands a message that names topics on with its recipients, or with the trouble of that; at
  // once where no read is needed. Any thread may call.
  void Expand(TxnRequest request, RequestFn next);

  // Makes an edit durable, then answers. Of the loop alone, like all below.
  void Edit(TopicEdit edit, Engine::AnswerFn answer);

  // Refuses the edits that wait and calls `done` when those under way have ended.
  void Stop(std::function<void()> done);

 private:
  // An edit under way; `kv` lives as long as the write.
  struct Job {
    TopicEdit edit;
    Engine::AnswerFn answer;
    KvEdit kv = {};
    Time asked = kNever;
    Recall recall = {};
    bool answered = false;  // Told that the outcome is unknown, or that it took too long.
    std::size_t lost = 0;   // Races.
  };
  using JobPtr = std::shared_ptr<Job>;

  Result<TopicMap> ReadTopics(const std::vector<std::string>& names);
  TxnRequest WithRecipients(const TxnRequest& request, const Result<TopicMap>& topics) const;
  void StartNext();
  void Begin(const JobPtr& job);
  void OnRead(const JobPtr& job, const Result<std::optional<KvEntry>>& entry);
  Result<TopicChange> Change(const TopicEdit& edit, const std::optional<KvEntry>& entry) const;
  void Store(const JobPtr& job);
  void OnWritten(const JobPtr& job, const Result<Verdict>& verdict);
  void OnLostRace(const JobPtr& job);
  static void Tell(Job& job, const Answer& answer);
  void WatchForLate();
  void TellLate();
  void End(const JobPtr& job, const Answer& answer);

  Shared& shared_;
  const LanePorts ports_;
  const TopicFormat* const format_;
  TopicCache cache_;
  std::deque<JobPtr> waiting_;
  std::vector<JobPtr> under_way_;
  bool watching_ = false;          // A timer is set for TellLate.
  std::function<void()> stopped_;  // Set while stopping.
};

}  // namespace treaty
