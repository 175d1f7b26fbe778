// The clients of TCC, XA, messages and workflows: what they ask for, when, and how they race with
// each other, with time-outs and with their own death.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/agenda.h"
#include "sim/checker.h"
#include "sim/network.h"
#include "sim/swarm.h"
#include "sim/topics.h"

namespace treaty::sim {

class Pacts {
 public:
  using AnswerFn = std::function<void(const Answer&)>;
  struct Ports {
    Agenda* agenda;
    Checker* judge;
    TopicEditors* topics;
    Network* network;
    Rng* rng;
    Marks* marks;
    Swarm* swarm;
    // Posts a request; returns false when nobody is there to take it.
    std::function<bool(const std::string& action, std::string json, AnswerFn answer)> post;
  };
  explicit Pacts(Ports ports) : ports_(std::move(ports)), checker_(&ports_.judge->pacts) {}

  void Draw();

  // A workflow's client is called by the coordinator.
  void OnResumed(const std::string& gid);

  // At the end, with every fault off and time enough.
  void CheckRest(const std::function<void(const std::string&, std::string)>& fail);

 private:
  struct Pact {
    std::string gid;
    Model model = Model::kTcc;
    std::string options;      // As JSON members, each with a comma before it.
    std::vector<Step> steps;  // What is registered, recorded or delivered.
    std::string topic;        // That one of the steps names; empty: none.
    bool commits = true;      // What its client decides.
    bool waits = false;
    bool direct = false;    // A message that is submitted without a prepare.
    bool alone = false;     // A workflow without a URL: nobody resumes it.
    bool resumed = false;   // By the coordinator.
    std::size_t stage = 0;  // Requests that have been heard of.
    std::size_t dies_at = 0;
    bool over = false;
  };
  // One execution of a workflow by one of its runners.
  struct Run {
    std::size_t pact = 0;
    std::string known;  // The reply to its prepareWorkflow.
    std::size_t step = 0;
  };

  Pact DrawPact(std::size_t number);
  std::string DrawOptions(Pact& pact);
  void DrawServices(const Pact& pact);
  void Schedule(std::size_t index);
  void ScheduleRivals(std::size_t index, Duration first);
  void Ask(std::size_t index);
  void AskStage(std::size_t index);
  void Heard(std::size_t index, std::size_t stage, const Answer& answer);
  void Prepare(std::size_t index, AnswerFn heard);
  void Register(std::size_t index, const Step& step, AnswerFn heard);
  void Decide(std::size_t index, bool commit, AnswerFn heard);
  void StartRun(std::size_t index);
  void Continue(Run run);
  void EndRun(const Run& run);
  void CheckPact(const Pact& pact, const std::vector<Service>& services,
                 const std::function<void(const std::string&, std::string)>& fail);
  AnswerFn Judged(const Pact& pact, AnswerFn heard);
  void At(Duration delay, std::function<void()> task) {
    ports_.agenda->Add(ports_.agenda->now() + delay, Agenda::Side::kWorld, std::move(task));
  }

  Ports ports_;
  PactChecker* const checker_;
  std::vector<Pact> pacts_;
};

}  // namespace treaty::sim
