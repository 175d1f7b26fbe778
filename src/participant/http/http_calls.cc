// How calls get connections, and how they end: queues served, dialling, replies, deadlines.

#include <algorithm>
#include <utility>

#include "base/at_work_on.h"
#include "participant/http/http_lane_participant.h"
#include "participant/result.h"

namespace treaty {
namespace {

constexpr Duration kSlowTick = std::chrono::seconds(1);
// A connection used so recently is taken without asking whether the peer closed it.
constexpr Duration kSurelyQuiet{100};

}  // namespace

// Destinations take turns where the lane's total is scarce.
void HttpParticipant::Serve(Destination& destination) {
  if (holding_) return;
  turnstile_.LineUp(destination);
  if (!MaySend()) return;  // They wait, and are put off when that takes too long.
  turnstile_.ServeAll([this](Gate& gate) { Start(static_cast<Destination&>(gate)); });
}

// The call's own time begins here: what it has spent in the queue is not the participant's fault.
void HttpParticipant::Start(Destination& destination) {
  Job& job = destination.queue.front();
  destination.queue.pop_front();
  job.on_suspicion = turnstile_.Started(destination);
  job.deadline = Steady::now() + job.call.timeout;
  deadlines_.Move(job);
  job.connection = TakeIdle(destination);
  if (!job.connection) return Dial(job);
  job.connection->reused = true;
  job.connection->job = &job;
  Exchange(job);
}

std::shared_ptr<Connection> HttpParticipant::TakeIdle(Destination& destination) {
  const auto now = Steady::now();
  while (!destination.idle.empty()) {
    const std::shared_ptr<Connection> last = std::move(destination.idle.back());
    destination.idle.pop_back();
    const auto slept = now - last->idle_since;
    if (slept < kSurelyQuiet || (slept < config_.idle_expiry && last->IsQuiet())) return last;
    last->Close();
  }
  return nullptr;
}

void HttpParticipant::Dial(Job& job) {
  const Destination& destination = *job.target->destination;
  Connection::Options options;
  if (destination.url.scheme == wire::Url::Scheme::kHttps) options.tls = &*tls_;
  options.server_name = destination.url.host;
  if (options.server_name.ends_with('.')) options.server_name.pop_back();
  options.server_is_address = destination.url.host_is_address;
  options.max_reply_bytes = config_.max_reply_bytes;
  job.connection = std::make_shared<Connection>(
      loop_.context(), static_cast<ConnectionOwner&>(*this), std::move(options));
  job.connection->job = &job;
  const std::weak_ptr<Connection> dialing = job.connection;
  dialing_.push_back(dialing);
  resolver_.Resolve(destination.url.host, [this, dialing](const Result<Addresses>& addresses) {
    const auto connection = dialing.lock();
    if (connection && !connection->closed()) Resolved(*connection, addresses);
  });
}

// The policy is asked about each address that is really dialled.
void HttpParticipant::Resolved(Connection& connection, const Result<Addresses>& addresses) {
  if (!addresses.ok()) return connection.FailLater(addresses.status().message());
  const Job& job = *static_cast<Job*>(connection.job);
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
  connection.Dial(std::move(allowed), job.deadline);
}

void HttpParticipant::Exchange(Job& job) {
  if (job.rpc_body) {
    WriteRpcHead(job.target->request, *job.call.terms, job.rpc_body->size(),
                 job.connection->head());
    return job.connection->Exchange(job.rpc_body, *job.rpc_body);
  }
  WriteRequestHead(job.target->request, job.call, job.connection->head());
  job.connection->Exchange(job.call.payload_owner(), job.call.payload());
}

// --- Ends ------------------------------------------------------------------------------------

void HttpParticipant::OnDialed(Connection& connection) {
  Job& job = *static_cast<Job*>(connection.job);
  if (MaySend()) return Exchange(job);
  Finish(job, NotSent("this process may not call at present"), Keep::kConnection);
}

void HttpParticipant::OnReply(Connection& connection, const Reply& reply) {
  Job& job = *static_cast<Job*>(connection.job);
  const AtWorkOn noted(job.call.body->gid);
  job.target->destination->timeouts = 0;
  const Words words = job.call.finds_words() ? Words::kAnywhere : Words::kAlone;
  const ResultOptions options{config_.success_on_any_2xx, config_.legacy_result_words};
  const auto map = job.rpc_body ? MapRpcReply : MapReply;
  BranchReply mapped = reply.readable ? map(reply.status, reply.body, words, options)
                                      : Unknown("unreadable gzip reply");
  Finish(job, std::move(mapped), reply.keep_alive ? Keep::kConnection : Keep::kNothing);
}

// The peer may close a kept connection at any time; that it did so just now is no answer to a
// call it never saw. The other kept connections have probably met the same fate.
void HttpParticipant::OnBroken(Connection& connection, const std::string& why) {
  Job& job = *static_cast<Job*>(connection.job);
  Destination& destination = *job.target->destination;
  destination.timeouts = 0;
  if (!connection.reused || connection.heard() || job.retried) {
    if (!connection.reused) resolver_.Forget(destination.url.host);
    return Finish(job, Unknown(why), Keep::kNothing);
  }
  job.retried = true;
  for (const auto& idle : destination.idle) idle->Close();
  destination.idle.clear();
  connection.Close();
  Dial(job);
}

void HttpParticipant::Finish(Job& job, BranchReply reply, Keep keep) {
  const std::unique_ptr<Job> owned(&job);
  Release(job, keep);
  owned->done(std::move(reply));
}

void HttpParticipant::Release(Job& job, Keep keep) {
  --jobs_;
  Destination& destination = *job.target->destination;
  if (!job.connection) {
    --destination.queued;
    return;
  }
  const std::shared_ptr<Connection> connection = std::move(job.connection);
  connection->job = nullptr;
  turnstile_.Ended(destination, job.on_suspicion);
  if (keep == Keep::kConnection) {
    connection->idle_since = Steady::now();
    destination.idle.push_back(connection);
    if (!std::exchange(destination.with_idle, true)) with_idle_.push_back(job.target->destination);
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
  CheckDials(now);
  Sweep(now);
  if (jobs_ > 0) {
    SetTick(Deadlines::kTick);
  } else if (!with_idle_.empty() && timer_ == kNoTimer) {
    SetTick(kSlowTick);
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

void HttpParticipant::DropStale(Steady::time_point now) {
  std::erase_if(with_idle_, [&](const std::shared_ptr<Destination>& destination) {
    auto& idle = destination->idle;
    const auto fresh = std::find_if(idle.begin(), idle.end(), [&](const auto& connection) {
      return now - connection->idle_since < config_.idle_expiry;
    });
    std::for_each(idle.begin(), fresh, [](const auto& connection) { connection->Close(); });
    idle.erase(idle.begin(), fresh);
    destination->with_idle = !idle.empty();
    return idle.empty();
  });
}

}  // namespace treaty
