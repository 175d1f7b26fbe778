#include "sim/network.h"

#include <algorithm>
#include <utility>

#include "sim/topics.h"

namespace treaty::sim {

Duration Network::Latency() {
  if (Draw(ports_.swarm->delay)) return ports_.rng->Millis(0, 60'000);
  return ports_.rng->Millis(1, 40);
}

// By the branch's id, which the client chose; the client's own is the last, and before it are the
// subscribers of the topic that a message may go to.
std::size_t Network::ServiceOf(const BranchCall& call) const {
  const std::size_t client = services.at(call.body->gid).size() - 1;
  if (call.op == Op::kQuery) return client;
  const std::size_t subscriber = SubscriberOf(call.url());
  if (subscriber < kSubscribers) return client - kSubscribers + subscriber;
  return std::stoul(call.branch_id()) - 1;
}

void Network::Call(const Caller& from, const BranchCall& call,
                   std::function<void(BranchReply)> done) {
  const Time now = ports_.agenda->now();
  const std::string& gid = call.body->gid;
  const bool resumes = call.op == Op::kQuery && call.body->model == Model::kWorkflow;
  const Parcel parcel{++last_,         gid,     call.branch,       call.op,
                      ServiceOf(call), resumes, now + call.timeout};
  ports_.trace(parcel.id, call.branch.value * 2 + static_cast<std::uint64_t>(call.op));
  ports_.checker->OnCall(from.process, gid, call.branch, call.op, now);
  if (call.op == Op::kAction) ports_.checker->topics.OnCall(gid, call.branch, call.url());
  open_[parcel.id] = {from.process, from.side, std::move(done), gid, call.branch, call.op};
  ports_.agenda->Add(parcel.deadline, from.side, [this, id = parcel.id] {
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    ports_.marks->Hit(Mark::kTimedOut);
    End(id, WithoutAnswer(found->second), "time-out");
  });
  if (ports_.swarm->faults && gid == ports_.swarm->killer) {
    ports_.checker->deaths.OnKilled(from.process, gid);
    return from.crash(Mark::kKilled);
  }
  if (Draw(ports_.swarm->call_crash)) {
    const bool arrives = ports_.rng->Percent(50);
    from.crash(arrives ? Mark::kCrashAfterCall : Mark::kCrashBeforeCall);
    if (arrives) Send(parcel);
    return;
  }
  if (Draw(ports_.swarm->refuse_connection)) return EndEarly(parcel);
  if (Draw(ports_.swarm->lose)) return Lose(parcel);
  Send(parcel);
  if (!Draw(ports_.swarm->duplicate)) return;
  ports_.marks->Hit(Mark::kRequestDuplicated);
  Send(parcel);
}

// The participant refuses the connection, or the call finds no room and was no attempt.
void Network::EndEarly(const Parcel& parcel) {
  Open& open = open_.at(parcel.id);
  open.sent = ports_.rng->Percent(50);
  if (open.sent) ports_.checker->OnSent(parcel.gid, parcel.branch, parcel.op);
  ports_.marks->Hit(open.sent ? Mark::kConnectRefused : Mark::kNotSent);
  const Time soon = ports_.agenda->now() + Duration(1);
  const Time queued = std::min(ports_.agenda->now() + ports_.rng->Millis(1, 3'000),
                               parcel.deadline - Duration(1));  // While others are called.
  ports_.agenda->Add(open.sent ? soon : queued, open.side, [this, id = parcel.id] {
    const auto found = open_.find(id);
    if (found != open_.end()) End(id, WithoutAnswer(found->second), "ended early");
  });
}

// Nobody can tell that from a call that has arrived.
void Network::Lose(const Parcel& parcel) {
  ports_.checker->OnSent(parcel.gid, parcel.branch, parcel.op);
  ports_.marks->Hit(Mark::kRequestLost);
}

void Network::Send(const Parcel& parcel) {
  ports_.checker->OnSent(parcel.gid, parcel.branch, parcel.op);
  ++travelling_;
  ports_.agenda->Add(ports_.agenda->now() + Latency(), Agenda::Side::kWorld,
                     [this, parcel] { Deliver(parcel); });
}

void Network::Deliver(const Parcel& parcel) {
  --travelling_;
  if (ports_.agenda->now() > parcel.deadline) ports_.marks->Hit(Mark::kLateDelivery);
  Service& service = services.at(parcel.gid)[parcel.service];
  hung_ = false;
  const Outcome outcome = parcel.op == Op::kCompensate ? Undo(service) : Act(service);
  if (parcel.resumes) ports_.resumed(parcel.gid);
  ports_.trace(parcel.id, static_cast<std::uint64_t>(outcome));
  if (hung_) return;
  if (Draw(ports_.swarm->lose)) return ports_.marks->Hit(Mark::kReplyLost);
  ++travelling_;
  ports_.agenda->Add(ports_.agenda->now() + Latency(), Agenda::Side::kWorld,
                     [this, id = parcel.id, outcome] {
                       --travelling_;
                       Arrive(id, outcome);
                     });
}

// The reply is heard when the process is there to hear it.
void Network::Arrive(std::uint64_t id, Outcome outcome) {
  const auto found = open_.find(id);
  if (found == open_.end()) return ports_.marks->Hit(Mark::kLateReply);
  ports_.agenda->Add(ports_.agenda->now(), found->second.side, [this, id, outcome] {
    if (open_.contains(id)) return End(id, outcome, "said so");
    ports_.marks->Hit(Mark::kLateReply);
  });
}

bool Network::Take(std::uint32_t& left, Mark mark) {
  if (left == 0) return false;
  --left;
  ports_.marks->Hit(mark);
  return true;
}

// What was done once is done: a repeated action answers as the first.
Outcome Network::Act(Service& service) {
  StepBooks& books = service.books;
  if (++service.calls == 2) ports_.marks->Hit(Mark::kCalledTwice);
  if (service.undo_seen) {
    ports_.marks->Hit(Mark::kActionAfterCompensation);
    if (books.barrier) return Outcome::kSuccess;  // Without effect, for ever.
  }
  if (books.applied > 0) return Outcome::kSuccess;
  if (Take(service.ongoing, Mark::kOngoing)) return Outcome::kOngoing;
  if (Take(service.unknown, Mark::kUnknown)) return Outcome::kUnknown;
  if (Take(service.failure, Mark::kPhaseTwoFailure)) return Outcome::kFailure;
  if (service.refuse_from > 0 && service.calls >= service.refuse_from) {
    ports_.marks->Hit(service.calls > 1 ? Mark::kRefusedLater : Mark::kRefused);
    return Outcome::kFailure;
  }
  ++books.applied;
  hung_ = Take(service.hangs, Mark::kHung);  // It has acted, but nobody hears of it.
  return Outcome::kSuccess;
}

Outcome Network::Undo(Service& service) {
  StepBooks& books = service.books;
  if (Take(service.undo_ongoing, Mark::kCompensateOngoing)) return Outcome::kOngoing;
  if (Take(service.undo_unknown, Mark::kCompensateUnknown)) return Outcome::kUnknown;
  if (Take(service.undo_failure, Mark::kCompensateFailure)) return Outcome::kFailure;
  if (!std::exchange(service.undo_seen, true) && books.applied == 0) {
    ports_.marks->Hit(Mark::kNullCompensation);
  }
  books.undone = books.applied;
  return Outcome::kSuccess;
}

void Network::End(std::uint64_t id, Outcome outcome, const char* text) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  const Open open = std::move(found->second);
  open_.erase(found);
  ports_.trace(id, 16 + static_cast<std::uint64_t>(outcome));
  ports_.checker->OnReply(open.process, open.gid, open.branch, open.op, outcome);
  open.done({outcome, text});
}

void Network::CancelAll(const Caller& of) {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, open] : open_) {
    if (open.process == of.process) ids.push_back(id);
  }
  std::ranges::sort(ids);
  for (const std::uint64_t id : ids) {
    ports_.agenda->Add(
        ports_.agenda->now(), of.side,
        [this, id, outcome = WithoutAnswer(open_.at(id))] { End(id, outcome, "cancelled"); });
  }
}

void Network::Drop(std::uint32_t process) {
  std::erase_if(open_, [process](const auto& entry) { return entry.second.process == process; });
}

std::size_t Network::open(std::uint32_t process) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      open_, [process](const auto& entry) { return entry.second.process == process; }));
}

void Network::Heal() {
  for (auto& [gid, steps] : services) {
    for (Service& service : steps) {
      service.ongoing = service.unknown = service.hangs = service.failure = 0;
      service.undo_ongoing = service.undo_unknown = service.undo_failure = 0;
    }
  }
}

}  // namespace treaty::sim
