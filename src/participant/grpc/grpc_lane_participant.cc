// How calls are queued, sent and ended. The library reports on threads of its own; from there
// everything is posted to the lane at once.

#include "participant/grpc/grpc_lane_participant.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/at_work_on.h"
#include "base/hand_over.h"
#include "participant/docker_host.h"
#include "participant/grpc/grpc_destination.h"
#include "participant/grpc/grpc_request.h"
#include "participant/grpc/grpc_result.h"

namespace treaty {
namespace {

constexpr std::size_t kMostUrls = 20'000;
constexpr Duration kTick = std::chrono::milliseconds(100);
// The library's timers are that coarse.
constexpr Duration kClockSlack = std::chrono::milliseconds(20);
constexpr int kDeadlineExceeded = 4;
constexpr int kUnavailable = 14;

BranchReply Unknown(std::string why) { return {Outcome::kUnknown, std::move(why)}; }
BranchReply NotSent(std::string why) { return {Outcome::kNotSent, std::move(why)}; }

}  // namespace

// One call, from handing over to its report.
struct GrpcLaneParticipant::Job : Turn, std::enable_shared_from_this<Job> {
  BranchCall call;
  Done done;
  std::shared_ptr<const Target> target;
  Steady::time_point deadline;
  bool resolved = false;
  bool sent = false;
  bool ending = false;  // Without having been sent: its report is on its way.
  bool ended = false;
  // Of the library, from Send to its report.
  std::shared_ptr<grpc::GenericStub> stub;
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer reply;

  // Whatever happens in a call happens on its behalf, and not after its end.
  template <typename Event>
  void Run(Event event) {
    if (ended) return;
    const AtWorkOn noted(call.body->gid);
    event();
  }

