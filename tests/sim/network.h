// The network between the process and its participants, and the participants behind it: the
// services keep books that outlive every crash of the process.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "participant/participant.h"
#include "sim/agenda.h"
#include "sim/checker.h"
#include "sim/swarm.h"

namespace treaty::sim {

// A process, as the network and the store see it.
struct Caller {
  std::uint32_t process = 0;  // Unlike any other's, of all instances and all their starts.
  Agenda::Side side{};
  std::function<void(Mark)> crash;  // Asks for its crash at the end of the present event.
};

// How the service of one step behaves, and what it has done.
struct Service {
  // Left to do before it behaves.
  std::uint32_t ongoing = 0;
  std::uint32_t unknown = 0;
  std::uint32_t hangs = 0;
  std::uint32_t undo_ongoing = 0;
  std::uint32_t undo_unknown = 0;
  std::uint32_t undo_failure = 0;
  std::uint32_t failure = 0;  // Of what must succeed in the end: a FAILURE that counts as unknown.
  std::uint32_t refuse_from = 0;  // The n-th call is refused, and all later ones; 0: none.

  std::uint32_t calls = 0;
  bool undo_seen = false;
  StepBooks books;
};

class Network {
 public:
  struct Ports {
    Agenda* agenda;
    Checker* checker;
    Rng* rng;
    Marks* marks;
    Swarm* swarm;
    std::function<void(std::uint64_t, std::uint64_t)> trace;
    std::function<void(const std::string& gid)> resumed;  // A workflow's client was called.
  };
  explicit Network(Ports ports) : ports_(std::move(ports)) {}

  void Call(const Caller& from, const BranchCall& call, std::function<void(BranchReply)> done);
  void CancelAll(const Caller& of);
  // Nobody is there any more to hear of the replies.
  void Drop(std::uint32_t process);
  // From now on every service gives definite answers.
  void Heal();

  std::map<std::string, std::vector<Service>> services;  // By gid.
  std::size_t open() const { return open_.size(); }
  std::size_t open(std::uint32_t process) const;
  std::size_t travelling() const { return travelling_; }

 private:
  struct Open {
    std::uint32_t process;
    Agenda::Side side;
    std::function<void(BranchReply)> done;
    std::string gid;
    BranchIndex branch;
    Op op = Op::kAction;
    bool sent = true;  // Something of it, or it may have been.
  };
  static Outcome WithoutAnswer(const Open& open) {
    return open.sent ? Outcome::kUnknown : Outcome::kNotSent;
  }
  struct Parcel {
    std::uint64_t id;
    std::string gid;
    BranchIndex branch;
    Op op;
    std::size_t service;  // Its place among the services of the gid.
    bool resumes;         // A workflow.
    Time deadline;
  };
  std::size_t ServiceOf(const BranchCall& call) const;
  void EndEarly(const Parcel& parcel);
  void Lose(const Parcel& parcel);
  void Send(const Parcel& parcel);
  void Deliver(const Parcel& parcel);
  void Arrive(std::uint64_t id, Outcome outcome);
  Outcome Act(Service& service);
  Outcome Undo(Service& service);
  void End(std::uint64_t id, Outcome outcome, const char* text);
  Duration Latency();
  bool Draw(std::uint32_t per_mille) const {
    return ports_.swarm->faults && ports_.rng->PerMille(per_mille);
  }
  bool Take(std::uint32_t& left, Mark mark);

  Ports ports_;
  std::uint64_t last_ = 0;
  std::size_t travelling_ = 0;
  bool hung_ = false;  // The service just asked keeps silent.
  std::unordered_map<std::uint64_t, Open> open_;
};

class SimParticipant final : public Participant {
 public:
  SimParticipant(Network& network, Caller caller) : network_(network), caller_(std::move(caller)) {}
  void Call(BranchCall call, std::function<void(BranchReply)> done) override {
    network_.Call(caller_, call, std::move(done));
  }
  void CancelAll() override { network_.CancelAll(caller_); }

 private:
  Network& network_;
  const Caller caller_;
};

}  // namespace treaty::sim
