// One instance of the coordinator: started, frozen, killed at any event, stopped in order, started
// again. What outlives its processes is what a machine keeps: its name and its crash notes.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "sim/agenda.h"
#include "sim/checked_store.h"
#include "sim/checker.h"
#include "sim/door.h"
#include "sim/marks.h"
#include "sim/network.h"
#include "sim/swarm.h"

namespace treaty::sim {

class Instance {
 public:
  struct Ports {
    CheckedStore::Ports store;
    CheckedStore::Holders* holders;
    Network* network;
    Log* log;
    const TopicFormat* topics;
    std::uint32_t* processes;        // How many have been started, by all.
    std::function<void()> on_crash;  // Told before a process ends unasked.
  };
  Instance(Ports ports, std::uint32_t number);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  void Start();
  void Freeze(Duration duration);
  void StopInOrder();
  void AskCrash(Mark mark);
  void Crash(Mark mark);
  // Ends the process if that was asked for, or it has reported to be done.
  void EndIfDue();

  bool IsUp() const { return process_ != nullptr; }
  bool IsServing() const { return process_ && begun_; }
  bool IsStopping() const { return stopping_; }
  // Since when it has served without a break; nothing: it does not serve.
  std::optional<Time> steady_since() const;
  // Ends with the present event, so what it says is not heard.
  bool IsDoomed() const { return wanted_crash_ != Mark::kCount; }
  Agenda::Side side() const { return side_; }
  std::uint32_t process() const { return id_; }
  Door& door() { return *process_->door; }
  Engine& engine() { return *process_->engine; }

 private:
  struct Process {
    Process(Instance& instance, Caller caller);
    SimClock clock;
    Lease lease;
    CheckedStore store;
    SimParticipant participant;
    std::vector<std::unique_ptr<SimLoop>> lanes;
    std::vector<std::unique_ptr<Rng>> randoms;
    SimLoop commit;
    SimLoop read;
    SimLoop leases;
    Rng commit_random;
    Rng door_random;
    std::unique_ptr<Engine> engine;
    std::unique_ptr<Door> door;
  };
  void BeginLease();
  void End();
  void RestartLater();
  SimClock DrawClock() const;
  Rng& rng() const { return *ports_.store.rng; }
  Marks& marks() const { return *ports_.store.marks; }
  const Swarm& swarm() const { return *ports_.store.swarm; }
  Agenda& agenda() const { return *ports_.store.agenda; }
  Checker& checker() const { return *ports_.store.checker; }
  void At(Duration delay, std::function<void()> task) {
    agenda().Add(agenda().now() + delay, Agenda::Side::kWorld, std::move(task));
  }
  // The same for the process of now alone.
  void AtIfAlive(Duration delay, std::function<void()> task);

  const Ports ports_;
  const std::string name_;
  const Agenda::Side side_;
  std::unique_ptr<Process> process_;
  std::uint32_t id_ = 0;  // Of the process.
  Time started_ = kNever;
  Time steady_ = kNever;
  bool begun_ = false;  // It has its lease.
  bool stopping_ = false;
  bool stopped_ = false;
  Mark wanted_crash_ = Mark::kCount;
  std::vector<std::string> notes_;  // What processes crashed on, until that is counted.
};

}  // namespace treaty::sim
