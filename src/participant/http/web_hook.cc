#include "participant/http/web_hook.h"

#include <algorithm>
#include <utility>

#include "runtime/tls_context.h"
#include "wire/json_text.h"

namespace treaty {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(50);
constexpr std::size_t kReplyBytes = 4 * 1'024;
constexpr Duration kDnsTtl = std::chrono::seconds(30);
constexpr int kMostUnsent = 10;    // Tries of one alert that do not count.
constexpr int kMostDoublings = 4;  // Of the pause.

std::string BodyOf(const Alert& alert) {
  std::string body;
  wire::ObjectWriter object(body);
  object.String("branch", wire::WithoutQuery(alert.branch));
  object.String("error", alert.error);
  object.String("gid", alert.gid);
  object.Number("retry_count", alert.retry_count);
  object.String("status", Name(alert.status));
  object.Close();
  return body;
}

}  // namespace

Result<std::unique_ptr<WebHook>> WebHook::Make(WebHookConfig config, AsioLoop& loop, Log& log) {
  Result<wire::Url> url = wire::ParseUrl(config.url, "http");
  if (!url.ok()) return url.status();
  if (!wire::IsHttpUrl(config.url)) {
    return Status(Code::kInvalidArgument, "alerts are posted by HTTP; use http:// or https://");
  }
  if (Status status = CheckUrl(config.targets, *url); !status.ok()) return status;
  Tls tls;
  if (url->scheme == wire::Url::Scheme::kHttps) {
    auto made = MakeClientTlsContext(config.ca_file);
    if (!made.ok()) return made.status();
    tls = *std::move(made);
  }
  return std::unique_ptr<WebHook>(
      new WebHook(std::move(config), *std::move(url), std::move(tls), loop, log));
}

WebHook::WebHook(WebHookConfig config, wire::Url url, Tls tls, AsioLoop& loop, Log& log)
    : config_(std::move(config)),
      url_(std::move(url)),
      request_(MakeRequestTemplate(url_)),
      tls_(std::move(tls)),
      loop_(loop),
      log_(log),
      resolver_(loop.context(), {.ttl = kDnsTtl}) {}

WebHook::~WebHook() {
  if (connection_) connection_->Close();
}

void WebHook::Raise(Alert alert) {
  if (meters_.waiting.fetch_add(1) >= config_.queued) return Drop();
  loop_.Post([this, body = std::make_shared<const std::string>(BodyOf(alert))] {
    queue_.push_back(body);
    if (!busy_) Next();
  });
}

void WebHook::Drop() {
  meters_.waiting.fetch_sub(1);
  meters_.dropped.Add();
  if (overflowing_.exchange(true)) return;
  log_.Write(LogLevel::kWarn, "",
             "AlertWebHook takes alerts too slowly: " + std::to_string(config_.queued) +
                 " are waiting (Limits.QueuedAlerts), more are dropped and counted");
}

void WebHook::Next() {
  busy_ = !queue_.empty();
  if (!busy_) {
    overflowing_ = false;
    return;
  }
  tries_ = unsent_ = 0;
  Try();
}

void WebHook::Try() {
  ++tries_;
  resolved_ = false;
  deadline_ = Steady::now() + config_.timeout;
  Connection::Options options;
  if (tls_) options.tls = &*tls_;
  options.server_name = url_.host;
  options.server_is_address = url_.host_is_address;
  options.max_reply_bytes = kReplyBytes;
  connection_ = std::make_shared<Connection>(loop_.context(), static_cast<ConnectionOwner&>(*this),
                                             std::move(options));
  timer_ = loop_.After(kTick, [this] { Tick(); });
  const std::weak_ptr<Connection> dialing = connection_;
  resolver_.Resolve(url_.host, [this, dialing](const Result<Addresses>& addresses) {
    if (const auto connection = dialing.lock(); connection && !connection->closed()) {
      Resolved(addresses);
    }
  });
}

// The policy is asked about each address that is really dialled.
void WebHook::Resolved(const Result<Addresses>& addresses) {
  if (!addresses.ok()) {
    return connection_->FailLater(addresses.status().message(), Fault::kOurs);
  }
  resolved_ = true;
  std::vector<Connection::Endpoint> allowed;
  std::string refusal;
  for (const auto& address : *addresses) {
    const Status status = CheckAddress(config_.targets, address.to_string(), url_.port);
    if (status.ok()) {
      allowed.emplace_back(address, url_.port);
    } else {
      refusal = status.message();
    }
  }
  if (allowed.empty()) return connection_->FailLater(refusal);
  connection_->Dial(std::move(allowed), deadline_);
}

void WebHook::Tick() {
  timer_ = kNoTimer;
  const auto now = Steady::now();
  if (now >= deadline_) return EndTry("timed out");
  connection_->CheckAttempt(now);
  timer_ = loop_.After(kTick, [this] { Tick(); });
}

// What it says before it is asked is no answer.
void WebHook::OnDialed(Connection& connection) {
  if (!connection.IsQuiet()) return EndTry("closed, or said something, before it was asked");
  const auto& body = queue_.front();
  WriteRpcHead(request_, Terms(), body->size(), connection.head());
  const Status sent = connection.Exchange(body, *body);
  if (!sent.ok()) connection.FailLater(sent.message(), Fault::kOurs);
}

void WebHook::OnReply(Connection& /*connection*/, const Reply& reply) {
  const bool taken = reply.status >= 200 && reply.status < 300;
  EndTry(taken ? "" : "status " + std::to_string(reply.status));
}

void WebHook::OnBroken(Connection& /*connection*/, const std::string& why) { EndTry(why); }

// `trouble` is empty when the alert has arrived. The URL is not logged: it may hold a secret.
void WebHook::EndTry(const std::string& trouble) {
  if (timer_ != kNoTimer) loop_.Cancel(std::exchange(timer_, kNoTimer));
  const bool unsent = !resolved_ || connection_->fault() == Fault::kOurs;
  connection_->Close();
  connection_.reset();
  if (!trouble.empty() && MayTryAgain(unsent)) {
    resolver_.Forget(url_.host);
    const int doublings = std::min(tries_ + unsent_ - 1, kMostDoublings);
    loop_.After(config_.pause * (1 << doublings), [this] { Try(); });
    return;
  }
  if (trouble.empty()) {
    meters_.sent.Add();
  } else {
    GiveUp(trouble);
  }
  queue_.pop_front();
  meters_.waiting.fetch_sub(1);
  Next();
}

// The web hook is not to blame where this machine lacks something, for a while.
bool WebHook::MayTryAgain(bool unsent) {
  if (!unsent || unsent_ == kMostUnsent) return tries_ < config_.tries;
  ++unsent_;
  --tries_;
  return true;
}

void WebHook::GiveUp(const std::string& trouble) {
  meters_.failed.Add();
  log_.Write(LogLevel::kWarn, "", "an alert did not reach AlertWebHook: " + trouble);
}

}  // namespace treaty
