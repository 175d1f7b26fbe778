// Made from the store outwards and ended from the clients inwards.

#include "daemon/daemon.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <optional>
#include <utility>
#include <vector>

#include "api/http/handlers.h"
#include "api/http/server.h"
#include "base/gid.h"
#include "base/memory_budget.h"
#include "daemon/crash_note.h"
#include "daemon/drivers.h"
#include "daemon/exit_codes.h"
#include "daemon/grpc_front.h"
#include "daemon/loop_thread.h"
#include "daemon/port_advice.h"
#include "daemon/port_reservation.h"
#include "daemon/settings.h"
#include "daemon/system_random.h"
#include "daemon/targets.h"
#include "daemon/version.h"
#include "engine/engine.h"
#include "metrics/metrics_page.h"
#include "participant/by_url.h"
#include "participant/grpc/grpc_participant.h"
#include "participant/http/http_participant.h"
#include "participant/http/web_hook.h"
#include "runtime/descriptors.h"
#include "runtime/tls_context.h"
#include "runtime/worker_threads.h"
#include "wire/topic_format.h"

namespace treaty::daemon {
namespace {

// Reads of the store at a time.
constexpr std::size_t kReadThreads = 4;

// For replies under way when everything else has ended, and for idle connections.
constexpr Duration kCloseGrace = std::chrono::milliseconds(1'600);

// For gRPC's answers to calls whose transactions the stop has ended; well below what main allows.
constexpr Duration kGrpcGrace = std::chrono::milliseconds(300);

struct Lane {
  LoopThread thread;
  SystemRandom random;
  std::unique_ptr<Participant> participant;
};

// In one word without meaning to anybody else: the instance and this start of it.
std::string OwnerName(const std::string& instance, const Clock& clock) {
  SystemRandom random;
  return instance + "/" + NewGid(clock.Now(), random);
}

std::string UrlOf(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

// What keeps the daemon from taking requests though its store does; empty: nothing.
std::function<std::string()> TroubleOf(std::shared_ptr<const Descriptors> descriptors) {
  return [descriptors = std::move(descriptors)] {
    return descriptors->AreShort() ? "file descriptors run short; raise the limit (ulimit -n)" : "";
  };
}

// Lanes read the file when they first need it, which is late for telling of a mistake.
Status CheckCaFile(const Config& config) {
  if (config.http_calls.ca_file.empty()) return {};
  const auto context = MakeClientTlsContext(config.http_calls.ca_file);
  if (context.ok()) return {};
  return {context.status().code(), "CaFile: " + context.status().message()};
}

}  // namespace

class Daemon::Impl {
 public:
  Impl(const Config& config, Log& log)
      : config_(config),
        log_(log),
        http_memory_(std::make_shared<MemoryBudget>(config.http_server.max_memory_bytes)) {}
  ~Impl() { StopThreads(); }

  Status Start();
  void Stop(std::function<void()> done);
  std::string url() const { return UrlOf(config_.host, server_->port()); }

 private:
  Status MakeWebHook(std::uint16_t port);
  void MakeEngine(std::uint16_t port);
  std::unique_ptr<Participant> MakeParticipant(std::uint16_t port, std::size_t lanes,
                                               AsioLoop& loop);
  api::HandlerConfig MakeHandlerConfig(std::uint16_t port);
  api::HttpServerConfig MakeServerConfig(std::uint16_t port) const;
  std::size_t connections() const;
  Status MakeServer(std::uint16_t port);
  Status MakeRpcServer(std::uint16_t http_port);
  Status MakeGrpcFront(std::uint16_t http_port);
  void CloseServers(std::function<void()> done);
  std::vector<AsioLoop*> Loops() const;
  Status BeginLease();
  void StartEngine();
  [[noreturn]] void EndWithoutLease(const Status& status);
  void StartThreads();
  void StopThreads();

  const Config config_;
  Log& log_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Lease> lease_;  // Null where nobody else can reach the store.
  // Loops outlive what runs on them; they are stopped before anything is destroyed.
  LoopThread commit_;
  WorkerThreads reads_;
  LoopThread alerts_;
  LoopThread lease_thread_;
  SystemRandom commit_random_;
  SystemRandom gid_random_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<TopicFormat> topic_format_;
  std::unique_ptr<WebHook> web_hook_;  // Null without AlertWebHook.
  std::unique_ptr<Engine> engine_;
  const std::shared_ptr<MemoryBudget> http_memory_;
  const std::shared_ptr<Descriptors> descriptors_ =
      std::make_shared<Descriptors>(Descriptors::SystemLimit());
  const std::shared_ptr<api::ApiMeters> api_meters_ = std::make_shared<api::ApiMeters>();
  const std::shared_ptr<api::LeniencyLog> leniency_ = std::make_shared<api::LeniencyLog>(log_);
  std::unique_ptr<api::Handlers> handlers_;
  std::unique_ptr<api::HttpServer> server_;
  // Of the port for JSON-RPC; null without one.
  SystemRandom rpc_gid_random_;
  std::unique_ptr<api::Handlers> rpc_handlers_;
  std::unique_ptr<api::HttpServer> rpc_server_;
  // Of the port for gRPC; null without one.
  std::unique_ptr<GrpcFront> grpc_front_;
};

Status Daemon::Impl::Start() {
  if (Status status = CheckCaFile(config_); !status.ok()) return status;
  if (Status status = CheckServiceConfig(config_.grpc_calls.service_config); !status.ok()) {
    return {status.code(), "GrpcServiceConfig: " + status.message()};
  }
  const Driver& driver = DriverOf(config_.store);
  Result<std::unique_ptr<Store>> store = driver.open(config_.store, log_);
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  if (driver.is_server) lease_ = std::make_unique<Lease>(store_->clock());

  const std::uint16_t asked = config_.http_port;
  std::optional<PortReservation> reservation;
  if (asked == 0) reservation.emplace(ListenAddress(config_));
  const std::uint16_t port = reservation ? reservation->port() : asked;

  if (Status status = MakeWebHook(port); !status.ok()) return status;
  MakeEngine(port);
  if (Status status = MakeServer(port); !status.ok()) return status;
  if (Status status = MakeRpcServer(port); !status.ok()) return status;
  if (Status status = MakeGrpcFront(port); !status.ok()) return status;
  if (Status status = BeginLease(); !status.ok()) return status;
  StartEngine();
  StartThreads();
  if (grpc_front_) grpc_front_->Open();
  return {};
}

// Waits for a moment where a former process of this instance may still be alive. By now the port
// is this one's, but nothing is taken from it yet.
Status Daemon::Impl::BeginLease() {
  std::promise<Status> begun;
  std::function<void()> attempt;
  LoopThread trying;  // Ends before what it runs is gone.
  attempt = [&] {
    const Result<bool> taken = engine_->TryToBeginLease();
    if (!taken.ok() || *taken) return begun.set_value(taken.status());
    trying.loop().After(Engine::kLeaseTryPeriod, attempt);
  };
  trying.loop().Post(attempt);
  trying.Start("begin");
  return begun.get_future().get();
}

// First in line on every loop: what was crashed on is counted before anything else happens to it.
// A place for notes is worth having; transactions are served without one.
void Daemon::Impl::StartEngine() {
  const std::string path = config_.store.path + ".crash";
  std::vector<std::string> gids = ReadCrashNotes(path);
  for (const std::string& gid : gids) {
    log_.Write(LogLevel::kError, gid, "a former process crashed while at work on it");
  }
  engine_->Start(std::move(gids), [path] { ClearCrashNotes(path); });
  const Status noted = NoteCrashesIn(path);
  if (noted.ok()) return;
  log_.Write(LogLevel::kWarn, "",
             noted.message() +
                 "; crashes are not noted, so a transaction that crashes the process "
                 "again and again is not found out: let Store.Path name a folder "
                 "that can be written to");
}

Status Daemon::Impl::MakeWebHook(std::uint16_t port) {
  if (config_.web_hook.url.empty()) return {};
  auto made = WebHook::Make(WebHookSettings(config_, port), alerts_.loop(), log_);
  if (!made.ok()) return {made.status().code(), "AlertWebHook: " + made.status().message()};
  web_hook_ = *std::move(made);
  return {};
}

void Daemon::Impl::MakeEngine(std::uint16_t port) {
  const std::size_t lanes = LaneCount(config_);
  EnginePorts ports;
  if (lease_) {
    ports.lease = lease_.get();
    ports.lease_loop = &lease_thread_.loop();
    ports.lost_lease = [this](const Status& status) { EndWithoutLease(status); };
  }
  for (std::size_t i = 0; i < lanes; ++i) {
    auto& lane = *lanes_.emplace_back(std::make_unique<Lane>());
    lane.participant = MakeParticipant(port, lanes, lane.thread.loop());
    ports.lanes.push_back({&lane.thread.loop(), lane.participant.get(), &lane.random});
  }
  ports.commit_loop = &commit_.loop();
  ports.commit_random = &commit_random_;
  ports.reads = &reads_;
  ports.store = store_.get();
  ports.log = &log_;
  ports.alerts = web_hook_.get();
  topic_format_ = wire::MakeTopicFormat(MakeTargetPolicy(config_, port));
  ports.topics = topic_format_.get();
  const std::string instance = InstanceName(config_, port);
  EngineConfig settings = EngineSettings(config_, OwnerName(instance, store_->clock()));
  settings.instance = instance;
  settings.is_only_start = config_.instance_id.empty();  // It is named by a port that was free.
  engine_ = std::make_unique<Engine>(std::move(settings), std::move(ports));
}

std::unique_ptr<Participant> Daemon::Impl::MakeParticipant(std::uint16_t port, std::size_t lanes,
                                                           AsioLoop& loop) {
  HttpParticipantConfig http = ParticipantSettings(config_, port, lanes);
  GrpcParticipantConfig grpc = GrpcParticipantSettings(config_, port, lanes);
  http.descriptors = grpc.descriptors = descriptors_;
  if (lease_) http.may_send = grpc.may_send = [this] { return lease_->Holds(); };
  return std::make_unique<ParticipantByUrl>(MakeHttpParticipant(std::move(http), loop, log_),
                                            MakeGrpcParticipant(std::move(grpc), loop));
}

// Nothing of what this process knows is to be relied on any more.
void Daemon::Impl::EndWithoutLease(const Status& status) {
  log_.Write(LogLevel::kError, "", "lease: ending the process: " + status.message());
  const std::string line = "ending the process: " + status.message() + "\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  ::_exit(kExitLeaseLost);
}

// Both ports count in one place, and show the same page.
api::HandlerConfig Daemon::Impl::MakeHandlerConfig(std::uint16_t port) {
  api::HandlerConfig settings = HandlerSettings(config_, port);
  settings.meters = api_meters_;
  settings.leniency = leniency_;
  settings.memory = http_memory_;
  settings.trouble = TroubleOf(descriptors_);
  metrics::Sources sources{.version = kVersion,
                           .engine = engine_.get(),
                           .clock = &store_->clock(),
                           .log = &log_,
                           .api = api_meters_,
                           .connections = [this] { return connections(); },
                           .alerts = web_hook_ ? &web_hook_->meters() : nullptr};
  settings.metrics_page = [sources = std::move(sources)] { return metrics::WritePage(sources); };
  return settings;
}

api::HttpServerConfig Daemon::Impl::MakeServerConfig(std::uint16_t port) const {
  api::HttpServerConfig settings = ServerSettings(config_, port);
  settings.meters = api_meters_;
  settings.memory = http_memory_;
  settings.descriptors = descriptors_;
  settings.reserved_connections =
      std::min(settings.reserved_connections, descriptors_->reserve() / 2);
  return settings;
}

std::size_t Daemon::Impl::connections() const {
  return server_->connections() + (rpc_server_ ? rpc_server_->connections() : 0);
}

Status Daemon::Impl::MakeServer(std::uint16_t port) {
  handlers_ = std::make_unique<api::Handlers>(MakeHandlerConfig(port), *engine_, store_->clock(),
                                              gid_random_);
  server_ = std::make_unique<api::HttpServer>(MakeServerConfig(port), *handlers_, log_, Loops());
  Status status = server_->Listen().status();
  if (status.ok()) return status;
  return WithAdviceOnPort(status, "HttpPort", port);
}

std::vector<AsioLoop*> Daemon::Impl::Loops() const {
  std::vector<AsioLoop*> loops;
  loops.reserve(lanes_.size());
  for (const auto& lane : lanes_) loops.push_back(&lane->thread.loop());
  return loops;
}

Status Daemon::Impl::MakeRpcServer(std::uint16_t http_port) {
  if (config_.json_rpc_port == 0) return {};
  const std::uint16_t port = config_.json_rpc_port;
  api::HandlerConfig settings = MakeHandlerConfig(http_port);
  settings.json_rpc_only = true;
  rpc_handlers_ = std::make_unique<api::Handlers>(std::move(settings), *engine_, store_->clock(),
                                                  rpc_gid_random_);
  rpc_server_ =
      std::make_unique<api::HttpServer>(MakeServerConfig(port), *rpc_handlers_, log_, Loops());
  Status status = rpc_server_->Listen().status();
  if (status.ok()) {
    log_.Write(LogLevel::kInfo, "", "JSON-RPC has a port of its own: " + UrlOf(config_.host, port));
    return status;
  }
  return WithAdviceOnPort(status, "JsonRpcPort", port);
}

Status Daemon::Impl::MakeGrpcFront(std::uint16_t http_port) {
  if (config_.grpc_port == 0) return {};
  grpc_front_ = std::make_unique<GrpcFront>(config_, MakeHandlerConfig(http_port), *engine_,
                                            store_->clock(), lanes_.front()->thread.loop(), log_);
  const Result<std::uint16_t> port = grpc_front_->Listen();
  if (!port.ok()) return port.status();
  log_.Write(LogLevel::kInfo, "", "gRPC is served on port " + std::to_string(*port));
  return {};
}

void Daemon::Impl::StartThreads() {
  commit_.Start("commit");
  reads_.Start("read", kReadThreads);
  if (web_hook_) alerts_.Start("alerts");
  if (lease_) lease_thread_.Start("lease");
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i]->thread.Start("lane " + std::to_string(i));
  }
}

void Daemon::Impl::StopThreads() {
  for (const auto& lane : lanes_) lane->thread.Stop();
  commit_.Stop();
  reads_.Stop();
  alerts_.Stop();
  lease_thread_.Stop();
}

// gRPC tells its clients at once to go elsewhere; HTTP can do so only with each reply.
void Daemon::Impl::Stop(std::function<void()> done) {
  const Duration grace = config_.engine.policy.request_timeout;
  server_->StopAccepting();
  if (rpc_server_) rpc_server_->StopAccepting();
  const std::size_t ends = grpc_front_ ? 2 : 1;
  const auto left = std::make_shared<std::atomic<std::size_t>>(ends);
  const auto ended = [left, done = std::move(done)] {
    if (--*left == 0) done();
  };
  engine_->Stop(grace, [this, ended] { CloseServers(ended); });
  if (grpc_front_) grpc_front_->Close(grace + kGrpcGrace, ended);
}

// Those of HTTP, once nobody waits for the engine any more.
void Daemon::Impl::CloseServers(std::function<void()> done) {
  const auto open = std::make_shared<std::atomic<std::size_t>>(rpc_server_ ? 2 : 1);
  const auto closed = [open, done = std::move(done)] {
    if (--*open == 0) done();
  };
  server_->Close(kCloseGrace, closed);
  if (rpc_server_) rpc_server_->Close(kCloseGrace, closed);
}

Result<std::unique_ptr<Daemon>> Daemon::Start(const Config& config, Log& log) {
  auto impl = std::make_unique<Impl>(config, log);
  if (Status status = impl->Start(); !status.ok()) return status;
  return std::unique_ptr<Daemon>(new Daemon(std::move(impl)));
}

Daemon::Daemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Daemon::~Daemon() = default;

void Daemon::Stop(std::function<void()> done) { impl_->Stop(std::move(done)); }
std::string Daemon::url() const { return impl_->url(); }

}  // namespace treaty::daemon
