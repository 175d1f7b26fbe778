// Transactions and branch calls under DTM's names, and the engine's own state.

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "metrics/series.h"

namespace treaty::metrics {
namespace {

using Kind = Exposition::Kind;
constexpr double kMicros = 1e6;

constexpr std::array kAllModels = {Model::kSaga, Model::kTcc, Model::kXa, Model::kMessage,
                                   Model::kWorkflow};

// Who is called in which model; other combinations do not exist.
constexpr std::array<std::pair<Model, Op>, 9> kCalls = {{
    {Model::kSaga, Op::kAction},
    {Model::kSaga, Op::kCompensate},
    {Model::kTcc, Op::kAction},
    {Model::kTcc, Op::kCompensate},
    {Model::kXa, Op::kAction},
    {Model::kXa, Op::kCompensate},
    {Model::kMessage, Op::kAction},
    {Model::kMessage, Op::kQuery},
    {Model::kWorkflow, Op::kQuery},
}};

constexpr std::array<std::pair<Outcome, const char*>, kOutcomes> kOutcomeNames = {{
    {Outcome::kSuccess, "success"},
    {Outcome::kFailure, "failure"},
    {Outcome::kOngoing, "ongoing"},
    {Outcome::kUnknown, "unknown"},
    {Outcome::kNotSent, "not_sent"},
}};

// Adds up what `of` names of each lane.
template <typename Of>
double Sum(const EngineMeters& meters, Of of) {
  std::uint64_t sum = 0;
  for (const LaneMeters& lane : meters.lanes) sum += of(lane).count();
  return static_cast<double>(sum);
}

template <typename Of>
Distributed Together(const EngineMeters& meters, Of of) {
  Distributed seen;
  for (const LaneMeters& lane : meters.lanes) of(lane).AddTo(seen);
  return seen;
}

// Adds one series per result; `of` names the pair of a lane.
template <typename Of>
void AddResults(Exposition& out, const EngineMeters& meters, Labels labels, Of of) {
  labels.emplace_back("status", "ok");
  out.Add(labels, Sum(meters, [&](const LaneMeters& lane) -> const Meter& { return of(lane).ok; }));
  labels.back().second = "fail";
  out.Add(labels,
          Sum(meters, [&](const LaneMeters& lane) -> const Meter& { return of(lane).fail; }));
}

void AddEnds(Exposition& out, const EngineMeters& meters) {
  out.Begin(Kind::kCounter, "dtm_transaction_process_total",
            "Transactions that have ended; ok: in succeed.");
  for (const Model model : kAllModels) {
    AddResults(
        out, meters, {{"model", std::string(Name(model))}},
        [&](const LaneMeters& lane) -> const OkOrNot& { return lane.finished[Index(model)]; });
  }
  out.Begin(Kind::kHistogram, "dtm_transaction_handled_duration",
            "Seconds from a transaction's creation to its end.");
  for (const Model model : kAllModels) {
    out.Add(
        {{"model", std::string(Name(model))}},
        Together(meters, [&](const LaneMeters& lane) -> auto& { return lane.age[Index(model)]; }),
        kMicros);
  }
}

// A branch's id is the client's text in part of the models: the label is kept, and empty.
void AddCalls(Exposition& out, const EngineMeters& meters) {
  out.Begin(Kind::kCounter, "dtm_branch_process_total", "Calls of branches; ok: a success.");
  for (const auto& call : kCalls) {
    const auto& [model, op] = call;
    AddResults(out, meters,
               {{"model", std::string(Name(model))},
                {"branchid", ""},
                {"branchtype", std::string(OpName(model, op))}},
               [&call](const LaneMeters& lane) -> const OkOrNot& {
                 return lane.calls[Index(call.first)][Index(call.second)];
               });
  }
  out.Begin(Kind::kHistogram, "treaty_branch_call_duration_seconds",
            "From handing a call over to its outcome, queueing included.");
  for (const auto& known : kOutcomeNames) {
    out.Add({{"outcome", known.second}},
            Together(meters,
                     [&known](const LaneMeters& lane) -> auto& {
                       return lane.call_time[Index(known.first)];
                     }),
            kMicros);
  }
}

void AddCommits(Exposition& out, const CommitMeters& commit) {
  Distributed time;
  commit.time.AddTo(time);
  out.Begin(Kind::kHistogram, "treaty_commit_duration_seconds", "One commit of the store.");
  out.Add({}, time, kMicros);
  Distributed writes;
  commit.writes.AddTo(writes);
  out.Begin(Kind::kHistogram, "treaty_commit_writes", "Changes in one commit.");
  out.Add({}, writes, 1);
  out.Counter("treaty_commit_failures_total", "Commits that the store did not confirm.",
              static_cast<double>(commit.failed.count()));
}

double OldestAge(const EngineMeters& meters, Time now) {
  Time oldest = meters.parked.oldest.load(std::memory_order_relaxed);
  for (const LaneMeters& lane : meters.lanes) {
    const Time of_lane = lane.oldest.load(std::memory_order_relaxed);
    if (of_lane != kNever && (oldest == kNever || of_lane < oldest)) oldest = of_lane;
  }
  if (oldest == kNever) return 0;
  return std::max(0.0, std::chrono::duration<double>(now - oldest).count());
}

}  // namespace

void AddTransactionSeries(Exposition& out, const EngineMeters& meters) {
  AddEnds(out, meters);
  AddCalls(out, meters);
}

void AddEngineSeries(Exposition& out, const Engine& engine, Time now) {
  const EngineMeters& meters = engine.meters();
  const Engine::Counts counts = engine.counts();
  AddCommits(out, meters.commit);
  out.Gauge("treaty_oldest_unfinished_age_seconds", "Age of the oldest unfinished transaction.",
            OldestAge(meters, now));
  out.Gauge("treaty_live_transactions", "Transactions in memory.",
            static_cast<double>(counts.live_txns));
  out.Gauge("treaty_live_bytes", "Memory of the transactions in memory, roughly.",
            static_cast<double>(counts.live_bytes));
  out.Gauge("treaty_parked_transactions", "Unfinished transactions in the store only.",
            static_cast<double>(meters.parked.count.load(std::memory_order_relaxed)));
  out.Gauge("treaty_calls_in_flight", "Calls of branches, queued ones included.",
            static_cast<double>(counts.calls_in_flight));
  out.Gauge("treaty_queued_writes", "Changes waiting for the store or being stored.",
            static_cast<double>(counts.queued_writes));
  out.Gauge("treaty_waiting_reads", "Requests waiting to read the store.",
            static_cast<double>(counts.waiting_reads));
}

}  // namespace treaty::metrics
