// The engine drives transactions: it stores decisions, then performs the duties that follow.
//
// It decides nothing about a transaction itself (core/) and performs no I/O itself: loops,
// clock, store, participants and randomness come through ports, so the same code runs on real
// threads and, in one thread under virtual time, inside the simulator.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/lease.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/random.h"
#include "base/status.h"
#include "core/request.h"
#include "core/step.h"
#include "core/topic.h"
#include "engine/meters.h"
#include "participant/alerts.h"
#include "participant/participant.h"
#include "store/store.h"

namespace treaty {

struct EngineLimits {
  std::size_t live_txns = 20'000;        // In memory, all lanes together; beyond: 503.
  std::size_t live_bytes = 256UL << 20;  // Of those, roughly; beyond: 503.
  std::size_t queued_writes =
      40'000;                        // Waiting for the committer, all lanes together; beyond: 503.
  std::size_t batch_writes = 1'000;  // In one database transaction.
  std::size_t branches = 1'000;      // Registered in one transaction; beyond: 400.
  std::size_t branch_bytes = 4 << 20;  // Payloads of those together; beyond: 400.
  std::size_t waiting_reads = 1'000;   // Requests that read the store, waiting; beyond: 503.
  std::size_t subscribers = 200;       // Of one topic; beyond: 400.
  std::size_t topics = 10'000;         // Beyond: 400.
};

struct EngineConfig {
  std::string owner;     // This incarnation of this instance; unique per start.
  std::string instance;  // The same for all its starts. With EnginePorts::lease.
  Duration lease_length = std::chrono::seconds(6);
  // No other process of this instance can be at work, unless it is about to end: the start has
  // shown that. Then its lease need not be watched for the whole length.
  bool is_only_start = false;
  Policy policy;
  EngineLimits limits;
  Duration scan_period = std::chrono::seconds(1);
  Duration park_horizon = std::chrono::seconds(2);  // A longer sleep leaves memory.
  Duration behind_delay =
      std::chrono::milliseconds(50);                // How long a written-behind change may wait.
  Duration retention = std::chrono::hours(24 * 7);  // Of finished transactions; 0 keeps them.
  std::uint32_t alert_retry_limit = 3;  // Silences in a row from which on operators are alerted.
  Duration census_period{0};            // How often the unfinished are counted (meters); 0: never.
};

// One lane's share of the outside world. Pointers are not owned and outlive the engine.
struct LanePorts {
  Loop* loop = nullptr;
  Participant* participant = nullptr;
  Random* random = nullptr;
};

struct EnginePorts {
  std::vector<LanePorts> lanes;
  Loop* commit_loop = nullptr;      // Runs Store::Commit and Prune; may block.
  Random* commit_random = nullptr;  // The commit loop's own.
  Executor* reads = nullptr;        // Runs every other call of the store; may block.
  Store* store = nullptr;
  Log* log = nullptr;
  AlertSink* alerts = nullptr;          // Null: nobody wants any.
  const TopicFormat* topics = nullptr;  // Null where no request is about topics.

  // Of a store that several processes may reach; null where it is this process's own. Participants
  // look at it too, right before they send.
  Lease* lease = nullptr;
  Loop* lease_loop = nullptr;                          // Its calls of the store; may block.
  std::function<void(const Status&)> lost_lease = {};  // Somebody has taken over: end at once.
};

// Thread-safe. Every callback is called exactly once, on a lane's thread where nothing else is
// said, unless the engine is destroyed first.
class Engine {
 public:
  using AnswerFn = std::function<void(Answer)>;

  Engine(EngineConfig config, EnginePorts ports);
  ~Engine();  // After Stop has reported; every loop must have stopped or be idle.

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Takes the lease, if there is one; before Start, and before any loop runs. False: not yet, try
  // again after kLeaseTryPeriod. kAlreadyExists: another process of this instance is alive.
  Result<bool> TryToBeginLease();
  static constexpr Duration kLeaseTryPeriod = std::chrono::milliseconds(250);

  // Begins recovery, scanning and retention. `crashed_on` are the transactions that former
  // processes crashed while at work on; `counted` is called once that is stored.
  void Start(std::vector<std::string> crashed_on = {}, std::function<void()> counted = [] {});

  // Refuses new work, lets calls in flight end, cuts them after `grace`, stores what is known,
  // then calls `done` on a lane's thread.
  void Stop(Duration grace, std::function<void()> done);

  // The requests of protocol §1.6 and the table of repeats (design §6). A message's topics are
  // expanded here, for the record that the request may create.
  void Prepare(TxnRequest request, AnswerFn answer);
  void Submit(TxnRequest request, AnswerFn answer);
  void Abort(AbortRequest request, AnswerFn answer);

  // Registers a branch, or records a workflow's step (§1.7); never creates a transaction.
  void Register(RegisterRequest request, AnswerFn answer);

  // Creates a workflow or returns the one there is, with what it has recorded (§1.8). The record
  // is there if the answer is kSuccess.
  using RecordFn = std::function<void(Answer, std::optional<StoredTxn>)>;
  void PrepareWorkflow(TxnRequest request, RecordFn done);
  void EndWorkflow(WorkflowEndRequest request, AnswerFn answer);

  // Subscribes, unsubscribes, deletes (§8). A message submitted after the answer sees it.
  void EditTopic(TopicEdit edit, AnswerFn answer);

  void ForceStop(std::string gid, std::string who, std::string why, AnswerFn answer);
  void ResetNextCronTime(std::string gid, AnswerFn answer);

  struct ResetReport {
    std::size_t succeed_count = 0;
    bool has_remaining = false;
  };
  // Makes transactions that wait for a retry past now + `timeout` due now, at most `limit` (§1.12).
  // What sleeps for another reason, a delay or a prepared one's time-out, sleeps on and does not
  // count.
  void ResetCronTime(Duration timeout, std::size_t limit,
                     std::function<void(Result<ResetReport>)> done);

  // Reads the durable record; nothing for an unknown gid. The callbacks of these three are called
  // where it was read: what they have been given is the only one in memory, until they return.
  void Query(std::string gid, std::function<void(Result<std::optional<StoredTxn>>)> done);
  void List(ListFilter filter, std::function<void(Result<ListPage>)> done);
  void ListKv(KvFilter filter, std::function<void(Result<KvPage>)> done);

  // Succeeds if the store accepts writes and the engine is not stopping. Never refused for want of
  // room, and waits for one other read at the most; `done` is called where
  // the store was asked.
  void CheckReady(std::function<void(Status)> done);

  struct Counts {
    std::size_t live_txns = 0;
    std::size_t live_bytes = 0;
    std::size_t calls_in_flight = 0;
    std::size_t queued_writes = 0;
    std::size_t waiting_reads = 0;
  };
  Counts counts() const;

  // What it has counted; read at any time by any thread.
  const EngineMeters& meters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace treaty
