#include "sim/instance.h"

#include <algorithm>
#include <utility>

namespace treaty::sim {

Instance::Instance(Ports ports, std::uint32_t number)
    : ports_(std::move(ports)),
      name_("sim" + std::to_string(number)),
      side_(static_cast<Agenda::Side>(number)) {}

Instance::~Instance() {
  if (process_) End();
}

// Alone it has a clock like everybody's; among others everybody has his own.
SimClock Instance::DrawClock() const {
  if (!swarm().leased) return {agenda(), Duration(0), 0};
  const Duration offset = rng().Millis(0, 20) - Duration(10);
  return {agenda(), offset, static_cast<int>(rng().Between(0, 40)) - 20};
}

Instance::Process::Process(Instance& instance, Caller caller)
    : clock(instance.DrawClock()),
      lease(clock),
      store(instance.ports_.store, caller, clock),
      participant(*instance.ports_.network, caller),
      commit(instance.agenda(), caller.side, instance.rng(), instance.swarm().commit_latency),
      read(instance.agenda(), caller.side, instance.rng(), 3),
      leases(instance.agenda(), caller.side, instance.rng(), 3),
      commit_random(instance.rng().Next()),
      door_random(instance.rng().Next()) {
  store.ShareHolders(*instance.ports_.holders);
  EnginePorts ports;
  for (std::uint32_t i = 0; i < instance.swarm().lanes; ++i) {
    lanes.push_back(std::make_unique<SimLoop>(instance.agenda(), caller.side, instance.rng(), 1));
    randoms.push_back(std::make_unique<Rng>(instance.rng().Next()));
    ports.lanes.push_back({lanes.back().get(), &participant, randoms.back().get()});
  }
  ports.commit_loop = &commit;
  ports.commit_random = &commit_random;
  ports.reads = &read;
  ports.store = &store;
  ports.log = instance.ports_.log;
  ports.topics = instance.ports_.topics;
  if (instance.swarm().leased) {
    ports.lease = &lease;
    ports.lease_loop = &leases;
    ports.lost_lease = [&instance](const treaty::Status&) { instance.AskCrash(Mark::kLeaseLost); };
  }
  EngineConfig config;
  config.instance = instance.name_;
  config.is_only_start = instance.rng().Percent(50);
  config.owner = instance.name_ + "/" + std::to_string(caller.process);
  if (const std::uint32_t most = instance.swarm().live_limit; most > 0) {
    config.limits.live_txns = most;
  }
  engine = std::make_unique<Engine>(config, ports);
  door = std::make_unique<Door>(*engine, clock, door_random);
}

void Instance::Start() {
  id_ = ++*ports_.processes;
  if (id_ > swarm().instances) marks().Hit(Mark::kRestarted);
  checker().OnStart(id_, name_ + "/" + std::to_string(id_));
  started_ = agenda().now();
  begun_ = stopping_ = stopped_ = false;
  process_ =
      std::make_unique<Process>(*this, Caller{id_, side_, [this](Mark mark) { AskCrash(mark); }});
  BeginLease();
}

void Instance::BeginLease() {
  const Result<bool> begun = process_->engine->TryToBeginLease();
  if (!begun.ok()) {
    End();
    return RestartLater();
  }
  if (!*begun) {
    marks().Hit(Mark::kWaitedForFormer);
    const Time again = agenda().now() + Engine::kLeaseTryPeriod;
    return void(agenda().Add(again, side_, [this] { BeginLease(); }));
  }
  begun_ = true;
  steady_ = std::max(steady_, agenda().now());
  process_->engine->Start(notes_, [this] { notes_.clear(); });
}

void Instance::AtIfAlive(Duration delay, std::function<void()> task) {
  At(delay, [this, id = id_, task = std::move(task)] {
    if (process_ && id == id_) task();
  });
}

void Instance::End() {
  wanted_crash_ = Mark::kCount;
  checker().OnEnd(id_, agenda().now());
  agenda().Drop(side_);
  ports_.network->Drop(id_);
  process_.reset();
  agenda().Drop(side_);
  agenda().Freeze(side_, kNever);
}

void Instance::RestartLater() {
  At(rng().Percent(50) ? rng().Millis(1, 200) : rng().Millis(200, 20'000), [this] { Start(); });
}

void Instance::Freeze(Duration duration) {
  if (!process_ || agenda().IsFrozen(side_)) return;
  marks().Hit(Mark::kFrozen);
  if (duration > EngineConfig().lease_length) marks().Hit(Mark::kFrozenBeyondLease);
  steady_ = agenda().now() + duration;
  agenda().Freeze(side_, steady_);
}

std::optional<Time> Instance::steady_since() const {
  if (!IsServing() || stopping_) return std::nullopt;
  return steady_;
}

void Instance::AskCrash(Mark mark) {
  wanted_crash_ = mark;
  if (mark == Mark::kKilled) notes_ = {swarm().killer};
}

void Instance::Crash(Mark mark) {
  ports_.store.trace(0xDEAD, static_cast<std::uint64_t>(mark));
  marks().Hit(mark);
  if (ports_.network->open(id_) > 0) marks().Hit(Mark::kCrashWithCallInFlight);
  if (agenda().now() < started_ + std::chrono::seconds(2)) marks().Hit(Mark::kCrashSoonAfterStart);
  ports_.on_crash();
  End();
  RestartLater();
}

void Instance::EndIfDue() {
  if (!process_) return;
  if (stopped_) {  // It has reported to be done: nothing of it may be left.
    if (ports_.network->open(id_) > 0)
      checker().Fail("process", "L7: stopped with calls in flight");
    marks().Hit(Mark::kStoppedGracefully);
    checker().OnStopped(id_);
    End();
    return RestartLater();
  }
  if (IsDoomed()) Crash(wanted_crash_);
}

void Instance::StopInOrder() {
  if (!begun_) return;
  stopping_ = true;
  process_->engine->Stop(rng().Millis(0, 5'000), [this] { stopped_ = true; });
  AtIfAlive(std::chrono::seconds(120),
            [this] { checker().Fail("process", "L7: stop never ends"); });
}

}  // namespace treaty::sim
