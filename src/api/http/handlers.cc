// One small function per route; the table at the end of the class finds it.

#include "api/http/handlers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "api/gid_maker.h"
#include "api/http/json_rpc.h"
#include "api/http/list_filters.h"
#include "api/http/parameters.h"
#include "api/http/reply.h"
#include "api/http/reply_memory.h"
#include "api/http/sender.h"
#include "api/http/target.h"
#include "api/http/topics.h"
#include "base/enough_memory.h"
#include "wire/json_text.h"
#include "wire/reply_size.h"
#include "wire/txn_reply.h"
#include "wire/txn_request.h"

namespace treaty::api {
namespace {

constexpr std::string_view kRpcPath = "/api/json-rpc";
constexpr std::string_view kMetricsPath = "/api/metrics";
constexpr std::string_view kOtherPaths = "other";  // All that are no route's are counted as one.

// The path of the route, for a path with the name of a topic.
std::string_view PathOfTopic(std::string_view path) {
  const std::size_t slash = path.find('/', Topics::kPath.size());
  return slash == std::string_view::npos ? Topics::kPath : path;
}

constexpr std::size_t kMetricsBytes = 128 << 10;  // More than the page ever has.

// Whoever only looks at a route must not change anything by that.
HttpReply NoHead() {
  HttpReply reply = ErrorReply(405, "this changes something; use GET, not HEAD");
  reply.allow = "GET";
  return reply;
}

// Returns `reply`, counted in `meters` when it is called. The time begins now.
ReplyFn Metered(RouteMeters& meters, ReplyFn reply) {
  return [&meters, reply = std::move(reply), begun = RouteMeters::Steady::now()](HttpReply answer) {
    meters.Count(answer.status < 400, begun);
    reply(std::move(answer));
  };
}

}  // namespace

wire::RequestRules RulesOf(const HandlerConfig& config) {
  return {config.targets,           config.default_progress,        config.max_steps,
          config.max_payload_bytes, config.max_payload_total_bytes, config.gid_charset_utf8};
}

class Handlers::Impl {
 public:
  Impl(HandlerConfig config, Engine& engine, const Clock& clock, Random& random)
      : config_(std::move(config)),
        rules_(RulesOf(config_)),
        engine_(engine),
        gids_(clock, random),
        json_rpc_(config_, engine, [this] { return gids_.Make(); }),
        topics_(config_, engine) {
    for (const Route& route : Routes()) meters_.push_back(&config_.meters->Of("http", route.path));
  }

  void Handle(HttpRequest request, const std::string& peer, ReplyFn reply);

 private:
  struct Exchange {
    const HttpRequest& request;
    const Target& target;
    const std::string& peer;
    ReplyFn& reply;
  };
  using Method = void (Impl::*)(const Exchange&);
  struct Route {
    std::string_view method;
    std::string_view path;
    Method handle;
    bool changes;  // Something: refused to pages of other sites.
  };

  static std::span<const Route> Routes();
  static const Route* Find(std::string_view method, std::string_view path);
  const Route* FindServed(std::string_view method, std::string_view path) const;

  RouteMeters& MetersOf(const Route* route);

  void Ping(const Exchange& x) { x.reply(JsonReply(R"({"msg":"pong"})")); }
  void Live(const Exchange& x) { x.reply(JsonReply(R"({"status":"alive"})")); }
  void Ready(const Exchange& x);
  void Version(const Exchange& x);
  void MakeGid(const Exchange& x);
  void Prepare(const Exchange& x);
  void Submit(const Exchange& x);
  void Abort(const Exchange& x);
  void Register(const Exchange& x) { RegisterAs(x, ""); }
  void RegisterTcc(const Exchange& x) { RegisterAs(x, "tcc"); }
  void RegisterXa(const Exchange& x) { RegisterAs(x, "xa"); }
  void PrepareWorkflow(const Exchange& x);
  void ForceStop(const Exchange& x);
  void ResetOne(const Exchange& x);
  void ResetAll(const Exchange& x);
  void Query(const Exchange& x);
  void List(const Exchange& x);
  void Metrics(const Exchange& x);
  void Rpc(const Exchange& x) { json_rpc_.Handle(x.request, std::move(x.reply)); }
  void Subscribe(const Exchange& x) { topics_.Subscribe(x.target, std::move(x.reply)); }
  void Unsubscribe(const Exchange& x) { topics_.Unsubscribe(x.target, std::move(x.reply)); }
  void DeleteTopic(const Exchange& x) { topics_.Delete(x.target, std::move(x.reply)); }
  void QueryKv(const Exchange& x) { topics_.Query(x.target, std::move(x.reply)); }
  void ScanKv(const Exchange& x) { topics_.Scan(x.target, std::move(x.reply)); }

