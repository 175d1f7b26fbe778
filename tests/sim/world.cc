#include "sim/world.h"

#include <algorithm>
#include <cstdio>

namespace treaty::sim {
namespace {

constexpr Duration kFaultsMost = std::chrono::seconds(180);
constexpr Duration kQuietWithin = std::chrono::seconds(1'800);
constexpr Duration kChunk = std::chrono::seconds(5);
constexpr Duration kTakeOver = std::chrono::seconds(10);

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
      checker_(marks, Policy()),
      network_({&agenda_, &checker_, &rng_, &marks, &swarm_,
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
              }}) {
  checker_.SetInstances(swarm_.instances, swarm_.leased);
  MakeInstances();
}

World::~World() = default;

void World::MakeInstances() {
  const CheckedStore::Ports store{&agenda_,
                                  database_.get(),
                                  &checker_,
                                  &rng_,
                                  &marks_,
                                  &swarm_,
                                  [this](std::uint64_t a, std::uint64_t b) { Trace(a, b); }};
  const Instance::Ports ports{
      store, &holders_, &network_, &log_, topic_format_.get(), &processes_, [this] { OnCrash(); }};
  for (std::uint32_t i = 1; i <= swarm_.instances; ++i) {
    instances_.push_back(std::make_unique<Instance>(ports, i));
  }
}

Instance& World::AnyInstance() { return *instances_[rng_.Between(0, swarm_.instances - 1)]; }

void World::OnCrash() {
  for (const Plan& plan : plans_) {
    const bool back =
        checker_.IsStored(plan.gid) && checker_.StatusOf(plan.gid) == TxnStatus::kAborting;
    if (back) marks_.Hit(Mark::kCrashWhileAborting);
  }
}

// After each event: what was asked for by it, and what is drawn.
void World::MaybeHarm() {
  for (const auto& instance : instances_) instance->EndIfDue();
  if (!swarm_.faults) return;
  if (swarm_.freeze > 0 && rng_.PerMille(swarm_.freeze)) {
    AnyInstance().Freeze(rng_.Percent(50) ? rng_.Millis(100, 3'000) : rng_.Millis(3'000, 20'000));
  }
  if (!rng_.PerMille(swarm_.crash)) return;
  Instance& instance = AnyInstance();
  if (!instance.IsUp()) return;
  if (instance.IsStopping() || !rng_.Percent(swarm_.graceful)) {
    return instance.Crash(Mark::kCrashAnywhere);
  }
  instance.StopInOrder();
}

// Somebody sets the clock of the database's machine, by as much as an hour.
void World::SetClockLater() {
  At(rng_.Millis(1'000, 20'000), [this] {
    if (!swarm_.faults) return;
    if (rng_.Percent(swarm_.clock_set)) {
      wall_.Set(rng_.Millis(0, 7'200'000) - std::chrono::hours(1));
      marks_.Hit(Mark::kClockSet);
    }
    SetClockLater();
  });
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
    MaybeHarm();
    if (!checker_.violations().empty()) return false;
  }
  return true;
}

// Whether nothing has happened to any instance for as long as a take-over may last.
bool World::IsCalmSince(Time healed) const {
  Time since = healed;
  for (const auto& instance : instances_) {
    const auto steady = instance->steady_since();
    if (!steady) return false;
    since = std::max(since, *steady);
  }
  return agenda_.now() >= since + kTakeOver;
}

bool World::IsQuiet() const {
  const bool up = std::ranges::all_of(instances_, [](const auto& instance) {
    return instance->IsServing() && !instance->IsStopping();
  });
  return up && network_.open() == 0 && network_.travelling() == 0 && checker_.AllFinished();
}

Report World::Run() {
  for (const auto& instance : instances_) instance->Start();
  if (swarm_.clock_set > 0) SetClockLater();
  DrawPlans();
  pacts_.Draw();
  topics_.Draw();
  bool sound = RunUntil(agenda_.now() + rng_.Millis(20'000, kFaultsMost.count()));
  swarm_.faults = false;
  network_.Heal();
  const Time healed = agenda_.now() + Swarm::kLongestRowLock;  // Consoles have let go by then.
  const Time limit = agenda_.now() + kQuietWithin;
  const Time soonest = agenda_.now() + std::chrono::seconds(100);
  while (sound && (!IsQuiet() || agenda_.now() < soonest) && agenda_.now() < limit) {
    Release();
    sound = RunUntil(agenda_.now() + kChunk);
    if (IsCalmSince(healed)) checker_.drivers.CheckTakenOver();
  }
  sound = sound && RunUntil(agenda_.now() + kChunk);
  if (sound) CheckRest();
  return {agenda_.steps(), hash_, checker_.violations()};
}

// Where a record stands in the end.
void World::Show(const std::string& gid) const {
  const auto record = database_->Load(gid);
  if (!record.ok() || !record->has_value()) return;
  std::printf("%s: %s, owner '%s', wake %lld, version %llu\n", gid.c_str(),
              std::string(Name((*record)->txn.status)).c_str(), (*record)->owner.c_str(),
              static_cast<long long>((*record)->wake.time_since_epoch().count()),
              static_cast<unsigned long long>((*record)->txn.version));
}

void World::CheckRest() {
  for (const Plan& plan : plans_) {
    std::vector<StepBooks> books;
    for (const Service& service : network_.services[plan.gid]) books.push_back(service.books);
    checker_.AtRest(plan.gid, books);
    if (loud_) Show(plan.gid);
    checker_.CompareRecord(plan.gid, *database_->Load(plan.gid));
  }
  pacts_.CheckRest(
      [this](const std::string& gid, std::string what) { checker_.Fail(gid, std::move(what)); });
  for (const Asked& asked : asked_) {
    const bool alive = asked.instance->IsUp() && asked.instance->process() == asked.process;
    if (alive && !asked.answered) checker_.Fail("client", "a request was never answered");
  }
  for (const auto& instance : instances_) {
    if (!instance->IsServing()) return checker_.Fail("process", "never came back");
    const Engine::Counts counts = instance->engine().counts();
    if (counts.live_txns + counts.calls_in_flight + counts.queued_writes > 0) {
      checker_.Fail("engine",
                    "something is left over: " + std::to_string(counts.live_txns) + " live");
    }
  }
}

}  // namespace treaty::sim
