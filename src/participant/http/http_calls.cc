// How calls get connections, and how they end: queues served, dialling, replies, deadlines.

#include <algorithm>
#include <utility>

#include "base/at_work_on.h"
#include "base/enough_memory.h"
#include "participant/http/http_lane_participant.h"
#include "participant/result.h"
#include "runtime/wall_clock.h"

namespace treaty {
namespace {

constexpr Duration kSlowTick = std::chrono::seconds(1);
constexpr int kRequestTimeout = 408;

const char* Waiting(Stage stage) {
  if (stage == Stage::kQueued) return "queued: ";
  return stage == Stage::kLookingUp ? "looking up the name: " : "";
}

}  // namespace

BranchReply NotAnswered(const Job& job, std::string why, Stage blamed) {
  if (job.stage < blamed) return {Outcome::kNotSent, std::move(why)};
  return {Outcome::kUnknown, std::move(why)};
}

BranchReply GivenUp(const Job& job, const std::string& why) {
  return NotAnswered(job, Waiting(job.stage) + why, Stage::kConnecting);
}

// Destinations take turns where the lane's total is scarce.
void HttpParticipant::Serve(Destination& destination) {
  turnstile_.LineUp(destination);
  // They wait, and are put off when that takes too long.
  if (!holding_ && MaySend()) ServeAll();
}

void HttpParticipant::ServeAll() {
  turnstile_.ServeAll([this](Gate& gate) { Start(static_cast<Destination&>(gate)); });
}

// The call's own time begins here: what it has spent in the queue is not the participant's fault.
void HttpParticipant::Start(Destination& destination) {
  Job& job = destination.queue.front();
  const auto body = job.call.body;
  const AtWorkOn noted(body->gid);
  destination.queue.pop_front();
  const auto now = Steady::now();
  turnstile_.Started(destination, job, now);
  job.deadline = now + job.call.timeout;
  deadlines_.Move(job);
  auto idle = idle_.Take(destination, config_.idle_expiry);
  if (!idle) return Dial(job);
  idle->reused = true;
  Give(job, std::move(idle));
  Exchange(job);
}

void HttpParticipant::Give(Job& job, std::shared_ptr<Connection> connection) {
  connection->job = &job;
  connection->gid = {job.call.body, &job.call.body->gid};
  job.connection = std::move(connection);
}

void HttpParticipant::Dial(Job& job) {
  job.stage = std::max(job.stage, Stage::kLookingUp);
  const Destination& destination = *job.target->destination;
  Connection::Options options;
  if (destination.url.scheme == wire::Url::Scheme::kHttps) options.tls = &*tls_;
  options.server_name = destination.url.host;
  if (options.server_name.ends_with('.')) options.server_name.pop_back();
  options.server_is_address = destination.url.host_is_address;
  options.max_reply_bytes = config_.max_reply_bytes;
  options.descriptors = config_.descriptors.get();
  if (DescriptorsAreShort()) DropStale(Steady::now());
  Give(job, std::make_shared<Connection>(loop_.context(), static_cast<ConnectionOwner&>(*this),
                                         std::move(options)));
  const std::weak_ptr<Connection> dialing = job.connection;
  dialing_.push_back(dialing);
  resolver_.Resolve(destination.url.host, [this, dialing](const Result<Addresses>& addresses) {
    const auto connection = dialing.lock();
    if (!connection || connection->closed()) return;
    const AtWorkOn noted(connection->gid.get());
    Resolved(*connection, addresses);
  });
}

// The policy is asked about each address that is really dialled.
void HttpParticipant::Resolved(Connection& connection, const Result<Addresses>& addresses) {
  if (!addresses.ok()) return connection.FailLater(addresses.status().message(), Fault::kOurs);
  Job& job = *static_cast<Job*>(connection.job);
  job.stage = std::max(job.stage, Stage::kConnecting);
  const std::uint16_t port = job.target->destination->url.port;
  std::vector<Connection::Endpoint> allowed;
  std::string refusal;
  for (const auto& address : *addresses) {
    const Status status = CheckAddress(config_.targets, address.to_string(), port);
    if (status.ok()) {
      allowed.emplace_back(address, port);
    } else {
      refusal = status.message();
    }
  }
  if (allowed.empty()) return connection.FailLater(refusal);
  // However long the reply may take: an address that is silent leaves time for the next.
  connection.Dial(std::move(allowed), std::min(job.deadline, Steady::now() + config_.patience));
}

void HttpParticipant::Exchange(Job& job) {
  const Status sent = Send(job);
  if (sent.ok()) {
    job.stage = Stage::kSent;
  } else {
    job.connection->FailLater(sent.message(), Fault::kOurs);
  }
}

// kResourceExhausted: there is no memory for it, and nothing was sent.
Status HttpParticipant::Send(const Job& job) {
  Connection& connection = *job.connection;
  const Status written = WithinMemory([&]() -> Status {
    if (job.rpc_body) {
      WriteRpcHead(job.target->request, *job.call.terms, job.rpc_body->size(), connection.head());
    } else {
      WriteRequestHead(job.target->request, job.call, connection.head());
    }
    return {};
  });
  if (!written.ok()) return written;
  if (job.rpc_body) return connection.Exchange(job.rpc_body, *job.rpc_body);
  return connection.Exchange(job.call.payload_owner(), job.call.payload());
}

// --- Ends ------------------------------------------------------------------------------------

void HttpParticipant::OnDialed(Connection& connection) {
  Job& job = *static_cast<Job*>(connection.job);
  if (!MaySend()) {
    return Finish(job, NotAnswered(job, "this process may not call at present", Stage::kSent),
                  Keep::kConnection);
  }
  if (connection.IsQuiet()) return Exchange(job);
  Finish(job, NotAnswered(job, "closed, or said something, before it was asked", Stage::kSent),
         Keep::kNothing);
}

void HttpParticipant::OnReply(Connection& connection, const Reply& reply) {
  Job& job = *static_cast<Job*>(connection.job);
  turnstile_.Heard(*job.target->destination, Steady::now());
  // It is tired of waiting for a request: of the last one's connection, not of this one.
  if (reply.status == kRequestTimeout && connection.reused && !job.retried) return DialAnew(job);
  const Words words = job.call.finds_words() ? Words::kAnywhere : Words::kAlone;
  const ResultOptions options{config_.success_on_any_2xx, config_.legacy_result_words};
  BranchReply mapped = job.rpc_body ? MapRpcReply(reply.status, reply.body, words, options)
                                    : MapReply(reply.status, reply.body, words, options);
  if (!reply.retry_after.when.empty()) {
    mapped.retry_after = TimeUntil(reply.retry_after, WallClockNow());
  }
  Finish(job, std::move(mapped), reply.keep_alive ? Keep::kConnection : Keep::kNothing);
}

// The peer may close a kept connection at any time; that it did so just now is no answer to a
// call it never saw.
void HttpParticipant::OnBroken(Connection& connection, const std::string& why) {
  Job& job = *static_cast<Job*>(connection.job);
  Destination& destination = *job.target->destination;
  const bool ours = connection.fault() == Fault::kOurs;
  if (!ours) turnstile_.Heard(destination, Steady::now());
  if (connection.reused && !connection.heard() && !job.retried) return DialAnew(job);
  if (!ours && !connection.reused) resolver_.Forget(destination.url.host);
  Finish(job, NotAnswered(job, why, ours ? Stage::kSent : Stage::kQueued), Keep::kNothing);
}

// Once more on a new connection, as the same attempt. The other kept connections have probably met
// the same fate.
void HttpParticipant::DialAnew(Job& job) {
  job.retried = true;
  idle_.Drop(*job.target->destination);
  job.connection->Close();
  Dial(job);
}

void HttpParticipant::Finish(Job& job, BranchReply reply, Keep keep) {
  const std::unique_ptr<Job> owned(&job);
  const AtWorkOn noted(owned->call.body->gid);
  Release(job, keep);
  owned->done(std::move(reply));
}

void HttpParticipant::Release(Job& job, Keep keep) {
  --jobs_;
  Destination& destination = *job.target->destination;
  if (!job.connection) return turnstile_.Withdrawn(destination, 1);
  const std::shared_ptr<Connection> connection = std::move(job.connection);
  connection->job = nullptr;
  connection->gid = nullptr;
  turnstile_.Ended(job, Steady::now());
  if (keep == Keep::kConnection && !DescriptorsAreShort()) {
    idle_.Add(job.target->destination, connection);
  } else {
    connection->Close();
  }
  Serve(destination);
}

// --- The one timer ---------------------------------------------------------------------------

void HttpParticipant::SetTick(Duration interval) {
  if (timer_ != kNoTimer) loop_.Cancel(timer_);
  ticks_fast_ = interval == Deadlines::kTick;
  timer_ = loop_.After(interval, [this] { Tick(); });
}

void HttpParticipant::Tick() {
  timer_ = kNoTimer;
  ticks_fast_ = false;
  const auto now = Steady::now();
  auto due = deadlines_.TakeDue(now);
  for (const Job& job : due) job.target->destination->timeouts += job.connection ? 1 : 0;
  FinishAll(std::move(due), "timed out");
  CheckLate(now);
  CheckDials(now);
  Sweep(now);
  if (jobs_ > 0) {
    SetTick(Deadlines::kTick);
  } else if (!idle_.empty() && timer_ == kNoTimer) {
    SetTick(kSlowTick);
  }
}

void HttpParticipant::CheckLate(Steady::time_point now) {
  turnstile_.Look(now);
  if (!MaySend()) return;
  ServeAll();
  while (Turn* const turn = turnstile_.WhoGivesWay()) {
    Job& job = static_cast<Job&>(*turn);
    Finish(job, GivenUp(job, "timed out: it gave way to others"), Keep::kNothing);
  }
}

// Housekeeping, once a second, or as often as something may be forgotten.
void HttpParticipant::Sweep(Steady::time_point now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + std::min(kSlowTick, config_.forget_after);
  DropStale(now);
  if (now < next_forgetting_) return;
  next_forgetting_ = now + config_.forget_after;
  ForgetUnused();
}

void HttpParticipant::CheckDials(Steady::time_point now) {
  std::erase_if(dialing_, [now](const std::weak_ptr<Connection>& dialing) {
    const auto connection = dialing.lock();
    if (!connection || connection->closed()) return true;
    connection->CheckAttempt(now);
    return false;
  });
}

// Where descriptors run short, whoever comes to the door needs them more.
bool HttpParticipant::DescriptorsAreShort() const {
  return config_.descriptors && config_.descriptors->AreShort();
}

void HttpParticipant::DropStale(Steady::time_point now) {
  idle_.DropIdleSince(now - (DescriptorsAreShort() ? Duration(0) : config_.idle_expiry));
}

}  // namespace treaty