  // Parses, replying itself when that fails.
  std::optional<TxnRequest> TakeTxn(const Exchange& x, wire::Intent intent);
  void RegisterAs(const Exchange& x, std::string_view type);
  std::optional<wire::GidRequest> TakeGid(const Exchange& x);
  Engine::AnswerFn Answering(const Exchange& x);
  void Refuse(const Exchange& x, const Status& status) { x.reply(StatusReply(status, config_)); }

  const HandlerConfig config_;
  const wire::RequestRules rules_;
  Engine& engine_;
  GidMaker gids_;
  JsonRpc json_rpc_;
  Topics topics_;
  std::vector<RouteMeters*> meters_;  // In the order of the routes.
  RouteMeters& other_ = config_.meters->Of("http", kOtherPaths);
};

// The most frequent first; the list is short enough to be searched in order.
std::span<const Handlers::Impl::Route> Handlers::Impl::Routes() {
  static constexpr std::array<Route, 24> kRoutes = {{
      {"POST", "/api/dtmsvr/submit", &Impl::Submit, true},
      {"POST", "/api/dtmsvr/prepare", &Impl::Prepare, true},
      {"POST", "/api/dtmsvr/registerBranch", &Impl::Register, true},
      {"POST", "/api/dtmsvr/prepareWorkflow", &Impl::PrepareWorkflow, true},
      {"POST", kRpcPath, &Impl::Rpc, true},
      {"GET", "/api/dtmsvr/newGid", &Impl::MakeGid, false},
      {"GET", "/api/dtmsvr/query", &Impl::Query, false},
      {"POST", "/api/dtmsvr/abort", &Impl::Abort, true},
      {"GET", "/api/dtmsvr/all", &Impl::List, false},
      {"POST", "/api/dtmsvr/forceStop", &Impl::ForceStop, true},
      {"POST", "/api/dtmsvr/resetNextCronTime", &Impl::ResetOne, true},
      {"GET", "/api/dtmsvr/resetCronTime", &Impl::ResetAll, true},
      {"GET", "/api/dtmsvr/version", &Impl::Version, false},
      {"POST", "/api/dtmsvr/registerTccBranch", &Impl::RegisterTcc, true},
      {"POST", "/api/dtmsvr/registerXaBranch", &Impl::RegisterXa, true},
      {"GET", "/api/dtmsvr/subscribe", &Impl::Subscribe, true},
      {"GET", "/api/dtmsvr/unsubscribe", &Impl::Unsubscribe, true},
      {"DELETE", Topics::kPath, &Impl::DeleteTopic, true},
      {"GET", "/api/dtmsvr/queryKV", &Impl::QueryKv, false},
      {"GET", "/api/dtmsvr/scanKV", &Impl::ScanKv, false},
      {"", "/api/ping", &Impl::Ping, false},
      {"GET", "/livez", &Impl::Live, false},
      {"GET", "/readyz", &Impl::Ready, false},
      {"GET", kMetricsPath, &Impl::Metrics, false},
  }};
  return kRoutes;
}

const Handlers::Impl::Route* Handlers::Impl::Find(std::string_view method, std::string_view path) {
  if (path.starts_with(Topics::kPath)) path = PathOfTopic(path);
  if (method == "HEAD") method = "GET";  // The same where it only reads.
  for (const Route& route : Routes()) {
    if (route.path == path && (route.method.empty() || route.method == method)) return &route;
  }
  return nullptr;
}

// On a port for JSON-RPC alone: that, and what tells whether the process is well.
const Handlers::Impl::Route* Handlers::Impl::FindServed(std::string_view method,
                                                        std::string_view path) const {
  if (!config_.json_rpc_only) return Find(method, path);
  if (path == "/") return Find(method, kRpcPath);
  return path.starts_with("/api/dtmsvr") ? nullptr : Find(method, path);
}

void Handlers::Impl::Handle(HttpRequest request, const std::string& peer, ReplyFn reply) {
  const Target target = ParseTarget(request.target);
  const Route* route = FindServed(request.method, target.path);
  reply = Metered(MetersOf(route), std::move(reply));
  const bool changes = route != nullptr && route->changes;
  const Refusal refusal = JudgeSender(request, config_.hosts, changes);
  if (refusal.status != 0) return reply(ErrorReply(refusal.status, refusal.why));
  if (route == nullptr) return reply(ErrorReply(404, "no such path, or not with this method"));
  if (changes && request.method == "HEAD") return reply(NoHead());
  if (const auto coding = CodingOf(request); !coding.empty()) {
    return reply(ErrorReply(415, "Content-Encoding " + wire::Quoted(coding) +
                                     " is not understood; send the body as it is"));
  }
  (this->*route->handle)({request, target, peer, reply});
}

RouteMeters& Handlers::Impl::MetersOf(const Route* route) {
  if (route == nullptr) return other_;
  return *meters_[static_cast<std::size_t>(route - Routes().data())];
}

Engine::AnswerFn Handlers::Impl::Answering(const Exchange& x) {
  return [this, reply = std::move(x.reply)](const Answer& answer) {
    reply(AnswerReply(answer, config_));
  };
}

std::optional<TxnRequest> Handlers::Impl::TakeTxn(const Exchange& x, wire::Intent intent) {
  const auto header = [&x](std::string_view name) { return x.request.Header(name); };
  auto parsed =
      WithinMemory([&] { return wire::ParseTxnRequest(x.request.body, rules_, header, intent); });
  if (!parsed.ok()) {
    Refuse(x, parsed.status());
    return std::nullopt;
  }
  if (config_.leniency) config_.leniency->Note(*parsed);
  return std::move(*parsed);
}

std::optional<wire::GidRequest> Handlers::Impl::TakeGid(const Exchange& x) {
  auto parsed = WithinMemory([&] { return wire::ParseGidRequest(x.request.body, rules_); });
  if (parsed.ok()) return std::move(*parsed);
  Refuse(x, parsed.status());
  return std::nullopt;
}

void Handlers::Impl::Prepare(const Exchange& x) {
  if (auto request = TakeTxn(x, wire::Intent::kPrepare)) {
    engine_.Prepare(std::move(*request), Answering(x));
  }
}

void Handlers::Impl::Submit(const Exchange& x) {
  auto request = TakeTxn(x, wire::Intent::kSubmit);
  if (!request) return;
  if (!request->ended) return engine_.Submit(std::move(*request), Answering(x));
  engine_.EndWorkflow({request->body->gid, std::move(*request->ended)}, Answering(x));
}

void Handlers::Impl::PrepareWorkflow(const Exchange& x) {
  auto request = TakeTxn(x, wire::Intent::kPrepareWorkflow);
  if (!request) return;
  engine_.PrepareWorkflow(
      std::move(*request), [this, reply = std::move(x.reply)](const Answer& answer,
                                                              const std::optional<StoredTxn>& txn) {
        if (!txn) return reply(AnswerReply(answer, config_));
        reply(MakeReply(wire::TxnReplyBytes(*txn), config_,
                        [&] { return wire::WorkflowReply(*txn, config_.policy); }));
      });
}

void Handlers::Impl::RegisterAs(const Exchange& x, std::string_view type) {
  auto request =
      WithinMemory([&] { return wire::ParseRegisterRequest(x.request.body, rules_, type); });
  if (!request.ok()) return Refuse(x, request.status());
  engine_.Register(std::move(*request), Answering(x));
}

void Handlers::Impl::Abort(const Exchange& x) {
  auto request = WithinMemory([&] { return wire::ParseAbortRequest(x.request.body, rules_); });
  if (!request.ok()) return Refuse(x, request.status());
  if (config_.leniency) config_.leniency->Note(*request);
  engine_.Abort(std::move(*request), Answering(x));
}

void Handlers::Impl::ForceStop(const Exchange& x) {
  auto request = TakeGid(x);
  if (!request) return;
  engine_.ForceStop(std::move(request->gid), x.peer, std::move(request->reason), Answering(x));
}

void Handlers::Impl::ResetOne(const Exchange& x) {
  if (auto request = TakeGid(x)) engine_.ResetNextCronTime(std::move(request->gid), Answering(x));
}

void Handlers::Impl::ResetAll(const Exchange& x) {
  constexpr std::int64_t kYear = 365 * 24 * 3'600;
  using std::chrono::seconds;
  const auto usual = std::chrono::duration_cast<seconds>(3 * config_.timeout_to_fail).count();
  const auto timeout = ReadNumber(x.target, {"timeout", usual, 0, kYear});
  if (!timeout.ok()) return Refuse(x, timeout.status());
  const auto limit = ReadNumber(x.target, {"limit", 100, 1, 1'000'000});
  if (!limit.ok()) return Refuse(x, limit.status());
  engine_.ResetCronTime(
      seconds(*timeout), static_cast<std::size_t>(*limit),
      [this, reply = std::move(x.reply)](const Result<Engine::ResetReport>& report) {
        if (!report.ok()) return reply(StatusReply(report.status(), config_));
        std::string out;
        wire::ObjectWriter object(out);
        object.Bool("has_remaining", report->has_remaining);
        object.Number("succeed_count", static_cast<std::int64_t>(report->succeed_count));
        object.Close();
        reply(JsonReply(std::move(out)));
      });
}

void Handlers::Impl::Query(const Exchange& x) {
  const std::string_view gid = x.target.Parameter("gid");
  if (gid.empty()) return x.reply(ErrorReply(400, "no gid specified; add ?gid=..."));
  engine_.Query(std::string(gid), [this, reply = std::move(x.reply)](const auto& found) {
    if (!found.ok()) return reply(StatusReply(found.status(), config_));
    const StoredTxn* txn = found->has_value() ? &**found : nullptr;
    const std::size_t most = txn == nullptr ? 0 : wire::TxnReplyBytes(*txn);
    reply(MakeReply(most, config_, [&] { return wire::QueryReply(txn, config_.policy); }));
  });
}

void Handlers::Impl::List(const Exchange& x) {
  ListFilter filter;
  filter.gid = x.target.Parameter("gid");
  filter.position = x.target.Parameter("position");
  if (filter.gid.empty()) {
    if (Status status = ReadFilters(x.target, filter); !status.ok()) return Refuse(x, status);
  }
  engine_.List(filter, [this, filter, reply = std::move(x.reply)](const Result<ListPage>& page) {
    if (!page.ok()) return reply(StatusReply(page.status(), config_));
    reply(MakeReply(wire::ListReplyBytes(*page), config_,
                    [&] { return wire::ListReply(*page, filter, config_.policy); }));
  });
}

void Handlers::Impl::Ready(const Exchange& x) {
  if (const std::string trouble = config_.trouble(); !trouble.empty()) {
    return x.reply(ErrorReply(503, "not ready: " + trouble));
  }
  engine_.CheckReady([reply = std::move(x.reply)](const Status& status) {
    if (status.ok()) return reply(JsonReply(R"({"status":"ready"})"));
    reply(ErrorReply(503, "not ready: " + status.message()));
  });
}

void Handlers::Impl::Metrics(const Exchange& x) {
  if (!config_.metrics_page) return x.reply(ErrorReply(404, "no metrics are kept here"));
  HttpReply page = MakeReply(kMetricsBytes, config_, config_.metrics_page);
  if (page.status == 200) page.content_type = "text/plain; version=0.0.4";
  x.reply(std::move(page));
}

void Handlers::Impl::Version(const Exchange& x) {
  std::string out;
  wire::ObjectWriter object(out);
  object.String("version", config_.version);
  object.Close();
  x.reply(JsonReply(std::move(out)));
}

void Handlers::Impl::MakeGid(const Exchange& x) {
  std::string out;
  wire::ObjectWriter object(out);
  object.String("dtm_result", "SUCCESS");
  object.String("gid", gids_.Make());
  object.Close();
  x.reply(JsonReply(std::move(out)));
}

Handlers::Handlers(HandlerConfig config, Engine& engine, const Clock& clock, Random& random)
    : impl_(std::make_unique<Impl>(std::move(config), engine, clock, random)) {}

Handlers::~Handlers() = default;

void Handlers::Handle(HttpRequest request, const std::string& peer, ReplyFn reply) {
  impl_->Handle(std::move(request), peer, std::move(reply));
}

}  // namespace treaty::api