  void Tell(BranchReply what) const {
    const AtWorkOn noted(call.body->gid);
    done(std::move(what));
  }
};

GrpcLaneParticipant::GrpcLaneParticipant(GrpcParticipantConfig config, AsioLoop& loop)
    : config_(std::move(config)),
      loop_(loop),
      resolver_(loop.context(), {config_.dns_ttl, config_.patience}, config_.lookup),
      turnstile_({config_.calls_per_destination, config_.calls_in_flight, config_.patience}),
      outstanding_(std::make_shared<Outstanding>()),
      self_(std::make_shared<GrpcLaneParticipant*>(this)),
      connect_words_(config_, loop) {}

GrpcLaneParticipant::~GrpcLaneParticipant() {
  if (timer_ != kNoTimer) loop_.Cancel(timer_);
  for (const JobPtr& job : active_) job->context.TryCancel();
  outstanding_->WaitForNone();
}

void GrpcLaneParticipant::Call(BranchCall call, Done done) {
  auto target = FindTarget(call);
  if (!target.ok()) {
    return ReportLater(call, std::move(done), Unknown(target.status().message()));
  }
  Destination& destination = *(*target)->destination;
  if (destination.queued >= config_.queued_per_destination) {
    return ReportLater(call, std::move(done), NotSent("too many calls queued for the destination"));
  }
  auto job = std::make_shared<Job>();
  job->deadline = Steady::now() + std::min(call.timeout, config_.patience);
  job->call = std::move(call);
  job->done = std::move(done);
  job->target = *std::move(target);
  destination.queue.push_back(std::move(job));
  ++destination.queued;
  SetTick();
  Serve(destination);
  MakeRoomSoon();
}

// All are taken out before the first is told: whoever is told may call again at once.
void GrpcLaneParticipant::CancelAll() {
  std::deque<JobPtr> queued;
  for (const auto& [name, destination] : destinations_) {
    turnstile_.Withdrawn(*destination, destination->queued);
    for (JobPtr& job : std::exchange(destination->queue, {})) queued.push_back(std::move(job));
  }
  const auto active = std::exchange(active_, {});
  for (const JobPtr& job : queued) job->Tell(NotSent("queued: cancelled"));
  for (const JobPtr& job : active) {
    job->context.TryCancel();
    Finish(job, job->resolved ? Unknown("cancelled") : NotSent("looking up the name: cancelled"));
  }
}

void GrpcLaneParticipant::ReportLater(const BranchCall& call, Done done, BranchReply reply) {
  loop_.Post([body = call.body, done = std::move(done), reply = std::move(reply)] {
    const AtWorkOn noted(body->gid);
    done(reply);
  });
}

// --- Targets ---------------------------------------------------------------------------------

Result<std::shared_ptr<const GrpcLaneParticipant::Target>> GrpcLaneParticipant::FindTarget(
    const BranchCall& call) {
  const auto known = targets_.find(call.url());
  if (known != targets_.end()) return known->second;
  if (targets_.size() >= kMostUrls) targets_.clear();
  auto made = MakeTarget(call);
  if (made.ok()) targets_.emplace(call.url(), *made);
  return made;
}

Result<std::shared_ptr<const GrpcLaneParticipant::Target>> GrpcLaneParticipant::MakeTarget(
    const BranchCall& call) {
  const std::string& text = call.url();
  const auto url = wire::ParseUrl(config_.rewrite_localhost_for_docker ? ForDocker(text) : text,
                                  call.body->protocol);
  if (!url.ok()) return url.status();
  if (Status status = CheckUrl(config_.targets, *url); !status.ok()) return status;
  const char* scheme = url->scheme == wire::Url::Scheme::kGrpcs ? "grpcs " : "grpc ";
  auto& destination = destinations_[scheme + url->host + " " + std::to_string(url->port)];
  if (!destination) destination = std::make_shared<Destination>(config_, *url);
  return std::make_shared<const Target>(Target{destination, url->target});
}

// --- Starting calls --------------------------------------------------------------------------

void GrpcLaneParticipant::Serve(Destination& destination) {
  turnstile_.LineUp(destination);
  if (!MaySend()) return;  // They wait, and are put off when that takes too long.
  ServeAll();
}

void GrpcLaneParticipant::ServeAll() {
  turnstile_.ServeAll([this](Gate& gate) { Start(static_cast<Destination&>(gate)); });
}

// The call's own time begins here: what it has spent in the queue is not the participant's fault.
void GrpcLaneParticipant::Start(Destination& destination) {
  const JobPtr job = std::move(destination.queue.front());
  destination.queue.pop_front();
  const AtWorkOn noted(job->call.body->gid);
  const auto now = Steady::now();
  turnstile_.Started(destination, *job, now);
  job->deadline = now + job->call.timeout;
  destination.last_used = now;
  active_.insert(job);
  resolver_.Resolve(destination.url.host,
                    [this, waiting = std::weak_ptr(job)](const Result<Addresses>& addresses) {
                      const JobPtr resolved = waiting.lock();
                      if (resolved) resolved->Run([&] { Resolved(resolved, addresses); });
                    });
}

void GrpcLaneParticipant::Resolved(const JobPtr& job, const Result<Addresses>& addresses) {
  if (!addresses.ok()) return FinishLater(job, NotSent(addresses.status().message()));
  job->resolved = true;
  GrpcChannel& channel = job->target->destination->channel;
  const Status status = channel.Use(*addresses);
  if (status.code() == Code::kUnavailable) return FinishLater(job, NotSent(status.message()));
  if (!status.ok()) return FinishLater(job, Unknown(status.message()));
  if (channel.IsToBeMade() && !MayMakeChannel()) {
    return FinishLater(job, NotSent("cannot connect: " + std::generic_category().message(EMFILE)));
  }
  channel.Connect();
  SendWhenConnected(job);
}

// The library would keep a call until it is connected, and send it then without asking whether this
// process still may: so it gets none before.
void GrpcLaneParticipant::SendWhenConnected(const JobPtr& job) {
  const GrpcChannel& channel = job->target->destination->channel;
  if (channel.IsReady()) {
    if (MaySend()) return Send(job);
    return FinishLater(job, NotSent("this process may not call at present"));
  }
  if (channel.HasFailed()) return FinishWithWords(job);
  connecting_.push_back(job);
  WatchConnecting(job->target->destination);
}

void GrpcLaneParticipant::WatchConnecting(const std::shared_ptr<Destination>& destination) {
  if (destination->watched || !NeedWatcher()) return;
  destination->watched = true;
  destination->channel.Watch(*watcher_, [&loop = loop_, self = std::weak_ptr(self_),
                                         watched = std::weak_ptr(destination)] {
    loop.Post([self, watched] {
      if (const auto one = watched.lock()) one->watched = false;
      if (const auto alive = self.lock()) (*alive)->LookAtConnecting();
    });
  });
}

// The system may have no thread left: then the ticks look.
bool GrpcLaneParticipant::NeedWatcher() {
  if (watcher_) return true;
  try {
    watcher_.emplace();
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

void GrpcLaneParticipant::LookAtConnecting() {
  for (const JobPtr& job : std::exchange(connecting_, {})) {
    job->Run([&] { SendWhenConnected(job); });
  }
}

// Reports never come before Call has returned.
void GrpcLaneParticipant::FinishLater(const JobPtr& job, BranchReply reply) {
  job->ending = true;
  loop_.Post([self = std::weak_ptr(self_), job, reply = std::move(reply)] {
    if (const auto alive = self.lock()) (*alive)->Finish(job, reply);
  });
}

// It cannot be connected to, and its operator wants to know why. That takes no longer than the call
// may: what is late is ended as any other.
void GrpcLaneParticipant::FinishWithWords(const JobPtr& job) {
  const Destination& destination = *job->target->destination;
  connect_words_.Ask(destination.url, destination.channel.address(),
                     [this, job](const BranchReply& reply) {
                       const std::string& host = job->target->destination->url.host;
                       if (reply.outcome == Outcome::kUnknown) resolver_.Forget(host);
                       Finish(job, reply);
                     });
}

// The report gives its job away, which a capture of the constant reference would not let it do: the
// library's thread must not be the last to hold it. It would end the channel there, which waits for
// that very thread.
void GrpcLaneParticipant::Send(const JobPtr& job) {
  job->sent = true;
  job->stub = job->target->destination->channel.stub();
  job->request = RequestOf(job->call);
  AddMetadata(job->call, job->context);
  job->context.set_deadline(DeadlineIn(job->deadline - Steady::now()));
  outstanding_->Begin();
  std::function<void(grpc::Status)> report =
      [&loop = loop_, self = std::weak_ptr(self_), outstanding = outstanding_,
       job = JobPtr(job)](const grpc::Status& status) mutable {
        hand_over::Take();
        loop.Post([self, job = std::move(job), status] {
          const auto alive = self.lock();
          if (alive) job->Run([&] { (*alive)->OnStatus(job, status); });
        });
        outstanding->End();
      };
  hand_over::Give();
  job->stub->UnaryCall(&job->context, job->target->method, grpc::StubOptions(), &job->request,
                       &job->reply, std::move(report));
}

// --- Ends ------------------------------------------------------------------------------------

// Suspect is who lets our own time run out, and nobody is cleared by what the library says of a
// connection.
void GrpcLaneParticipant::OnStatus(const JobPtr& job, const grpc::Status& status) {
  const int code = status.error_code();
  Destination& destination = *job->target->destination;
  const bool in_vain = code == kDeadlineExceeded && Steady::now() >= job->deadline - kClockSlack;
  if (in_vain) ++destination.timeouts;
  if (!in_vain && code != kUnavailable) turnstile_.Heard(destination, Steady::now());
  if (code == kUnavailable) resolver_.Forget(destination.url.host);
  BranchReply reply = MapGrpcStatus(code, status.error_message());
  reply.retry_after = PushbackOf(job->context.GetServerTrailingMetadata());
  Finish(job, std::move(reply));
}

void GrpcLaneParticipant::Finish(const JobPtr& job, BranchReply reply) {
  if (std::exchange(job->ended, true)) return;
  const AtWorkOn noted(job->call.body->gid);
  active_.erase(job);
  Destination& destination = *job->target->destination;
  destination.last_used = Steady::now();
  turnstile_.Ended(*job, destination.last_used);
  job->Tell(std::move(reply));
  Serve(destination);
}

// --- The one timer ---------------------------------------------------------------------------

void GrpcLaneParticipant::SetTick() {
  if (timer_ == kNoTimer) timer_ = loop_.After(kTick, [this] { Tick(); });
}

// Goes on for as long as there is anything that may become late or idle. The late ones are all
// taken out before the first is told: whoever is told may call again at once.
void GrpcLaneParticipant::Tick() {
  timer_ = kNoTimer;
  const auto now = Steady::now();
  std::deque<JobPtr> late;
  for (const auto& [name, destination] : destinations_) TakeLate(*destination, now, late);
  for (const JobPtr& job : late) job->Tell(NotSent("queued: timed out"));
  LookAtConnecting();
  DropUnsent(now);
  turnstile_.Look(now);
  MakeRoom();
  CloseIdle(now);
  if (!destinations_.empty()) SetTick();
}

void GrpcLaneParticipant::TakeLate(Destination& destination, Steady::time_point now,
                                   std::deque<JobPtr>& late) {
  const std::size_t gone = std::erase_if(destination.queue, [&](const JobPtr& job) {
    if (job->deadline <= now) late.push_back(job);
    return job->deadline <= now;
  });
  if (gone > 0) turnstile_.Withdrawn(destination, gone);
}

// Calls whose name is still being looked up, or whose connection is not there yet; the library
// watches the others.
void GrpcLaneParticipant::DropUnsent(Steady::time_point now) {
  std::deque<JobPtr> late;
  for (const JobPtr& job : active_) {
    if (!job->sent && !job->ending && job->deadline <= now) late.push_back(job);
  }
  for (const JobPtr& job : late) {
    ++job->target->destination->timeouts;
    Finish(job, job->resolved ? Unknown("timed out, connecting")
                              : NotSent("timed out, looking up the name"));
  }
}

void GrpcLaneParticipant::MakeRoom() {
  if (!MaySend()) return;
  ServeAll();
  while (Turn* const turn = turnstile_.WhoGivesWay()) {
    const JobPtr job = static_cast<Job&>(*turn).shared_from_this();
    job->context.TryCancel();
    const char* const why = "timed out: it gave way to others";
    Finish(job, job->resolved ? Unknown(why) : NotSent(why));
  }
}

// Not within Call: whoever made the call that ends is told in a turn of the loop of its own.
void GrpcLaneParticipant::MakeRoomSoon() {
  if (!turnstile_.NeedsRoom() || std::exchange(making_room_, true)) return;
  loop_.Post([self = std::weak_ptr(self_)] {
    const auto alive = self.lock();
    if (!alive) return;
    (*alive)->making_room_ = false;
    (*alive)->MakeRoom();
  });
}

std::unique_ptr<Participant> MakeGrpcParticipant(GrpcParticipantConfig config, AsioLoop& loop) {
  return std::make_unique<GrpcLaneParticipant>(std::move(config), loop);
}

}  // namespace treaty
