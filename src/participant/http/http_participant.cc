// Queues calls per destination, gives them connections, and ends them at their deadlines.

#include "participant/http/http_participant.h"

#include <algorithm>
#include <boost/asio/ssl/context.hpp>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "participant/http/deadlines.h"
#include "participant/http/destination.h"
#include "participant/result.h"
#include "runtime/resolver.h"
#include "runtime/tls_context.h"
#include "wire/url.h"

namespace treaty {
namespace {

using Steady = std::chrono::steady_clock;
using Done = std::function<void(BranchReply)>;

constexpr std::size_t kMostUrls = 20'000;
constexpr Duration kSlowTick = std::chrono::seconds(1);
// A connection used so recently is taken without asking whether the peer closed it.
constexpr Duration kSurelyQuiet{100};

BranchReply Unknown(std::string why) { return {Outcome::kUnknown, std::move(why)}; }

// Protocol §4.2: the first `localhost` and the first `127.0.0.1`.
std::string ForDocker(std::string url) {
  for (const std::string_view local :
       {std::string_view("localhost"), std::string_view("127.0.0.1")}) {
    const std::size_t at = url.find(local);
    if (at != std::string::npos) url.replace(at, local.size(), "host.docker.internal");
  }
  return url;
}

class HttpParticipant final : public Participant, private ConnectionOwner {
 public:
  HttpParticipant(HttpParticipantConfig config, AsioLoop& loop, Log& log);
  ~HttpParticipant() override;
  HttpParticipant(const HttpParticipant&) = delete;
  HttpParticipant& operator=(const HttpParticipant&) = delete;

  void Call(BranchCall call, Done done) override;
  void CancelAll() override;

 private:
  using TargetPtr = std::shared_ptr<const Target>;

  void OnDialed(Connection& connection) override;
  void OnReply(Connection& connection, const Reply& reply) override;
  void OnBroken(Connection& connection, const std::string& why) override;

  Result<TargetPtr> FindTarget(const BranchCall& call);
  Result<TargetPtr> MakeTarget(const std::string& text, const std::string& protocol);
  Status NeedTls();
  void ForgetTargets();
  void ReportLater(Done done, std::string why);

  bool CanStart(const Destination& destination) const;
  void Serve(Destination& destination);
  void Start(Destination& destination);
  std::shared_ptr<Connection> TakeIdle(Destination& destination);
  void Dial(Job& job);
  void Resolved(Connection& connection, const Result<Addresses>& addresses);
  void Exchange(Job& job);

  enum class Keep { kConnection, kNothing };
  void Finish(Job& job, BranchReply reply, Keep keep);
  void FinishAll(JobList<ByDeadline> jobs, const char* why);
  void Release(Job& job, Keep keep);

  void Tick();
  void SetTick(Duration interval);
  void CheckDials(Steady::time_point now);
  bool DropStale(Steady::time_point now);

  HttpParticipantConfig config_;
  AsioLoop& loop_;
  Log& log_;
  std::optional<boost::asio::ssl::context> tls_;
  Resolver resolver_;

