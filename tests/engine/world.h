// A small world for engine tests: one thread, virtual time, participants that do as told.

#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/topic.h"
#include "engine/engine.h"
#include "engine/failing_store.h"
#include "store/memory/memory_store.h"

namespace treaty::testing {

// Runs tasks in the order of their virtual time.
class Agenda {
 public:
  TimerId Add(Duration delay, std::function<void()> task);
  void Remove(TimerId id);
  // Runs the next task and moves the time to it; returns false when there is none before `until`.
  bool Step(Time until);
  Time now() const { return now_; }
  bool empty() const { return tasks_.empty(); }
  void Clear() { tasks_.clear(), times_.clear(); }

 private:
  Time now_{std::chrono::hours(24 * 365 * 50)};
  TimerId last_ = kNoTimer;
  std::map<std::pair<Time, TimerId>, std::function<void()>> tasks_;
  std::map<TimerId, Time> times_;
};

class AgendaClock final : public Clock {
 public:
  explicit AgendaClock(const Agenda& agenda) : agenda_(agenda) {}
  Time Now() const override { return agenda_.now(); }

 private:
  const Agenda& agenda_;
};

class AgendaLoop final : public Loop {
 public:
  AgendaLoop(Agenda& agenda, Duration latency) : agenda_(agenda), latency_(latency) {}
  void Post(std::function<void()> task) override {
    agenda_.Add(std::max(latency_, hangs_until_ - agenda_.now()), std::move(task));
  }
  // What is posted from now on waits for that long: whoever is served before does not come back.
  void Hang(Duration duration) { hangs_until_ = agenda_.now() + duration; }
  TimerId After(Duration delay, std::function<void()> task) override {
    return agenda_.Add(delay, std::move(task));
  }
  void Cancel(TimerId timer) override { agenda_.Remove(timer); }

 private:
  Agenda& agenda_;
  const Duration latency_;  // How long a posted task waits: the loop's slowness.
  Time hangs_until_ = kNever;
};

class Counter final : public Random {
 public:
  explicit Counter(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() override { return state_ += 0x9E3779B97F4A7C15ull; }

 private:
  std::uint64_t state_;
};

class SilentLog final : public Log {
 public:
  bool Enabled(LogLevel level) const override { return level >= least; }
  void Write(LogLevel, std::string_view, std::string_view message) override {
    lines.emplace_back(message);
  }
  std::vector<std::string> lines;
  LogLevel least = LogLevel(100);  // None.
};

// What a participant does with a call: the reply, and how long it takes. No reply: until the
// call's time-out.
struct Script {
  Outcome outcome = Outcome::kSuccess;
  std::string text;
  Duration latency = std::chrono::milliseconds(1);
  bool silent = false;
  Duration retry_after{0};
};

inline const Script kSilent{Outcome::kUnknown, "", Duration(0), true};

class ScriptedParticipant final : public Participant {
 public:
  explicit ScriptedParticipant(Agenda& agenda) : agenda_(agenda) {}
  void Call(BranchCall call, std::function<void(BranchReply)> done) override;
  void CancelAll() override;

  std::map<std::string, std::vector<Script>> scripts;  // By URL; the last one stays.
  std::vector<std::pair<Time, std::string>> calls;     // In order: when and "01/action".
  std::size_t Count(const std::string& name) const;

 private:
  Agenda& agenda_;
  std::map<std::uint64_t, std::function<void(BranchReply)>> open_;
  std::uint64_t last_ = 0;
};

class World {
 public:
  World();
  ~World();

  // Starts an engine; with one running, the running one is lost first, as by a crash.
  void Restart();
  // The same, where the lease may be refused. `while_waiting` is run between the tries for it.
  Result<bool> TryToStart(const std::function<void()>& while_waiting);
  void Crash();

  // The store takes so long for whatever is asked of it now: a write, a read.
  void HangWrites(Duration duration) { commit_.Hang(duration); }
  void HangReads(Duration duration) { read_.Hang(duration); }

  // Runs until nothing is left to do before `duration` has passed.
  void Run(Duration duration = std::chrono::milliseconds(100));

  // A saga of `steps` steps with URLs a1, c1, a2, c2, …
  static TxnRequest Saga(const std::string& gid, std::size_t steps, Terms terms = {});

  // A transaction of another model; a message has the steps a1 and a2. All ask at "q".
  static TxnRequest Request(Model model, const std::string& gid, Terms terms = {});
  // The branch `id` with the URLs a<id> and c<id>, or the step of a workflow with its result.
  static RegisterRequest Branch(Model model, const std::string& gid, const std::string& id,
                                const std::string& payload = "{}");

  // The last answer to a request made through these; nullopt while there is none.
  using AnswerPlace = std::shared_ptr<std::optional<Answer>>;
  AnswerPlace Submit(TxnRequest request);
  AnswerPlace Prepare(TxnRequest request);
  AnswerPlace Abort(AbortRequest request);
  AnswerPlace Register(RegisterRequest request);
  AnswerPlace EndWorkflow(const std::string& gid, WorkflowEnded end);
  AnswerPlace ForceStop(const std::string& gid);
  AnswerPlace EditTopic(TopicEdit edit);
  AnswerPlace ResetNextCronTime(const std::string& gid);
  // `record` is where the record that came along is put.
  AnswerPlace PrepareWorkflow(TxnRequest request, std::optional<StoredTxn>* record = nullptr);

  // Prepares and registers branches 01, 02, … of TCC or XA, and runs until that is stored.
  void PrepareWith(Model model, const std::string& gid, int branches, Terms terms = {});

  // Subscribes URLs, one after the other.
  void Subscribe(const std::string& topic, const std::vector<std::string>& urls);

  // The entry of a topic as another instance would find it.
  std::optional<KvEntry> TopicEntry(const std::string& topic);

  // Somebody else writes the record, as another instance would: `change` makes the next version.
  void WriteAsAnother(const std::string& gid, const std::function<void(Txn&)>& change);

  // The durable record.
  StoredTxn Stored(const std::string& gid);
  TxnStatus Status(const std::string& gid) { return Stored(gid).txn.status; }

  Agenda agenda;
  AgendaClock clock{agenda};
  std::unique_ptr<MemoryStore> store = MakeMemoryStore(clock);
  FailingStore failing{*store};  // What the engine gets.
  ScriptedParticipant participant{agenda};
  SilentLog log;
  std::unique_ptr<TopicFormat> topics;
  EngineConfig config;
  std::vector<std::string> crashed_on;  // Of the next start; empty once that is counted.
  AlertSink* alerts = nullptr;
  // With `leased` the next start takes a lease, and others may.
  bool leased = false;
  bool only_start = true;  // EngineConfig::is_only_start.
  Lease lease{clock};
  treaty::Status lost_lease;  // What the engine said when it had lost it.
  std::unique_ptr<Engine> engine;

 private:
  AgendaLoop lane_{agenda, Duration(0)};
  AgendaLoop commit_{agenda, std::chrono::milliseconds(1)};
  AgendaLoop read_{agenda, std::chrono::milliseconds(1)};
  AgendaLoop leases_{agenda, std::chrono::milliseconds(1)};
  Counter lane_random_{1};
  Counter commit_random_{2};
  int incarnation_ = 0;
};

}  // namespace treaty::testing
