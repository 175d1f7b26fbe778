// One seed's world: one to four instances with their database, clients and participants, run to the
// end and judged. Everything in it follows from the seed.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "sim/agenda.h"
#include "sim/checked_store.h"
#include "sim/checker.h"
#include "sim/door.h"
#include "sim/instance.h"
#include "sim/marks.h"
#include "sim/network.h"
#include "sim/pacts.h"
#include "sim/swarm.h"
#include "sim/topics.h"
#include "wire/topic_format.h"

namespace treaty::sim {

struct Report {
  std::uint64_t events = 0;
  std::uint64_t hash = 0;
  std::vector<std::string> violations;
};

class QuietLog final : public Log {
 public:
  explicit QuietLog(bool loud) : loud_(loud) {}
  bool Enabled(LogLevel) const override { return loud_; }
  void Write(LogLevel, std::string_view gid, std::string_view message) override;

 private:
  const bool loud_;
};

class World {
 public:
  World(std::uint64_t seed, Marks& marks, bool trace);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Report Run();

 private:
  // A saga as its client means it, and its client.
  struct Plan {
    std::string gid;
    TxnRequest request;
    TxnRequest other;  // Same gid, other content; null body: none.
    bool prepare = false;
    bool prepared = false;
    bool submitted = false;
    bool gone = false;  // Does not wait for answers.
  };
  // A request, and the process that it went to.
  struct Asked {
    const Instance* instance = nullptr;
    std::uint32_t process = 0;
    bool answered = false;
  };

  // clients.cc
  void DrawPlans();
  Plan DrawPlan(std::size_t number);
  Terms DrawTerms(std::size_t steps);
  std::vector<std::vector<BranchIndex>> DrawOrders(std::size_t steps);
  Service DrawService();
  void ScheduleClients(std::size_t index);
  void Ask(std::size_t index);
  void Submit(std::size_t index, const TxnRequest& request);
  void Prepare(std::size_t index);
  void Force(std::size_t index);
  void Reset(std::size_t index);
  void Release();
  void Abort(std::size_t index);
  void Query(std::size_t index);
  void SendNonsense(std::size_t index);
  bool Post(const std::string& action, std::string json, Door::AnswerFn answer);
  bool Send(const std::string& method, const std::string& target, Door::AnswerFn answer);
  void OnAnswer(std::size_t index, const TxnRequest& request, bool submit, const Answer& answer);
  // Has `ask(door, asked)` run at one of the instances; false: that one is down.
  template <typename Fn>
  bool AtDoor(Fn ask);
  bool Settle(std::size_t asked);
  void At(Duration delay, std::function<void()> task) {
    agenda_.Add(agenda_.now() + delay, Agenda::Side::kWorld, std::move(task));
  }

  // world.cc
  void MakeInstances();
  Instance& AnyInstance();
  void MaybeHarm();
  void OnCrash();
  void SetClockLater();
  bool RunUntil(Time until);
  bool IsCalmSince(Time healed) const;
  bool IsQuiet() const;
  void CheckRest();
  void Show(const std::string& gid) const;
  void Trace(std::uint64_t a, std::uint64_t b);

  const std::uint64_t seed_;
  const bool loud_;
  Rng rng_;
  Swarm swarm_;
  Marks& marks_;
  Agenda agenda_;
  WallClock wall_{agenda_};
  const std::unique_ptr<MemoryStore> database_ = MakeMemoryStore(wall_);
  QuietLog log_;
  const std::unique_ptr<TopicFormat> topic_format_ = wire::MakeTopicFormat({});
  Checker checker_;
  Network network_;
  TopicEditors topics_;
  Pacts pacts_;
  std::uint64_t hash_ = 0;

  std::vector<Plan> plans_;
  std::vector<Asked> asked_;

  CheckedStore::Holders holders_;
  std::uint32_t processes_ = 0;
  std::vector<std::unique_ptr<Instance>> instances_;
};

template <typename Fn>
bool World::AtDoor(Fn ask) {
  Instance& instance = AnyInstance();
  if (!instance.IsServing()) {
    marks_.Hit(Mark::kWentUnserved);
    return false;
  }
  asked_.push_back({&instance, instance.process(), false});
  agenda_.Add(agenda_.now(), instance.side(),
              [&instance, ask = std::move(ask), asked = asked_.size() - 1] {
                ask(instance.door(), asked);
              });
  return true;
}

}  // namespace treaty::sim