  std::unordered_map<std::string, TargetPtr> targets_;  // By URL; only those that can be called.
  std::unordered_map<std::string, std::shared_ptr<Destination>> destinations_;
  std::deque<Destination*> line_;  // Those with queued calls and free connections.
  std::vector<std::weak_ptr<Connection>> dialing_;
  std::size_t active_ = 0;
  std::size_t jobs_ = 0;
  Deadlines deadlines_;
  TimerId timer_ = kNoTimer;
  bool ticks_fast_ = false;
  bool holding_ = false;  // Nothing starts.
};

HttpParticipant::HttpParticipant(HttpParticipantConfig config, AsioLoop& loop, Log& log)
    : config_(std::move(config)),
      loop_(loop),
      log_(log),
      resolver_(loop.context(), config_.dns_ttl) {}

HttpParticipant::~HttpParticipant() {
  if (timer_ != kNoTimer) loop_.Cancel(timer_);
  auto jobs = deadlines_.TakeAll();
  while (!jobs.empty()) {
    const std::unique_ptr<Job> job(&jobs.front());
    if (job->connection) job->connection->Close();
  }
  for (const auto& [name, destination] : destinations_) {
    for (const auto& connection : destination->idle) connection->Close();
  }
}

void HttpParticipant::Call(BranchCall call, Done done) {
  auto target = FindTarget(call);
  if (!target.ok()) return ReportLater(std::move(done), target.status().message());
  Destination& destination = *(*target)->destination;
  if (destination.queued >= config_.queued_per_destination) {
    return ReportLater(std::move(done), "too many calls queued for the destination");
  }
  auto job = std::make_unique<Job>();
  job->deadline = Steady::now() + call.timeout;
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
    Finish(job, Unknown(why), Keep::kNothing);
  }
  holding_ = false;
  for (const auto& [name, destination] : destinations_) Serve(*destination);
}

void HttpParticipant::ReportLater(Done done, std::string why) {
  loop_.Post([report = std::move(done), text = std::move(why)] { report(Unknown(text)); });
}

// --- Targets ---------------------------------------------------------------------------------

Result<HttpParticipant::TargetPtr> HttpParticipant::FindTarget(const BranchCall& call) {
  const auto known = targets_.find(call.url());
  if (known != targets_.end()) return known->second;
  auto made = MakeTarget(call.url(), call.body->protocol);
  if (!made.ok()) return made;
  if (targets_.size() >= kMostUrls) ForgetTargets();
  targets_.emplace(call.url(), *made);
  return made;
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
  if (url->scheme == wire::Url::Scheme::kGrpc) {
    return Status{Code::kInvalidArgument, "gRPC targets cannot be called over HTTP"};
  }
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
  return TargetPtr(std::move(target));
}

// Destinations that nobody is calling go too.
void HttpParticipant::ForgetTargets() {
  targets_.clear();
  std::erase_if(destinations_, [](const auto& entry) {
    const Destination& destination = *entry.second;
    return entry.second.use_count() == 1 && destination.idle.empty() && !destination.waiting;
  });
}

// --- Starting calls --------------------------------------------------------------------------

bool HttpParticipant::CanStart(const Destination& destination) const {
  return !destination.queue.empty() && destination.active < config_.connections_per_destination;
}

// Destinations take turns where the lane's total is scarce.
void HttpParticipant::Serve(Destination& destination) {
  if (holding_) return;
  const auto line_up = [this](Destination& one) {
    if (one.waiting || !CanStart(one)) return;
    one.waiting = true;
    line_.push_back(&one);
  };
  line_up(destination);
  while (active_ < config_.calls_in_flight && !line_.empty()) {
    Destination& first = *line_.front();
    line_.pop_front();
    first.waiting = false;
    if (CanStart(first)) Start(first);
    line_up(first);
  }
}

void HttpParticipant::Start(Destination& destination) {
  Job& job = destination.queue.front();
  destination.queue.pop_front();
  --destination.queued;
  ++destination.active;
  ++active_;
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
  WriteRequestHead(job.target->request, job.call, job.connection->head());
  job.connection->Exchange(job.call.body, job.call.branch);
}

// --- Ends ------------------------------------------------------------------------------------

void HttpParticipant::OnDialed(Connection& connection) {
  Exchange(*static_cast<Job*>(connection.job));
}

void HttpParticipant::OnReply(Connection& connection, const Reply& reply) {
  Job& job = *static_cast<Job*>(connection.job);
  const ResultOptions options{config_.success_on_any_2xx, config_.legacy_result_words};
  BranchReply mapped = reply.readable ? MapReply(reply.status, reply.body, job.call.op, options)
                                      : Unknown("unreadable gzip reply");
  Finish(job, std::move(mapped), reply.keep_alive ? Keep::kConnection : Keep::kNothing);
}

// The peer may close a kept connection at any time; that it did so just now is no answer to a
// call it never saw. The other kept connections have probably met the same fate.
void HttpParticipant::OnBroken(Connection& connection, const std::string& why) {
  Job& job = *static_cast<Job*>(connection.job);
  Destination& destination = *job.target->destination;
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
  --destination.active;
  --active_;
  if (keep == Keep::kConnection) {
    connection->idle_since = Steady::now();
    destination.idle.push_back(connection);
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
  FinishAll(deadlines_.TakeDue(now), "timed out");
  CheckDials(now);
  const bool some_idle = DropStale(now);
  if (jobs_ > 0) {
    SetTick(Deadlines::kTick);
  } else if (some_idle && timer_ == kNoTimer) {
    SetTick(kSlowTick);
  }
}

void HttpParticipant::CheckDials(Steady::time_point now) {
  std::erase_if(dialing_, [now](const std::weak_ptr<Connection>& dialing) {
    const auto connection = dialing.lock();
    if (!connection || connection->closed()) return true;
    connection->CheckAttempt(now);
    return false;
  });
}

bool HttpParticipant::DropStale(Steady::time_point now) {
  bool some_left = false;
  for (const auto& [name, destination] : destinations_) {
    auto& idle = destination->idle;
    const auto fresh = std::find_if(idle.begin(), idle.end(), [&](const auto& connection) {
      return now - connection->idle_since < config_.idle_expiry;
    });
    std::for_each(idle.begin(), fresh, [](const auto& connection) { connection->Close(); });
    idle.erase(idle.begin(), fresh);
    some_left = some_left || !idle.empty();
  }
  return some_left;
}

}  // namespace

std::unique_ptr<Participant> MakeHttpParticipant(HttpParticipantConfig config, AsioLoop& loop,
                                                 Log& log) {
  return std::make_unique<HttpParticipant>(std::move(config), loop, log);
}

}  // namespace treaty
