// The life of the process: started, killed at any event, stopped in order, started again.

#include <utility>

#include "sim/world.h"

namespace treaty::sim {

World::Process::Process(World& world, std::uint32_t lane_count)
    : commit(world.agenda_, world.rng_, world.swarm_.commit_latency),
      read(world.agenda_, world.rng_, 3),
      leases(world.agenda_, world.rng_, 3),
      commit_random(world.rng_.Next()),
      door_random(world.rng_.Next()) {
  EnginePorts ports;
  for (std::uint32_t i = 0; i < lane_count; ++i) {
    lanes.push_back(std::make_unique<SimLoop>(world.agenda_, world.rng_, 1));
    randoms.push_back(std::make_unique<Rng>(world.rng_.Next()));
    ports.lanes.push_back({lanes.back().get(), &world.participant_, randoms.back().get()});
  }
  ports.commit_loop = &commit;
  ports.commit_random = &commit_random;
  ports.read_loop = &read;
  ports.store = &world.store_;
  ports.log = &world.log_;
  ports.topics = world.topic_format_.get();
  if (world.swarm_.leased) {
    ports.lease = &world.lease_;
    ports.lease_loop = &leases;
    ports.lost_lease = [&world](const treaty::Status&) { world.AskCrash(Mark::kLeaseLost); };
  }
  engine = std::make_unique<Engine>(world.config_, ports);
  door = std::make_unique<Door>(*engine, world.clock_, door_random);
}

void World::Start() {
  ++incarnation_;
  if (incarnation_ > 1) marks_.Hit(Mark::kRestarted);
  config_.owner = "sim/" + std::to_string(incarnation_);
  config_.instance = "sim";
  checker_.OnStart(config_.owner);
  started_ = agenda_.now();
  stopping_ = stopped_ = false;
  process_ = std::make_unique<Process>(*this, swarm_.lanes);
  if (!process_->engine->BeginLease().ok()) {
    End();
    return RestartLater();
  }
  process_->engine->Start(notes_, [this] { notes_.clear(); });
}

void World::End() {
  wanted_crash_ = Mark::kCount;
  checker_.OnEnd(agenda_.now());
  agenda_.DropProcess();
  network_.DropProcess();
  process_.reset();
  agenda_.DropProcess();
}

void World::Crash(Mark mark) {
  Trace(0xDEAD, static_cast<std::uint64_t>(mark));
  marks_.Hit(mark);
  if (network_.open() > 0) marks_.Hit(Mark::kCrashWithCallInFlight);
  if (agenda_.now() < started_ + std::chrono::seconds(2)) marks_.Hit(Mark::kCrashSoonAfterStart);
  for (const Plan& plan : plans_) {
    const bool back =
        checker_.IsStored(plan.gid) && checker_.StatusOf(plan.gid) == TxnStatus::kAborting;
    if (back) marks_.Hit(Mark::kCrashWhileAborting);
  }
  End();
  RestartLater();
}

void World::RestartLater() {
  At(rng_.Percent(50) ? rng_.Millis(1, 200) : rng_.Millis(200, 20'000), [this] { Start(); });
}

void World::MaybeCrash() {
  if (!process_) return;
  if (stopped_) {  // It has reported to be done: nothing of it may be left.
    if (network_.open() > 0) checker_.Fail("process", "L7: stopped with calls in flight");
    marks_.Hit(Mark::kStoppedGracefully);
    End();
    return RestartLater();
  }
  if (wanted_crash_ != Mark::kCount) return Crash(wanted_crash_);
  if (!swarm_.faults || !rng_.PerMille(swarm_.crash)) return;
  if (stopping_ || !rng_.Percent(swarm_.graceful)) return Crash(Mark::kCrashAnywhere);
  StopInOrder();
}

void World::StopInOrder() {
  stopping_ = true;
  process_->engine->Stop(rng_.Millis(0, 5'000), [this] { stopped_ = true; });
  At(std::chrono::seconds(120), [this, incarnation = incarnation_] {
    if (process_ && incarnation == incarnation_) checker_.Fail("process", "L7: stop never ends");
  });
}

}  // namespace treaty::sim
