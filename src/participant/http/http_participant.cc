// What is called, and where: requests in, targets remembered, results out.

#include "participant/http/http_participant.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/at_work_on.h"
#include "base/enough_memory.h"
#include "participant/docker_host.h"
#include "participant/http/http_lane_participant.h"
#include "runtime/tls_context.h"
#include "wire/rpc_call.h"
#include "wire/url.h"

namespace treaty {
namespace {

constexpr std::size_t kMostUrls = 20'000;

// A URL that cannot be called is its transaction's fault; certificates that cannot be read are
// ours.
BranchReply NoTarget(const Status& status) {
  const bool ours =
      status.code() == Code::kUnavailable || status.code() == Code::kResourceExhausted;
  return {ours ? Outcome::kNotSent : Outcome::kUnknown, status.message()};
}

}  // namespace

HttpParticipant::HttpParticipant(HttpParticipantConfig config, AsioLoop& loop, Log& log)
    : config_(std::move(config)),
      loop_(loop),
      log_(log),
      resolver_(loop.context(), {config_.dns_ttl, config_.patience}, config_.lookup),
      turnstile_({config_.connections_per_destination, config_.calls_in_flight, config_.patience}),
      idle_(config_.idle_connections) {}

HttpParticipant::~HttpParticipant() {
  if (timer_ != kNoTimer) loop_.Cancel(timer_);
  auto jobs = deadlines_.TakeAll();
  while (!jobs.empty()) {
    const std::unique_ptr<Job> job(&jobs.front());
    if (job->connection) job->connection->Close();
  }
  idle_.DropIdleSince(Steady::now());
}

void HttpParticipant::Call(BranchCall call, Done done) {
  auto target = FindTarget(call);
  if (!target.ok()) return ReportLater(call, std::move(done), NoTarget(target.status()));
  Destination& destination = *(*target)->destination;
  if (destination.queued >= config_.queued_per_destination) {
    return ReportLater(call, std::move(done),
                       {Outcome::kNotSent, "too many calls queued for the destination"});
  }
  auto job = std::make_unique<Job>();
  if (wire::IsRpcTarget(call.body->protocol, call.url())) {
    auto body = RpcBodyOf(call, **target);
    if (!body.ok()) return ReportLater(call, std::move(done), NoTarget(body.status()));
    job->rpc_body = std::make_shared<const std::string>(*std::move(body));
  }
  job->deadline = Steady::now() + std::min(call.timeout, config_.patience);
  job->call = std::move(call);
  job->done = std::move(done);
  job->target = *std::move(target);
  deadlines_.Add(*job);
  destination.queue.push_back(*job.release());  // Finish deletes it.
  ++destination.queued;
  ++jobs_;
  if (!ticks_fast_) SetTick(Deadlines::kTick);
  Serve(destination);
}

void HttpParticipant::CancelAll() { FinishAll(deadlines_.TakeAll(), "cancelled"); }

// None starts while they end: else each end would start the next of those that are to end.
void HttpParticipant::FinishAll(JobList<ByDeadline> jobs, const char* why) {
  if (jobs.empty()) return;
  holding_ = true;
  while (!jobs.empty()) {
    Job& job = jobs.front();
    jobs.pop_front();
    Finish(job, GivenUp(job, why), Keep::kNothing);
  }
  holding_ = false;
  if (MaySend()) ServeAll();
}

void HttpParticipant::ReportLater(const BranchCall& call, Done done, BranchReply reply) {
  loop_.Post([body = call.body, done = std::move(done), reply = std::move(reply)] {
    const AtWorkOn noted(body->gid);
    done(reply);
  });
}

// --- Targets ---------------------------------------------------------------------------------

Result<HttpParticipant::TargetPtr> HttpParticipant::FindTarget(const BranchCall& call) {
  const auto known = targets_.find(call.url());
  if (known != targets_.end()) return known->second;
  if (targets_.size() >= kMostUrls) ForgetUnused();
  if (auto old = old_targets_.extract(call.url())) {
    return targets_.insert(std::move(old)).position->second;
  }
  auto made = MakeTarget(call.url(), call.body->protocol);
  if (made.ok()) targets_.emplace(call.url(), *made);
  return made;
}

// The id is a number without meaning: a reply repeats it, and no gid in it may look like a word
// that decides.
Result<std::string> HttpParticipant::RpcBodyOf(const BranchCall& call, const Target& target) {
  const std::string id = std::to_string(++last_rpc_id_);
  const std::string branch_id = call.branch_id();
  const wire::RpcCall rpc{.id = id,
                          .method = target.method,
                          .payload = call.payload(),
                          .gid = call.body->gid,
                          .trans_type = Name(call.body->model),
                          .branch_id = branch_id,
                          .op = call.op_name()};
  return WithinMemory([&] { return wire::WriteRpcCall(rpc); });
}

// Loading the system's certificates takes 25 ms: not for every lane at every start.
Status HttpParticipant::NeedTls() {
  if (tls_) return {};
  auto made = MakeClientTlsContext(config_.ca_file);
  if (!made.ok()) {
    log_.Write(LogLevel::kError, {},
               "https participants cannot be called: " + made.status().message());
    return made.status();
  }
  tls_ = std::move(*made);
  return {};
}

Result<HttpParticipant::TargetPtr> HttpParticipant::MakeTarget(const std::string& text,
                                                               const std::string& protocol) {
  const auto url =
      wire::ParseUrl(config_.rewrite_localhost_for_docker ? ForDocker(text) : text, protocol);
  if (!url.ok()) return url.status();
  if (url->scheme == wire::Url::Scheme::kHttps) {
    if (Status status = NeedTls(); !status.ok()) return status;
  }
  if (Status status = CheckUrl(config_.targets, *url); !status.ok()) return status;
  const char* scheme = url->scheme == wire::Url::Scheme::kHttps ? "https " : "http ";
  auto& destination = destinations_[scheme + url->host + " " + std::to_string(url->port)];
  if (!destination) {
    destination = std::make_shared<Destination>();
    destination->url = *url;
  }
  auto target = std::make_shared<Target>();
  target->destination = destination;
  target->request = MakeRequestTemplate(*url);
  target->method = wire::RpcMethodOf(*url);
  return TargetPtr(std::move(target));
}

// What has not been called since the last time goes, and destinations that nobody is calling.
void HttpParticipant::ForgetUnused() {
  old_targets_ = std::exchange(targets_, {});
  std::erase_if(destinations_, [](const auto& entry) {
    const Destination& destination = *entry.second;
    return entry.second.use_count() == 1 && destination.idle.empty() && !destination.waits();
  });
}

// --- Starting calls --------------------------------------------------------------------------

std::unique_ptr<Participant> MakeHttpParticipant(HttpParticipantConfig config, AsioLoop& loop,
                                                 Log& log) {
  return std::make_unique<HttpParticipant>(std::move(config), loop, log);
}

}  // namespace treaty
