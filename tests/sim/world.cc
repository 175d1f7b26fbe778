#include "sim/world.h"

#include <cstdio>

namespace treaty::sim {
namespace {

constexpr Duration kFaultsMost = std::chrono::seconds(180);
constexpr Duration kQuietWithin = std::chrono::seconds(1'800);
constexpr Duration kChunk = std::chrono::seconds(5);

}  // namespace

void QuietLog::Write(LogLevel, std::string_view gid, std::string_view message) {
  if (!loud_) return;
  std::printf("    log %.*s: %.*s\n", static_cast<int>(gid.size()), gid.data(),
              static_cast<int>(message.size()), message.data());
}

World::World(std::uint64_t seed, Marks& marks, bool trace)
    : seed_(seed),
      loud_(trace),
      rng_(seed),
      swarm_(DrawSwarm(rng_)),
      marks_(marks),
      log_(trace),
      checker_(marks, config_.policy),
      store_({&clock_, &checker_, &rng_, &marks, &swarm_, [this](Mark mark) { AskCrash(mark); },
              [this](std::uint64_t a, std::uint64_t b) { Trace(a, b); }}),
      network_({&agenda_, &checker_, &rng_, &marks, &swarm_, [this](Mark mark) { AskCrash(mark); },
                [this](std::uint64_t a, std::uint64_t b) { Trace(a, b); },
                [this](const std::string& gid) { pacts_.OnResumed(gid); }}),
      topics_({&agenda_, &checker_.topics,
               [this](const std::string& method, const std::string& target, Door::AnswerFn answer) {
                 return Send(method, target, std::move(answer));
               }},
              Rng::Mix(seed)),
      pacts_({&agenda_, &checker_, &topics_, &network_, &rng_, &marks, &swarm_,
              [this](const std::string& action, std::string json, Door::AnswerFn answer) {
                return Post(action, std::move(json), std::move(answer));
              }}) {}

World::~World() {
  if (process_) End();
}

void World::Trace(std::uint64_t a, std::uint64_t b) {
  const auto now = static_cast<std::uint64_t>(agenda_.now().time_since_epoch().count());
  hash_ = Rng::Mix(hash_ ^ now ^ Rng::Mix(a * 31 + b));
  if (loud_) {
    std::printf("%12.3f  %llx %llu\n", static_cast<double>(now % 100'000'000) / 1000,
                static_cast<unsigned long long>(a), static_cast<unsigned long long>(b));
  }
}

// Runs what is due before `until`; returns false when a promise was broken.
bool World::RunUntil(Time until) {
  bool reached = false;
  agenda_.Add(until, Agenda::Side::kWorld, [&reached] { reached = true; });
  while (!reached && agenda_.Step()) {
    MaybeCrash();
    if (!checker_.violations().empty()) return false;
  }
  return true;
}

bool World::IsQuiet() const {
  return process_ && !stopping_ && network_.open() == 0 && network_.travelling() == 0 &&
         checker_.AllFinished();
}

Report World::Run() {
  Start();
  DrawPlans();
  pacts_.Draw();
  topics_.Draw();
  bool sound = RunUntil(agenda_.now() + rng_.Millis(20'000, kFaultsMost.count()));
  swarm_.faults = false;
  network_.Heal();
  const Time limit = agenda_.now() + kQuietWithin;
  const Time soonest = agenda_.now() + std::chrono::seconds(100);
  while (sound && (!IsQuiet() || agenda_.now() < soonest) && agenda_.now() < limit) {
    Release();
    sound = RunUntil(agenda_.now() + kChunk);
  }
  sound = sound && RunUntil(agenda_.now() + kChunk);
  if (sound) CheckRest();
  return {agenda_.steps(), hash_, checker_.violations()};
}

void World::CheckRest() {
  for (const Plan& plan : plans_) {
    std::vector<StepBooks> books;
    for (const Service& service : network_.services[plan.gid]) books.push_back(service.books);
    checker_.AtRest(plan.gid, books);
    checker_.CompareRecord(plan.gid, *store_.Load(plan.gid));
  }
  pacts_.CheckRest(
      [this](const std::string& gid, std::string what) { checker_.Fail(gid, std::move(what)); });
  if (!process_) return checker_.Fail("process", "never came back");
  for (const Asked& asked : asked_) {
    if (asked.incarnation == incarnation_ && !asked.answered) {
      checker_.Fail("client", "a request was never answered");
    }
  }
  const Engine::Counts counts = process_->engine->counts();
  if (counts.live_txns + counts.calls_in_flight + counts.queued_writes > 0) {
    checker_.Fail("engine",
                  "something is left over: " + std::to_string(counts.live_txns) + " live");
  }
}

}  // namespace treaty::sim
